"""Test vectors of the read-out: what goes in, what comes out, for every port of it.

    python tests/vectors/make.py

writes ``*.json`` beside this file. Each file is one group: a list of cases with ``in`` and
``out``. ``tests/test_vectors.py`` says when a file is not what this package computes any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sspd.face.crop import crop_resize
from sspd.face.frame_stats import measure_frame
from sspd.signal import (
    bandpass,
    bandpass_power_gain,
    detrend,
    equalize,
    find_beats,
    peak_frequency,
    power_spectrum,
    pulse_frequency,
    resample_times,
    snr_db,
    standardise,
)
from sspd.signal.color.pos import pos_waveform
from sspd.signal.streaming_filter import edge_samples, settle_samples
from sspd.types import Box, EqualizerSpec, WindowVitals
from sspd.vitals import (
    ReadoutSettings,
    Rhythm,
    beat_sizes,
    good_intervals,
    hrv,
    pulse_band,
    read_rate,
    respiration,
    stream_readout,
    time_beats,
)
from sspd.vitals.heart_rate import Reading, follow_rate, read_half, read_rate_near

HERE = Path(__file__).resolve().parent
BAND = (0.5, 4.0)
Case = dict[str, Any]


def pulse(
    fs: float, seconds: float, bpm: float, seed: int, *, noise: float = 0.2, **shape: float
) -> list[float]:
    """Draw a pulse waveform: two harmonics, a rate that wanders, slow drift, white noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * fs)) / fs
    rate = bpm / 60 * (1 + shape.get("swing", 0.03) * np.sin(2 * np.pi * 0.22 * t))
    rate = rate + shape.get("rise", 0.0) * t
    turn = 2 * np.pi * np.cumsum(rate) / fs
    doubled = np.sin(2 * turn + shape.get("phase", 1.0))
    wave = shape.get("first", 1.0) * np.sin(turn) + shape.get("second", 0.35) * doubled
    wave = wave * (1 + 0.1 * np.sin(2 * np.pi * 0.22 * t + 1)) + 0.5 * np.sin(0.4 * t)
    return rounded(wave + noise * rng.normal(size=t.size), 4)


def rounded(values: Any, digits: int) -> list[float]:
    """Round input values, so that files stay small."""
    return [float(v) for v in np.round(np.asarray(values, np.float64), digits)]


def plain(value: Any) -> Any:
    """Return numbers with ten significant digits, as JSON holds them; NaN becomes None."""
    if isinstance(value, np.ndarray):
        return [plain(each) for each in value.tolist()]
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, float):
        return float(f"{value:.10g}") if np.isfinite(value) else None
    return value


def filters(given: Case) -> Case:
    """Filter one waveform in every way."""
    values, fs = np.array(given["values"]), given["fs"]
    return {
        "bandpass": bandpass(values, fs, BAND),
        "narrow": bandpass(values, fs, (0.84, 1.6))[::7],
        "detrended": detrend(values, fs, 0.5)[::7],
        "standardised": standardise(values)[::7],
        "equalized": equalize(values, EqualizerSpec(tuple(given["taps"])))[::7],
        "power_gain": bandpass_power_gain(given["freqs_hz"], fs, BAND),
        "edge_samples": edge_samples(fs, BAND),
        "settle_samples": settle_samples(fs, BAND),
    }


def spectrum(given: Case) -> Case:
    """Take the spectrum of one filtered waveform, its peaks, and the signal-to-noise ratio."""
    fs = given["fs"]
    values = pulse_band(given["values"], fs)
    freqs, power = power_spectrum(values, fs, (0.6, 3.6))
    pulse_hz = pulse_frequency(values, fs, (0.6, 3.6))
    return {
        "freqs_hz": freqs[::9],
        "power": power[::9],
        "peak_hz": peak_frequency(values, fs, (0.6, 3.6)),
        "pulse_hz": pulse_hz,
        "snr_db": snr_db(values, fs, pulse_hz, BAND),
        "beats_s": find_beats(values, fs),
    }


def of_reading(reading: Reading | None) -> Case | None:
    """Return the numbers of a reading, the tracked rate once a second."""
    if reading is None:
        return None
    track = reading.track
    return {
        "spectral_bpm": reading.spectral_bpm,
        "peaks_bpm": reading.peaks_bpm,
        "snr_db": reading.snr_db,
        "track_hz": None if track is None else track.f_hz[:: round(track.fs)],
    }


def rate(given: Case) -> Case:
    """Read the rate of one window in every way."""
    fs = given["fs"]
    values = pulse_band(given["values"], fs)
    reading = read_rate(values, fs)
    return {
        "filtered": values[::10],
        "reading": of_reading(reading),
        "followed": of_reading(follow_rate(values, fs, reading)),
        "half": of_reading(read_half(values, fs, reading)),
        "near": of_reading(read_rate_near(values, fs, given["near_hz"])),
    }


def beats(given: Case) -> Case:
    """Detect the beats of a waveform, with everything that is made of them."""
    fs, values = given["fs"], np.array(given["values"])
    timed = time_beats(values, fs, given["slowest_bpm"], given["fastest_bpm"])
    noise, span_s = timed.noise, values.size / fs
    sizes = beat_sizes(pulse_band(values, fs), fs, timed.beats_s)
    assert noise.gain is not None
    return {
        "beats_s": timed.beats_s,
        "reliable": timed.reliable,
        "sizes": sizes,
        "noise": {
            "sdnn_ms": noise.sdnn_ms,
            "rmssd_ms": noise.rmssd_ms,
            "density": noise.density[::20],
            "gain": noise.gain[::20],
        },
        "hrv": of_hrv(hrv(timed.beats_s, span_s=span_s, reliable=timed.reliable, noise=noise)),
        "respiration": of_breath(respiration(timed.beats_s, sizes, span_s=span_s)),
    }


def of_hrv(found: Any) -> Case:
    """Return the values of the variability, or the reasons."""
    return {name: [each.value, each.n_beats, each.reason] for name, each in found.items()}


def of_breath(found: Any) -> list[Any]:
    """Return a breathing rate, or the reason."""
    return [found.hz, found.n_beats, found.reason]


def intervals(given: Case) -> Case:
    """Compute the variability and the breathing of known beats."""
    at = np.array(given["beats_s"])
    return {
        "good": good_intervals(at)[1],
        "hrv": of_hrv(hrv(at)),
        "respiration": of_breath(
            respiration(at, np.array(given["sizes"]), span_s=float(np.ptp(at)))
        ),
    }


def of_window(window: WindowVitals | None) -> Case | None:
    """Return the numbers of a window."""
    if window is None:
        return None
    names = ("start_s", "end_s", "spectral_bpm", "peaks_bpm", "snr_db")
    numbers = {name: getattr(window, name) for name in names}
    return {**numbers, "reasons": list(window.reasons), "track_bpm": list(window.track_bpm)}


def of_rhythm(rhythm: Rhythm) -> Case:
    """Return the numbers of a rhythm."""
    return {
        "n_beats": int(rhythm.beats_s.size),
        "last_beat_s": float(rhythm.beats_s[-1]) if rhythm.beats_s.size else None,
        "hrv": of_hrv(rhythm.hrv),
        "respiration": of_breath(rhythm.respiration),
    }


def streaming(given: Case) -> Case:
    """Read a waveform without frames second by second; None is a gap."""
    values = np.array([np.nan if v is None else v for v in given["values"]])
    taps = given["taps"]
    asked = ReadoutSettings(
        given["fs"],
        given["start_s"],
        given["window_s"],
        given["step_s"],
        equalizer=EqualizerSpec(tuple(taps)) if taps else None,
    )
    updates = list(stream_readout([(values, None)], asked))
    return {
        "complete": [of_window(window) for update in updates for window in update.complete],
        "updates": [
            {
                "end_s": update.end_s,
                "window": of_window(update.window),
                "rhythm": of_rhythm(update.rhythm),
            }
            for k, update in enumerate(updates)
            if k % given["every"] == given["every"] - 1 or update.final
        ],
    }


def colour(given: Case) -> Case:
    """Resample mean colours to a time grid, and compute POS."""
    fs, n = given["fs"], given["n"]
    rows = resample_times(given["rgb"], given["t"], fs, given["start_s"], n)
    return {"resampled": rows.T[:, ::5], "pos": pos_waveform(rows, fs)[::3]}


def frames(given: Case) -> Case:
    """Compute the statistics of a few frames, one after the other."""
    box, rows = Box(*given["box"]), []
    before = None
    for pixels in given["frames"]:
        rgb = np.array(pixels, np.uint8).reshape(given["height"], given["width"], 3)
        face = crop_resize(rgb, box, given["size"])
        row = measure_frame(rgb, box, face, before)
        before = row.grey
        names = ("face_rgb", "background_rgb", "quarters_rgb", "moved")
        colours = {name: getattr(row, name).astype(np.float64) for name in names}
        numbers = {"overexposed": row.overexposed, "dark": row.dark, "motion": row.motion}
        rows.append({**colours, **numbers})
    return {"rows": rows}


GROUPS: dict[str, Callable[[Case], Case]] = {
    "filters": filters,
    "spectrum": spectrum,
    "rate": rate,
    "beats": beats,
    "intervals": intervals,
    "streaming": streaming,
    "colour": colour,
    "frames": frames,
}
TAPS = [-0.05, 0.15, 0.8, 0.15, -0.05]


def inputs() -> Iterator[tuple[str, str, Case]]:
    """Yield group, name and input of every case."""
    for fs, seconds in ((30.0, 10.0), (24.97, 9.0), (7.5, 21.0)):
        given = {"values": pulse(fs, seconds, 72, 1), "fs": fs, "taps": TAPS}
        yield "filters", f"{fs:g} Hz", {**given, "freqs_hz": [0.1, 0.5, 1.4, 3.3, 9.0]}
    for fs, bpm in ((30.0, 66.3), (25.0, 121.0), (59.94, 48.0)):
        yield "spectrum", f"{bpm:g} bpm", {"values": pulse(fs, 12, bpm, 2), "fs": fs}
    kinds: dict[str, tuple[float, dict[str, float]]] = {
        "steady": (71.3, {}),
        "rising": (58.0, {"rise": 0.012, "swing": 0.0}),
        "strong second harmonic": (54.0, {"first": 0.6, "second": 0.7}),
        "slow": (34.2, {"second": 1.4, "phase": -1.57, "swing": 0.0, "noise": 0.05}),
        "noise": (80.0, {"first": 0.0, "second": 0.0, "noise": 1.0}),
    }
    for k, (name, (bpm, shape)) in enumerate(kinds.items()):
        given = {"values": pulse(20.0, 30, bpm, 10 + k, **shape), "fs": 20.0}
        yield "rate", name, {**given, "near_hz": bpm / 60}
    flat = {"values": [1.0] * 400, "fs": 20.0, "near_hz": 1.0}
    yield "rate", "flat", flat
    for name, seconds, noise in (("two minutes", 130, 0.05), ("a minute, noisy", 61, 0.5)):
        given = {"values": pulse(15.0, seconds, 68, 20, noise=noise), "fs": 15.0}
        yield "beats", name, {**given, "slowest_bpm": 65.0, "fastest_bpm": 71.0}
    yield from known_beats()
    yield from growing()
    yield from colours()
    yield from pictures()


def known_beats() -> Iterator[tuple[str, str, Case]]:
    """Yield beats with and without odd intervals."""
    for name, n, odd in (("even breathing", 170, 0), ("odd intervals", 120, 6), ("few", 8, 0)):
        rng = np.random.default_rng(n)
        breath = np.sin(2 * np.pi * 0.2 * np.arange(n))
        nn = 0.82 + 0.03 * breath + 0.01 * rng.normal(size=n)
        nn[rng.choice(n, odd, replace=False)] *= 1.9
        sizes = rounded(1 + 0.1 * breath + 0.02 * rng.normal(size=n), 4)
        yield "intervals", name, {"beats_s": rounded(np.cumsum(nn), 4), "sizes": sizes}


def growing() -> Iterator[tuple[str, str, Case]]:
    """Yield waveforms that are read while they grow."""
    whole = pulse(15.0, 76, 75, 30, noise=0.1)
    gapped: list[float | None] = [*whole[:400], *[None] * 20, *whole[420:480], None, *whole[480:]]
    base = {"fs": 15.0, "start_s": 0.4, "window_s": 30.0, "step_s": None, "every": 19}
    yield "streaming", "one piece", {**base, "values": whole, "taps": TAPS}
    other = {**base, "window_s": 12.0, "step_s": 5.0, "taps": None}
    yield "streaming", "gaps, overlapping windows", {**other, "values": gapped}
    rising = pulse(15.0, 42, 60, 31, rise=0.015, swing=0.0)
    changing = [*rising, *pulse(15.0, 20, 60, 32, first=0.0, second=0.0, noise=1.0)]
    given = {**other, "values": changing, "window_s": 20.0, "step_s": None, "taps": TAPS}
    yield "streaming", "a rate that rises, then noise", given


def colours() -> Iterator[tuple[str, str, Case]]:
    """Yield mean colours at uneven times."""
    for name, fps in (("uneven", 28.0), ("faster than the grid", 50.0)):
        rng = np.random.default_rng(round(fps))
        t = np.cumsum(rng.uniform(0.7, 1.3, round(7 * fps)) / fps)
        blood = np.array([140, 110, 90]) + np.sin(7.5 * t)[:, None] * [0.3, 0.8, 0.5]
        rgb = [rounded(row, 3) for row in blood + rng.normal(0, 0.1, blood.shape)]
        yield "colour", name, {"t": rounded(t, 4), "rgb": rgb, "fs": 30.0, "start_s": 0.2, "n": 195}


def pictures() -> Iterator[tuple[str, str, Case]]:
    """Yield small pictures with a texture that moves."""
    kinds = {"a face in a room": (12, 8, 37, 33), "a face that fills the picture": (2, 1, 30, 29)}
    for k, (name, box) in enumerate(kinds.items()):
        height, width = ((44, 48), (30, 32))[k]
        y, x = np.mgrid[:height, :width]
        shots = []
        for step in (0.0, 0.3):
            wave = 120 + 90 * np.sin((x - step) / 3.1) * np.cos((y + 0.5 * step) / 2.7)
            rgb = wave[..., None] * [1.3, 1.0, 0.5] + np.random.default_rng(k).normal(
                0, 4, (height, width, 3)
            )
            shots.append([int(v) for v in np.clip(rgb, 0, 255).ravel()])
        yield (
            "frames",
            name,
            {"frames": shots, "height": height, "width": width, "box": list(box), "size": 20},
        )


def outputs(group: str, given: Case) -> Case:
    """Compute what a case must give."""
    found: Case = plain(GROUPS[group](given))
    return found


def files() -> dict[str, str]:
    """Return the text of every file by its name."""
    rows: dict[str, list[str]] = {group: [] for group in GROUPS}
    for group, name, given in inputs():
        case = {"name": name, "in": given, "out": outputs(group, given)}
        rows[group].append(json.dumps(case, separators=(",", ":"), allow_nan=False))
    return {f"{group}.json": "[\n" + ",\n".join(own) + "\n]\n" for group, own in rows.items()}


if __name__ == "__main__":
    for name, text in files().items():
        (HERE / name).write_text(text, encoding="utf-8")
        print(f"{name}: {len(text) / 1000:.0f} kB")
