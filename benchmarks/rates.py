"""Measure one face at many frame rates, and hearts from 40 to 200 beats per minute.

The same simulated people (same seed, same beats) are recorded at eight frame rates and with uneven
timestamps: the measured heart rates should be within 0.5 bpm of each other. Then hearts from 40 to
200 beats per minute at 20, 30 and 60 frames per second: the mean error should be at most 1 bpm.
Videos of 30 s, 640x480, real H.264 files.

python benchmarks/rates.py --json rates.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import sspd
from sspd.methods import get_method
from sspd.simulation import VideoSpec, truth, write_video
from sspd.utils.pool import process_pool

FPS = (15.0, 20.0, 24.0, 25.0, 30_000 / 1001, 30.0, 50.0, 60.0)
#: Uneven timestamps deviate by up to this fraction of a frame.
JITTER = 0.4
#: Seed, heart rate and motion of the people recorded at every frame rate.
PEOPLE = ((1, 52.0, "still"), (2, 74.0, "talking"), (3, 118.0, "rotation"))
SWEEP_BPM = tuple(range(40, 201, 10))
SWEEP_FPS = (20.0, 30.0, 60.0)
DURATION_S = 30.0
#: Variability of the beat intervals at 60 bpm. A fast heart has less, by about the square of its
#: intervals; with 20 ms at 180 bpm no spectrum has a peak at the mean rate.
VARIABILITY_MS = 20.0
#: The goals, beats per minute.
SPREAD_BPM, MAE_BPM = 0.5, 1.0


def same_people() -> list[VideoSpec]:
    """List every person at every frame rate, and with uneven timestamps at 30 Hz."""
    videos = []
    for seed, bpm, motion in PEOPLE:
        person: dict[str, Any] = {
            "seed": seed,
            "hr_bpm": bpm,
            "motion": motion,
            "angle_deg": 10.0,
            "skin_tone": 2 * (seed - 1),
            "duration_s": DURATION_S,
            "noise_levels": 1.5,
        }
        videos += [VideoSpec(fps=fps, **person) for fps in FPS]
        videos.append(VideoSpec(fps=30.0, jitter_s=JITTER / 30.0, **person))
    return videos


def sweep() -> list[VideoSpec]:
    """List a separate person for each heart rate, at every frame rate."""
    return [
        VideoSpec(
            seed=1000 + bpm,
            hr_bpm=float(bpm),
            lf_ms=VARIABILITY_MS * (60 / bpm) ** 2,
            hf_ms=VARIABILITY_MS * (60 / bpm) ** 2,
            fps=fps,
            duration_s=DURATION_S,
            skin_tone=bpm // 10 % 6,
            noise_levels=1.5,
        )
        for bpm in SWEEP_BPM
        for fps in SWEEP_FPS
    ]


def measured(spec: VideoSpec) -> dict[str, Any]:
    """Measure a video, and return its truth and its readings."""
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "video.mp4"
        write_video(spec, video)
        vitals = sspd.measure(video, method=get_method("sspd", threads=1))
    return {
        "seed": spec.seed,
        "fps": spec.fps,
        "jitter_s": spec.jitter_s,
        "truth_bpm": truth(spec).hr_bpm,
        "estimate_bpm": vitals.estimate_bpm,
        "accepted": vitals.accepted,
        "reasons": list(vitals.reasons),
    }


def _name(row: dict[str, Any]) -> str:
    return f"{row['fps']:.4g}{', uneven' if row['jitter_s'] else ''}"


def _error(row: dict[str, Any]) -> float:
    return float(abs((row["estimate_bpm"] or 0.0) - row["truth_bpm"]))


def _people_table(rows: list[dict[str, Any]]) -> bool:
    """Print one line for each frame rate; tell if the rates of every person agree."""
    print("| pictures a second |" + "".join(f" {bpm:.0f}, {how} |" for _, bpm, how in PEOPLE))
    print("|---|" + "---|" * len(PEOPLE))
    by_person = [[row for row in rows if row["seed"] == seed] for seed, _, _ in PEOPLE]
    for beside in zip(*by_person, strict=True):
        read = (
            f" {row['estimate_bpm']:.2f}{'' if row['accepted'] else ' (!)'} |" for row in beside
        )
        print(f"| {_name(beside[0])} |" + "".join(read))
    spreads = [float(np.ptp([row["estimate_bpm"] for row in person])) for person in by_person]
    print("| spread |" + "".join(f" {spread:.2f} |" for spread in spreads))
    print("| truth |" + "".join(f" {person[0]['truth_bpm']:.2f} |" for person in by_person))
    return max(spreads) <= SPREAD_BPM


def _sweep_table(rows: list[dict[str, Any]]) -> bool:
    """Print one line for each frame rate; tell if the mean errors are small enough."""
    print("\n| pictures a second | videos | MAE, bpm | worst | accepted |\n|---|---|---|---|---|")
    good = True
    for fps in SWEEP_FPS:
        own = [row for row in rows if row["fps"] == fps]
        errors = np.array([_error(row) for row in own])
        accepted = sum(row["accepted"] for row in own)
        print(f"| {fps:g} | {len(own)} | {errors.mean():.2f} | {errors.max():.2f} | {accepted} |")
        good = good and float(errors.mean()) <= MAE_BPM
        for row in own:
            if _error(row) > MAE_BPM or not row["accepted"]:
                print(f"{fps:g} a second: {row}", file=sys.stderr)
    return good


def _all(specs: Iterable[VideoSpec], jobs: int) -> list[dict[str, Any]]:
    with process_pool(jobs) as pool:
        return list(pool.map(measured, specs))


def main() -> None:
    """Make videos, measure, print; exit with code 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--json", type=Path, help="every video's row")
    args = parser.parse_args()
    people, hearts = _all(same_people(), args.jobs), _all(sweep(), args.jobs)
    if args.json:
        args.json.write_text(json.dumps(people + hearts, indent=1))
    good = [_people_table(people), _sweep_table(hearts)]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
