"""Measure weak pulses: share accepted, and right of these, at levels that POS reads now and then.

Videos of `home` and `dim` in turn, 480x360, with the beats of real people where the shared folder
has them, and with cameras and lights that no training used. A level is a factor on the pulse of
each video.

python benchmarks/levels.py FOLDER --find 40
python benchmarks/levels.py FOLDER --factors 2,1,0.5 --videos 100 --systems sspd,other.onnx

``--find N`` says which factors POS reads 95, 80 and 60 % with: N videos without a pulse, of other
seeds, to whose colour traces pulses are added, as weak as the camera would write them. Then each
video is made with its pulse and measured. A rate is right within 4 bpm of the mean rate of the
beats. With --keep, FOLDER keeps the videos between runs (14 MB each).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sspd
import wrong_hearts
from slices import method_of
from sspd.face.track import face_segments
from sspd.signal import resample_times
from sspd.signal.color.pos import pos_waveform
from sspd.simulation import VideoSpec, random_spec, truth, video_suffix, write_video
from sspd.utils.pool import process_pool
from sspd.video.read import read
from sspd.vitals import join_frame_stats, pulse_band, read_rate
from sspd.vitals.heart_rate import follow_rate
from wrong_base import Take

DURATION_S, FS = 30.0, 30.0
RIGHT_WITHIN_BPM = 4.0
SEEDS = {"find": 20_261_201, "score": 20_261_202}
SCENES = ("home", "dim")
SHARES = (0.95, 0.8, 0.6)
#: Factor of the pulse that is made to see how strong it becomes.
PROBE = 2.0
FACTORS = tuple(float(f) for f in np.geomspace(0.25, 8.0, 16))
#: The strongest pulse that the simulator makes, percent.
MOST_PERCENT = 10.0
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)


def spec_of(use: str, i: int) -> VideoSpec:
    """Draw a video: a scene, and a heart that wanders as a recorded one does."""
    rng = np.random.default_rng([SEEDS[use], i])
    size = {"width": 480, "height": 360, "skin_tone": (i // 2) % 6, "duration_s": DURATION_S}
    spec = random_spec(rng, SCENES[i % 2], held_out=True, **size)
    if not wrong_hearts.rr_files():
        return spec
    beats_s = wrong_hearts.recorded(Take(rng, i // 2, DURATION_S, Path()))
    return spec.replace(heart=None, beats_s=tuple(beats_s))


@dataclass(frozen=True, eq=False)
class Found:
    """For each of `FACTORS`: whether POS reads a video right."""

    right: NDArray[np.bool_]


def read_with_pulses(i: int) -> Found:
    """Add pulses of each strength to the colours of a video without one; read each with POS.

    How strong the pulse of a video becomes in what the camera writes, after tone curve and noise
    reduction, is fitted to the colours of the same video with a pulse.
    """
    spec = spec_of("find", i)
    known = truth(spec)
    null = _colors(spec.replace(pulse_percent=0.0))
    pulsed = _colors(spec.replace(pulse_percent=PROBE * spec.pulse_percent))
    if null is None or pulsed is None:
        return Found(np.zeros(len(FACTORS), bool))
    t, rgb = null
    bvp = np.interp(t, known.t, known.bvp)
    bvp -= bvp.mean()
    change = np.stack([np.interp(t, pulsed[0], of) for of in pulsed[1].T], axis=1) / rgb - 1
    written = bvp[:, None] * (bvp @ (change - change.mean(axis=0)) / (bvp @ bvp)) / PROBE
    right = [_right(_pos_bpm(rgb * (1 + factor * written), t), known) for factor in FACTORS]
    return Found(np.array(right))


def _colors(spec: VideoSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Make a video; times and mean colours of its face, None where none is found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"video{video_suffix(spec)}"
        write_video(spec, path)
        stats = join_frame_stats(list(face_segments(read(path), size=32)))
    if len(stats.t) < 2 * FS:
        return None
    return stats.t, stats.quarters_rgb.mean(axis=1, dtype=np.float64)


def _pos_bpm(rgb: NDArray[np.float64], t: NDArray[np.float64]) -> float | None:
    n = int((t[-1] - t[0]) * FS)
    filtered = pulse_band(pos_waveform(resample_times(rgb, t, FS, t[0], n), FS), FS)
    return follow_rate(filtered, FS, read_rate(filtered, FS)).spectral_bpm


def _right(bpm: float | None, known: Any) -> bool:
    return bpm is not None and abs(bpm - known.hr_bpm) <= RIGHT_WITHIN_BPM


def find(jobs: int, n: int) -> None:
    """Print the share that POS reads by factor, and the factors of `SHARES`."""
    with process_pool(jobs) as pool:
        right = np.array([found.right for found in pool.map(read_with_pulses, range(n))])
    shares = right.mean(axis=0)
    by_scene = [right[k :: len(SCENES)].mean(axis=0) for k in range(len(SCENES))]
    for factor, share, *each in zip(FACTORS, shares, *by_scene, strict=True):
        own = ", ".join(f"{scene} {of:.0%}" for scene, of in zip(SCENES, each, strict=True))
        print(f"{factor:6.2f}: {share:.0%} ({own})")
    rising = np.maximum.accumulate(shares)
    for share in SHARES:
        reached = rising >= share
        at = f"{FACTORS[int(reached.argmax())]:.2f}" if reached.any() else "none of these"
        print(f"POS reads {share:.0%}: {at}")


def measure_video(
    folder: Path, i: int, factor: float, systems: tuple[str, ...], keep: bool
) -> list[dict[str, Any]]:
    """Return one row for each system; the video is made if it is not there."""
    spec = spec_of("score", i)
    spec = spec.replace(pulse_percent=min(spec.pulse_percent * factor, MOST_PERCENT))
    known, rows = truth(spec), []
    path = folder / f"level-{i:03d}-{factor:g}{video_suffix(spec)}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_video(spec, path)
    for system in systems:
        vitals = sspd.measure(path, method=method_of(system, "auto"))
        row = {"system": system, "factor": factor, "video": i, "tone": spec.skin_tone}
        row |= {"truth_bpm": known.hr_bpm, "estimate_bpm": vitals.estimate_bpm}
        row |= {"confidence": vitals.confidence, "accepted": vitals.accepted}
        row |= {"hr_bpm": vitals.hr_bpm, "snr_db": vitals.snr_db}
        rows.append(row)
    if not keep:
        path.unlink()
    return rows


def print_level(rows: list[dict[str, Any]]) -> None:
    """Print what one system reads and accepts at one level."""
    off = np.array([abs((row["estimate_bpm"] or 0.0) - row["truth_bpm"]) for row in rows])
    right = off <= RIGHT_WITHIN_BPM
    accepted = np.array([row["accepted"] for row in rows])
    confidence = np.array([row["confidence"] or 0.0 for row in rows])
    print(
        f"  {rows[0]['system']}: {right.mean():.0%} read right, {accepted.mean():.0%} accepted,"
        f" right of these {_share(right, accepted)}; by confidence "
        + ", ".join(
            f"{least:g}: {np.mean(confidence >= least):.0%} ({_share(right, confidence >= least)})"
            for least in THRESHOLDS
        )
    )


def _share(right: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> str:
    return f"{right[chosen].mean():.0%}" if chosen.any() else "-"


def main() -> None:
    """Find the levels, or score systems at given ones."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the videos")
    parser.add_argument("--find", type=int, metavar="N", help="find the levels with N videos")
    parser.add_argument("--factors", default="2,1,0.5", help="factors on the pulse, with commas")
    parser.add_argument("--videos", type=int, default=100, help="videos a level")
    parser.add_argument("--systems", default="sspd,pos", help="names, files of weights")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="keep the videos")
    parser.add_argument("--json", type=Path, help="every video's rows")
    args = parser.parse_args()
    if args.find:
        find(args.jobs, args.find)
        return
    systems, rows = tuple(args.systems.split(",")), []
    factors = [float(word) for word in args.factors.split(",")]
    with process_pool(args.jobs) as pool:
        jobs = [
            pool.submit(measure_video, args.folder, i, factor, systems, args.keep)
            for factor in factors
            for i in range(args.videos)
        ]
        for job in jobs:
            rows += job.result()
            print(f"{len(rows) // len(systems)} of {len(jobs)} videos", file=sys.stderr)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=1))
    for factor in factors:
        print(f"pulses times {factor:g}")
        for system in systems:
            own = [r for r in rows if r["factor"] == factor and r["system"] == system]
            print_level(own)


if __name__ == "__main__":
    main()
