"""Every scoring once more, slowly, after the formulas of its source; and the frozen files.

Nothing here uses the package or SciPy: filters are recurrences, spectra sums, splines dense
systems. In ``tests``, ``python -m research.evaluate.literal_scorings`` writes ``frozen/`` again;
run it by hand only.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np

from research.evaluate.literal_tools import Row, both_ways, butterworth, fir, maxima, spline, sums

FROZEN = Path(__file__).parent / "frozen"


def all_peaks(x: Row, fs: float) -> float:
    tops = maxima(x)
    return 60 * fs / float(np.mean([b - a for a, b in pairwise(tops)]))


def toolbox_kept(x: Row, fs: float) -> Row:
    n = x.size
    d = np.zeros((n - 2, n))
    for k in range(n - 2):
        d[k, k : k + 3] = 1, -2, 1
    flat = x - np.linalg.solve(np.eye(n) + 100**2 * d.T @ d, x)
    return both_ways(*butterworth(1, 0.6, 3.3, fs), flat, 9)


def toolbox_power(x: Row, fs: float) -> tuple[Row, Row]:
    nfft = 1
    while nfft < x.size:
        nfft *= 2
    freqs = np.arange(nfft // 2 + 1) * fs / nfft
    return freqs, np.abs(sums(toolbox_kept(x, fs), freqs, fs)) ** 2


def toolbox(x: Row, fs: float) -> float:
    freqs, power = toolbox_power(x, fs)
    best = max((p, f) for f, p in zip(freqs, power, strict=True) if 0.6 <= f <= 3.3)
    return 60 * best[1]


def snr_db(x: Row, fs: float, bpm: float) -> float:
    pulse = rest = 0.0
    for f, p in zip(60 * toolbox_power(x, fs)[0], toolbox_power(x, fs)[1], strict=True):
        near = [abs(f - bpm) <= 6, abs(f - 2 * bpm) <= 6]
        pulse += p * sum(near)
        rest += p if 36 <= f <= 198 and not any(near) else 0.0
    return float(10 * np.log10(pulse / rest))


def contrast_phys(x: Row, fs: float) -> float:
    n = x.size
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / (n - 1))
    freqs = np.arange(n // 2 + 1) * fs / n
    size = np.abs(sums(both_ways(*butterworth(2, 0.6, 4.0, fs), x, 15) * hann, freqs, fs))
    size[(freqs < 0.6) | (freqs > 4.0)] = 0
    first, second = [60 * freqs[k] for k in sorted(maxima(size), key=lambda k: -size[k])[:2]]
    return float(second if abs(first - 2 * second) < 10 else first)


def thirds(x: Row, fs: float) -> float:
    order = round(x.size / 10)
    taps = fir(order + order % 2, 1.6 / fs, 6 / fs)
    kept = both_ways(taps, np.ones(1), x, 3 * order)
    n, rates = x.size // 3, []
    freqs = np.array([f for f in np.arange(4097) * fs / 8192 if 0.7 < f < 4])
    for part in (kept[:n], kept[n : 2 * n], kept[2 * n :]):
        size = int(part.size / 4.5)
        window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(size) / size)
        begins = range(0, part.size - size + 1, size - size // 2)
        power = sum(np.abs(sums(part[b : b + size] * window, freqs, fs)) ** 2 for b in begins)
        rates.append(60 * freqs[int(np.argmax(power))])
    return float(np.mean(rates))


def released_kept(x: Row, fs: float) -> Row:
    kept = both_ways(*butterworth(4, 0.5, 3.0, fs), x, 27)
    n = 1
    while n < x.size:
        n *= 2
    omega = 2 * np.pi * fs / n * np.arange(1, n // 2)  # the wavelet has no others
    at = np.arange(x.size) / fs
    waves = np.exp(1j * np.outer(at, omega))
    lines = kept @ np.conj(waves)
    freqs = np.arange(128, 21, -1) * 30 / 1024
    parts, scales = [], []
    for f in freqs:
        s = (6 + np.sqrt(2 + 6**2)) / (4 * np.pi * f)
        daughter = np.sqrt(2 * np.pi * s * fs) * np.pi**-0.25 * np.exp(-((s * omega - 6) ** 2) / 2)
        parts.append(waves @ (lines * daughter) / n)
        scales.append(s)
    best = int(np.argmax([np.mean(np.abs(part)) for part in parts]))
    summed = np.zeros(x.size)
    for k, part in enumerate(parts):
        summed += np.exp(-(((k - best) / (0.08 * 107)) ** 2)) * part.real / np.sqrt(scales[k])
    return summed


def released(x: Row, fs: float) -> float:
    tops = maxima(released_kept(x, fs))
    return float(np.mean([60 * fs / (b - a) for a, b in pairwise(tops)]))


def smooth_length(least: int) -> int:
    """The next number without a prime factor above 5."""
    rest = least
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    return least if rest == 1 else smooth_length(least + 1)


def spectral(x: Row, fs: float) -> float:
    pad = min(x.size - 1, int(np.ceil(1.5 * fs / 0.5)))
    kept = both_ways(*butterworth(2, 0.5, 4.0, fs), x - x.mean(), pad)
    n = kept.size
    hann = np.array([0.5 - 0.5 * np.cos(2 * np.pi * (k + 1) / (n + 1)) for k in range(n)])
    level = np.sum(hann * kept) / np.sum(hann)
    nfft = smooth_length(max(2 * n, int(np.ceil(fs * 120))))
    freqs = np.arange(int(7.3 * nfft / fs)) * fs / nfft
    leaning = np.sqrt(freqs) * np.abs(sums(hann * (kept - level), freqs, fs))
    total = {k: leaning[k] + 0.5 * leaning[2 * k] for k, f in enumerate(freqs) if 0.6 <= f <= 3.6}
    tops = [k for k in list(total)[1:-1] if total[k - 1] < total[k] > total[k + 1]]
    best = max(tops, key=lambda k: total[k])
    a, b, c = (2 * np.log(total[best + side]) for side in (-1, 0, 1))
    return float(60 * (best + 0.5 * (a - c) / (a - 2 * b + c)) * fs / nfft)


def scargle(x: Row, t: Row, f: float) -> float:
    w, c = 2 * np.pi * f, x - x.mean()
    tau = np.arctan2(np.sum(np.sin(2 * w * t)), np.sum(np.cos(2 * w * t))) / (2 * w)
    cos, sin = np.cos(w * (t - tau)), np.sin(w * (t - tau))
    return float(
        0.5 * (np.sum(c * cos) ** 2 / np.sum(cos**2) + np.sum(c * sin) ** 2 / np.sum(sin**2))
    )


def nest_peaks(clip: Row) -> list[int]:
    at = [0.0]
    while at[-1] + 0.1169 <= 255:
        at.append(len(at) * 0.1169)
    order = len(at) // 10
    taps = fir(order, 0.8 / 128, 3.0 / 128)
    kept = both_ways(taps, np.ones(1), spline(clip, np.array(at)), 3 * order)
    kept = (kept - kept.mean()) / kept.std(ddof=1)
    left, found = sorted(maxima(kept), key=lambda k: -kept[k]), []
    while left:
        found.append(left[0])
        left = [k for k in left if abs(k - found[-1]) > 110]
    return sorted(found)


def nest_indices(nni: Row) -> dict[str, float]:
    t, n = np.cumsum(nni) / 256, len(nni)
    least = 1 / (4 * n * (t[-1] - t[0]) / (n - 1))
    freqs = [least * (k + 1) for k in range(2 * n)]
    power = {f: scargle(nni, t, f) for f in freqs}
    lf = sum(p for f, p in power.items() if 0.04 < f < 0.15)
    inside = [f for f in freqs if 0.15 < f < 0.4]
    hf = sum(power[f] for f in inside)
    tops = maxima(np.array([power[f] for f in inside]))
    rf = inside[tops[0]] if tops else max(inside, key=lambda f: power[f])
    hr = float(np.mean([60 / (beat / 256) for beat in nni]))
    names = ("lf_nu", "hf_nu", "lf_hf", "respiration_hz", "hr_bpm")
    return dict(zip(names, (lf / (lf + hf), hf / (lf + hf), lf / hf, rf, hr), strict=True))


def nest(x: Row, fs: float) -> dict[str, float]:
    if fs != 30:
        seconds = (x.size - 1) / fs
        x = spline(x, np.arange(int(seconds * 30 + 1e-6) + 1) / 30 * fs)
    clips = [x[k * 256 : (k + 1) * 256] for k in range(x.size // 256)]
    found = [nest_indices(np.diff(nest_peaks(clip)).astype(float)) for clip in clips]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


LITERAL = {
    "sspd": lambda x, fs: {"hr_bpm": all_peaks(released_kept(x, fs), fs)},
    "all-maxima": lambda x, fs: {"hr_bpm": all_peaks(x, fs)},
    "vipl": lambda x, fs: {"hr_bpm": thirds(x, fs)},
    "released": lambda x, fs: {"hr_bpm": released(x, fs)},
    "rppg-toolbox": lambda x, fs: {"hr_bpm": toolbox(x, fs)},
    "contrast-phys": lambda x, fs: {"hr_bpm": contrast_phys(x, fs)},
    "spectral": lambda x, fs: {"hr_bpm": spectral(x, fs)},
    "measure": lambda x, fs: {"hr_bpm": spectral(x, fs)},
    "nest": nest,
}
#: Name -> rate of samples, Hz; seconds; beats a minute; second harmonic; swing; noise.
WAVES = {
    "smooth-25": (25.0, 30.0, 72.0, 0.2, 0.02, 0.0),
    "swinging-29.97": (29.97, 30.0, 66.0, 0.2, 0.05, 0.2),
    "harmonic-30": (30.0, 30.0, 54.0, 1.2, 0.03, 0.1),
    "slow-30": (30.0, 40.0, 47.0, 0.3, 0.06, 0.5),
    "fast-60": (60.0, 20.0, 151.0, 0.1, 0.02, 0.3),
    "noise-30": (30.0, 30.0, 75.0, 0.0, 0.0, 1e3),
}


def drawn(name: str) -> Row:
    fs, seconds, bpm, second, swing, noise = WAVES[name]
    rng = np.random.default_rng(list(name.encode()))
    t = np.arange(round(seconds * fs)) / fs
    waves = np.sin(2 * np.pi * 0.1 * t + 1) + np.sin(2 * np.pi * 0.27 * t)
    phase = 2 * np.pi * bpm / 60 * t + swing * 4 * waves
    wave = np.sin(phase) + second * np.sin(2 * phase + 0.8) + noise * rng.standard_normal(t.size)
    return wave / wave.std()


def read_waves() -> dict[str, Row]:
    text = json.loads((FROZEN / "waveforms.json").read_text())
    return {name: np.array(row, np.float64) / 1000 for name, row in text.items()}


def freeze() -> None:
    FROZEN.mkdir(exist_ok=True)
    waves = {name: np.round(1000 * drawn(name)).astype(int).tolist() for name in WAVES}
    (FROZEN / "waveforms.json").write_text(json.dumps(waves) + "\n")
    numbers = {
        name: {"snr_db": snr_db(wave, WAVES[name][0], WAVES[name][2])}
        | {scoring: read(wave, WAVES[name][0]) for scoring, read in LITERAL.items()}
        for name, wave in read_waves().items()
    }
    (FROZEN / "numbers.json").write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    freeze()
