"""Time the encoders of simulated videos, and measure how much of a pulse they leave.

480x360, 30 frames per second, a still face whose pulse has an amplitude of 1 % on the cheeks.
Milliseconds are of CPU time for each frame of the camera, encoding alone; the pulse is the
amplitude of green on the skin at the heart rate, relative to that before encoding. Then videos of
each kind of `draw_codec`, rendering included; the goal is 60 frames per second (16.7 ms). Run
``OMP_NUM_THREADS=1 python benchmarks/encoders.py``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from sspd.simulation import (
    CodecSpec,
    VideoSpec,
    draw_codec,
    simulate,
    skin_mask,
    video_suffix,
    write_video,
)
from sspd.simulation.codecs.draw import KINDS
from sspd.simulation.codecs.options import CODECS
from sspd.types import Frames
from sspd.video.encoders import SPEEDS
from sspd.video.read import read

GOAL_MS = 1000 / 60
HEART_HZ = 1.25
SPEC = VideoSpec(
    seed=5,
    width=480,
    height=360,
    face_px=170,
    duration_s=8.0,
    hr_bpm=60 * HEART_HZ,
    lf_ms=0.0,
    hf_ms=0.0,
    transit_ms=0.0,
    noise_levels=2.0,
    pulse_percent=1.0,
)
RATES = (150_000, 1_000_000)


def amplitude(frames: Iterable[Frames]) -> float:
    """Return the amplitude of green on the skin at the heart rate, relative to its mean."""
    skin, chunks = skin_mask(SPEC), list(frames)
    t = np.concatenate([chunk.t for chunk in chunks])
    green = np.concatenate([chunk.rgb[:, skin, 1].mean(axis=1) for chunk in chunks])
    x = green / green.mean() - np.polyval(np.polyfit(t, green / green.mean(), 3), t)
    return float(abs(2 * np.mean(x * np.exp(-2j * np.pi * HEART_HZ * t))))


def encoders(folder: Path) -> None:
    """Print a row for each codec, speed and bit rate."""
    camera = list(simulate(SPEC))
    before = amplitude(camera)
    print("codec  speed    asked  written kbit/s  ms/frame  pulse left")
    for name in CODECS:
        for speed in SPEEDS:
            for rate in RATES:
                spec = SPEC.replace(codec=CodecSpec(name, speed=speed, bit_rate=rate))
                path = folder / f"{name}{video_suffix(spec)}"
                start = time.process_time()
                write_video(spec, path, camera)
                ms = 1000 * (time.process_time() - start) / spec.n_frames
                written = 8 * path.stat().st_size / spec.duration_s / 1000
                left = amplitude(read(path)) / before
                print(f"{name:6s} {speed:6s} {rate / 1000:6.0f}  {written:14.0f}", end="")
                print(f"  {ms:8.1f}  {left:10.2f}", flush=True)


def kinds(folder: Path, n: int) -> None:
    """Print milliseconds a frame of videos of each kind, with their rendering."""
    print(f"kind   ms/frame: median  slowest of {n}   share under {GOAL_MS:.1f} ms")
    for kind in KINDS:
        spent = []
        for seed in range(n):
            codec = draw_codec(np.random.default_rng(seed), kind)
            spec = SPEC.replace(seed=seed, duration_s=3.0, motion="talking", codec=codec)
            start = time.process_time()
            write_video(spec, folder / f"a{video_suffix(spec)}")
            spent.append(1000 * (time.process_time() - start) / spec.n_frames)
        under = np.mean(np.array(spent) < GOAL_MS)
        print(f"{kind:6s} {np.median(spent):16.1f}  {max(spent):13.1f}   {under:.0%}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=12, help="Videos of each kind.")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        encoders(Path(folder))
        kinds(Path(folder), args.draws)


if __name__ == "__main__":
    main()
