"""The store of cropped faces: how fast it is made, how large it is, and how fast clips are read.

A simulated video (640x480, real H.264) is cropped into a store; then clips of 10 s from random
places are read from it. In turn with that, the same frames are read without a store: the video
decoded completely, decoded up to the clip, or the clip sought, decoded and cropped. Other work on
the machine slows all of them alike.

python benchmarks/faces.py --json faces.json
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from sspd.face.track import face_segments
from sspd.research.datasets.faces import open_store, store_bytes
from sspd.research.datasets.faces_build import stored_faces
from sspd.simulation import VideoSpec, write_video
from sspd.video.read import read

SIZE = 151
CLIP_S, FPS = 10.0, 30.0
#: The goals.
GOAL = 20.0


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _decode(video: Path, end_s: float | None) -> None:
    for _ in read(video, end_s=end_s):
        pass


def _cut(video: Path, start_s: float) -> None:
    for _ in face_segments(read(video, start_s=start_s, end_s=start_s + CLIP_S), size=SIZE):
        pass


def measured(video: Path, folder: Path, rounds: int) -> dict[str, float]:
    """Measure frames per second (clock and CPU time), bytes per frame, and seconds per clip."""
    entries: list[Any] = []
    used = time.process_time()
    build_s = _seconds(lambda: entries.extend(stored_faces([video], folder, SIZE, False)))
    used = time.process_time() - used  # CPU time of all threads: the time of one core
    stored = open_store(folder)
    longest = max(stored, key=lambda entry: entry.times().size)
    frames = sum(entry.times().size for entry in stored)
    rng = np.random.default_rng(1)
    took: dict[str, list[float]] = {"read": [], "whole": [], "decode": [], "cut": []}
    last = longest.times().size - round(CLIP_S * FPS)
    for _ in range(rounds):
        first = int(rng.integers(0, last + 1))
        start_s = float(longest.times()[first])
        clip = slice(first, first + round(CLIP_S * FPS))
        took["read"].append(_seconds(lambda k=clip: longest.read(k.start, k.stop)))
        took["whole"].append(_seconds(lambda: _decode(video, None)))
        took["decode"].append(_seconds(lambda at=start_s: _decode(video, at + CLIP_S)))
        took["cut"].append(_seconds(lambda at=start_s: _cut(video, at)))
    medians = {f"{name}_s": float(np.median(times)) for name, times in took.items()}
    return {
        "build_fps": frames / build_s,
        "build_fps_a_core": frames / used,
        "bytes_a_frame": store_bytes(folder) / frames,
        "plain_bytes_a_frame": float(SIZE * SIZE * 3 * 2),
        **medians,
    }


def main() -> None:
    """Make video and store, read clips, print; exit with code 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the video")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "video.mp4"
        write_video(VideoSpec(seed=1, duration_s=args.seconds, motion="translation"), video)
        found = measured(video, Path(folder) / "store", args.rounds)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1))
    for name, value in found.items():
        print(f"{name:20} {value:.4g}")
    for name in ("whole", "decode", "cut"):
        print(f"{name} / read: {found[f'{name}_s'] / found['read_s']:.1f}")
    raise SystemExit(found["whole_s"] / found["read_s"] < GOAL)


if __name__ == "__main__":
    main()
