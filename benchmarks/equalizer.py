"""Compare the waveform before and after its equalizer, by published read-outs and by its beats.

python benchmarks/equalizer.py FOLDER --json equalizer.json

24 simulated videos of 30 s by seeds that nothing else uses: 12 good ones of people who sit still,
four of hearts of 34-50 bpm among them, and 12 that talk, move, are compressed, weak or in drifting
light. Windows and confidence are read before the equalizer: they are printed once.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd import get_method, measure
from sspd.network import load_network
from sspd.research.evaluate.scoring import get_scoring
from sspd.signal import bandpass, equalize_signal, find_beats, power_spectrum
from sspd.simulation import VideoSpec, random_spec, truth, write_truth, write_video
from sspd.simulation.truth import Truth
from sspd.types import Signal
from sspd.utils.pool import process_pool
from sspd.vitals import analyze_beats
from sspd.vitals.beat_timing import beat_band
from sspd.vitals.heart_rate import PASS_HZ, REFRACTORY_S

SEED = 31_32_06
SCORINGS = ("spectral", "released", "sspd", "contrast-phys", "rppg-toolbox")
GOOD_BPM = (34, 39, 44, 50, 57, 64, 72, 82, 95, 112, 135, 165)
MIXED_BPM = (36, 42, 47, 52, 60, 70, 80, 90, 105, 120, 145, 175)
KINDS = ("talking", "drift", "compressed", "translation", "weak", "rotation")


def videos() -> list[tuple[str, VideoSpec]]:
    """Return the name and the specification of each video."""
    rows = []
    for mixed, rates in enumerate((GOOD_BPM, MIXED_BPM)):
        for i, hr_bpm in enumerate(rates):
            rng = np.random.default_rng([SEED, mixed, i])
            fixed: dict[str, Any] = {"duration_s": 30.0, "fps": 30.0, "hr_bpm": float(hr_bpm)}
            if not mixed:
                fixed |= {"pulse_percent": 0.6 + 0.05 * i, "noise_levels": 1.5}
            kind = KINDS[i % len(KINDS)] if mixed else "still"
            name = f"{'mixed' if mixed else 'good'}/video_{i:04d}"
            rows.append((name, random_spec(rng, kind, **fixed)))
    return rows


def second_db(values: NDArray[np.float64], fs: float, f_hz: float) -> float:
    """Return the power at twice a rate over that at the rate, dB."""
    freqs, power = power_spectrum(values, fs)
    one, two = (power[np.abs(freqs - k * f_hz) <= 0.15].sum() for k in (1, 2))
    return float(10 * np.log10(two / one))


def late_ms(beats_s: NDArray[np.float64], true_s: NDArray[np.float64]) -> float | None:
    """Return the median distance of the true beats from the nearest drawn one, ms."""
    if not beats_s.size:
        return None
    nearest = np.abs(beats_s[:, None] - true_s[2:-2]).min(axis=0)
    return float(1000 * np.median(nearest))


def line(signal: Signal, beats_s: NDArray[np.float64], known: Truth) -> dict[str, Any]:
    """Return what one waveform of a video is worth."""
    keep = np.isfinite(signal.values)
    values, t, fs = signal.values[keep], signal.t[keep], signal.fs
    true = np.interp(t, known.t, known.bvp)
    f_hz = known.hr_bpm / 60
    row: dict[str, Any] = {}
    for name in SCORINGS:
        scoring = get_scoring(name)
        found = scoring.read(values, fs).get("hr_bpm")
        wanted = known.hr_bpm
        if scoring.same_for_reference:
            wanted = scoring.read(true, fs).get("hr_bpm", wanted)
        row[name] = None if found is None else abs(found - wanted)
    own, blood = (bandpass(each, fs, PASS_HZ) for each in (values, true))
    drawn = t[0] + find_beats(bandpass(true, fs, beat_band(f_hz, f_hz)), fs, REFRACTORY_S)
    return row | {
        "second_db": second_db(values, fs, f_hz) - second_db(true, fs, f_hz),
        "r": float(np.corrcoef(own, blood)[0, 1]),
        "late_ms": late_ms(beats_s, drawn),
    }


def one(job: tuple[Path, str, VideoSpec, str | None]) -> dict[str, Any]:
    """Make a video if it is missing, and measure it."""
    folder, name, spec, weights = job
    path = folder / f"{name}.mp4"
    if not path.exists():
        record = path.parent / "truth" / f"{path.stem}.json"
        record.parent.mkdir(parents=True, exist_ok=True)
        write_truth(spec, record)
        write_video(spec, path)
    method = get_method("sspd", weights=weights, threads=1)
    vitals = measure(path, method=replace(method, equalizer=None))
    known, window, signal = truth(spec), vitals.windows[0], vitals.signal
    assert signal is not None
    row: dict[str, Any] = {"video": name, "hr_bpm": known.hr_bpm, "read_bpm": window.spectral_bpm}
    row |= {"accepted": window.accepted, "confidence": window.confidence, "snr_db": window.snr_db}
    for key, wave in (("before", signal), ("after", equalize_signal(signal, method.equalizer))):
        row[key] = line(wave, analyze_beats(wave, vitals.windows).beats_s, known)
    return row


def table(rows: list[dict[str, Any]]) -> str:
    """Return means of the errors and medians of the rest, in Markdown."""
    heads = ["", *SCORINGS, "twice the rate, dB", "r", "beats, ms"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for group in ("good", "mixed"):
        for key in ("before", "after"):
            own = [row[key] for row in rows if row["video"].startswith(group)]
            cells = [f"{group}, {key}"]
            for name in SCORINGS:
                cells.append(f"{np.mean([one[name] for one in own if one[name] is not None]):.2f}")
            cells.append(f"{np.median([abs(one['second_db']) for one in own]):.1f}")
            cells.append(f"{np.median([one['r'] for one in own]):.2f}")
            late = [one["late_ms"] for one in own if one["late_ms"] is not None]
            lines.append(f"| {' | '.join([*cells, f'{np.median(late):.0f}'])} |")
    return "\n".join(lines)


def main() -> None:
    """Measure the videos, and print the equalizer's gain and a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the videos")
    parser.add_argument("--weights", help="an .onnx file; the package's by default")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    spec = load_network(args.weights, threads=1).spec
    if spec.equalizer is not None:
        freqs = [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0]
        gains = zip(freqs, spec.equalizer.gain(freqs, spec.fs), strict=True)
        print("gain", {f: round(float(gain), 2) for f, gain in gains}, spec.equalizer.delay_s)
    with process_pool(args.jobs) as pool:
        rows = list(pool.map(one, [(args.folder, *video, args.weights) for video in videos()]))
    for row in rows:
        print(json.dumps(row))
    print(table(rows))
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
