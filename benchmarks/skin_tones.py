"""Measure the same scenes with six skin tones: error, share accepted, and what light leaves.

Each scene of `home` (480x360, 30 s, cameras and lights that no training used) is made six times,
with nothing changed but the skin. An observer who knows the waveform says what can be had at all:
the best sum of the face's three colours, fitted to the true pulse, and its signal-to-noise
ratio. Intervals are 95 %, by bootstrap over scenes.

python benchmarks/skin_tones.py --scenes 20 --systems sspd,pos --json out.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sspd
from observer import observe
from slices import method_of
from sspd.face.track import face_segments
from sspd.simulation import VideoSpec, random_spec, truth, video_suffix, write_video
from sspd.simulation.spec import N_SKIN_TONES
from sspd.utils.pool import process_pool
from sspd.video.read import read
from sspd.vitals import join_frame_stats

DURATION_S = 30.0
SEED, DRAWS = 20_261_203, 2000


def spec_of(scene: int, tone: int) -> VideoSpec:
    """Draw a scene and dress it in a skin."""
    rng = np.random.default_rng([SEED, scene])
    size = {"width": 480, "height": 360, "duration_s": DURATION_S}
    return random_spec(rng, "home", held_out=True, skin_tone=0, **size).replace(skin_tone=tone)


def measure_scene(scene: int, tone: int, systems: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return one row for each system."""
    spec, rows = spec_of(scene, tone), []
    known = truth(spec)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"video{video_suffix(spec)}"
        write_video(spec, path)
        seen = observe(join_frame_stats(list(face_segments(read(path), size=32))), known)
        for system in systems:
            vitals = sspd.measure(path, method=method_of(system, "auto"))
            row = {"system": system, "scene": scene, "tone": tone}
            row |= {"off_bpm": abs((vitals.estimate_bpm or 0.0) - known.hr_bpm)}
            row |= {"accepted": vitals.accepted, "snr_db": vitals.snr_db}
            rows.append(row | {"observer_db": seen.snr_db if seen else None})
    return rows


def _interval(values: Sequence[float]) -> str:
    """Format a mean with its interval."""
    given = np.array([v for v in values if v is not None and np.isfinite(v)], np.float64)
    if not given.size:
        return "-"
    rng = np.random.default_rng(0)
    means: NDArray[np.float64] = rng.choice(given, (DRAWS, given.size)).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{given.mean():.2f} ({low:.2f} to {high:.2f})"


def table(rows: list[dict[str, Any]]) -> str:
    """Format the rows of one system as Markdown."""
    lines = [
        "| skin tone | scenes | MAE, bpm | accepted | off by > 4 bpm | SNR, dB | observer, dB |",
        "|---|---|---|---|---|---|---|",
    ]
    for tone in range(N_SKIN_TONES):
        own = [row for row in rows if row["tone"] == tone]
        wrong = sum(row["accepted"] and row["off_bpm"] > 4 for row in own)
        lines.append(
            f"| {tone + 1} | {len(own)} | {_interval([r['off_bpm'] for r in own])} |"
            f" {_interval([float(r['accepted']) for r in own])} | {wrong} |"
            f" {_interval([r['snr_db'] for r in own])} |"
            f" {_interval([r['observer_db'] for r in own])} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Make and measure the scenes, and print a table for each system."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenes", type=int, default=20)
    parser.add_argument("--systems", default="sspd,pos", help="names, files of weights")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path, help="every video's rows")
    args = parser.parse_args()
    systems, rows = tuple(args.systems.split(",")), []
    with process_pool(args.jobs) as pool:
        jobs = [
            pool.submit(measure_scene, scene, tone, systems)
            for scene in range(args.scenes)
            for tone in range(N_SKIN_TONES)
        ]
        for job in jobs:
            rows += job.result()
            print(f"{len(rows) // len(systems)} of {len(jobs)} videos", file=sys.stderr)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=1))
    for system in systems:
        print(f"\n{system}\n\n{table([row for row in rows if row['system'] == system])}")


if __name__ == "__main__":
    main()
