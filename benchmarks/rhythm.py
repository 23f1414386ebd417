"""Measure HRV and breathing in simulated videos of five minutes.

Still, well-lit faces with known beats. Beside the errors of `sspd measure` are those of the true
beats rounded to a clock of 30 Hz, the best that a reading by the nearest frame could reach.

python benchmarks/rhythm.py --videos 8 --json rhythm.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import sspd
from sspd.methods import get_method
from sspd.simulation import VideoSpec, truth, write_video
from sspd.types import Estimate
from sspd.utils.pool import process_pool
from sspd.vitals.hrv import hrv

SEED = 5005
#: Index, unit, and goal for the mean absolute error.
GOALS = (
    ("rmssd_ms", "ms", 8.0),
    ("sdnn_ms", "ms", 8.0),
    ("mean_nn_ms", "ms", None),
    ("pnn50", "points", None),
    ("lf_nu", "", 0.08),
    ("respiration_hz", "Hz", 0.02),
)


def video(number: int, duration_s: float) -> VideoSpec:
    """Make a person with a random heart rate, variability and breathing rate."""
    rng = np.random.default_rng([SEED, number])
    return VideoSpec(
        seed=SEED + number,
        duration_s=duration_s,
        hr_bpm=float(rng.uniform(50, 110)),
        lf_ms=float(rng.uniform(10, 40)),
        hf_ms=float(rng.uniform(10, 45)),
        respiration_hz=float(rng.uniform(0.16, 0.38)),
        skin_tone=number % 6,
        face_px=180,
        noise_levels=1.0,
    )


def measured(spec: VideoSpec) -> dict[str, Any]:
    """Return every index three times: true, measured, and from beats on a grid of 30 Hz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        write_video(spec, path)
        vitals = sspd.measure(path, method=get_method("sspd", threads=1))
    beats_s = truth(spec).beats_s
    known = hrv(beats_s, span_s=spec.duration_s)
    coarse = hrv(np.round(beats_s * 30) / 30, span_s=spec.duration_s)
    names = [name for name, _, _ in GOALS if name in known]
    row: dict[str, Any] = {
        name: [_value(f[name]) for f in (known, vitals.hrv, coarse)] for name in names
    }
    read = vitals.respiration
    row["respiration_hz"] = [spec.respiration_hz, read.hz, None]
    windows = f"{sum(w.accepted for w in vitals.windows)} of {len(vitals.windows)}"
    return row | {"seed": spec.seed, "bpm": spec.hr_bpm, "windows": windows, "why": read.reason}


def _value(estimate: Estimate) -> float | None:
    return estimate.value


def _mean_error(rows: list[dict[str, Any]], name: str, place: int) -> tuple[float, int]:
    """Return the mean absolute error where there is an estimate, and the number of videos."""
    pairs = [row[name] for row in rows if row[name][place] is not None]
    errors = [abs(pair[place] - pair[0]) for pair in pairs]
    return (float(np.mean(errors)) if errors else float("nan")), len(pairs)


def main() -> None:
    """Make videos, measure, print; exit with code 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--videos", "--films", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--json", type=Path, help="every video's row")
    args = parser.parse_args()
    with process_pool(args.jobs) as pool:
        rows = list(pool.map(measured, [video(i, args.seconds) for i in range(args.videos)]))
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1))
    print("| figure | MAE | videos with one | goal | beats at 30 Hz, MAE |\n|---|---|---|---|---|")
    good = True
    for name, unit, goal in GOALS:
        error, n = _mean_error(rows, name, 1)
        coarse, _ = _mean_error(rows, name, 2)
        told = "" if goal is None else f"{goal:g} {unit}"
        print(f"| {name} | {error:.3g} {unit} | {n} of {len(rows)} | {told} | {coarse:.3g} |")
        good = good and (goal is None or (n > 0 and error <= goal))
    for row in rows:
        print(row, file=sys.stderr)
    sys.exit(not good)


if __name__ == "__main__":
    main()
