"""Videos of cameras that the shipped weights never saw, for training and test.

python benchmarks/own_camera.py FOLDER --camera mono sspd evaluate folder:FOLDER/test --weights
shipped --out FOLDER/before sspd train FOLDER/train --init shipped --out FOLDER/mine sspd evaluate
folder:FOLDER/test --weights FOLDER/mine/model.safetensors --out FOLDER/after

Eight videos of 60 s for training, without any truth, and 24 others of 30 s with it for the test.
``mono`` is a grey camera with hunting automatic exposure, fixed pattern noise and grain; ``night``
is a webcam in the dark: little light, much grain, 15 frames per second, low bit rate; ``swapped``
is one whose driver swaps red and blue.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sspd.research.datasets.folder_table import Row, add_row
from sspd.simulation import VideoSpec, random_spec, simulate, write_truth
from sspd.types import Frames
from sspd.utils.pool import process_pool
from sspd.video.write import write_h264

CAMERAS = ("mono", "night", "swapped")
TRAIN, TRAIN_S, TEST, TEST_S = 8, 60.0, 24, 30.0
#: Weights of red, green and blue for the grey sensor.
GREY = np.array([0.42, 0.38, 0.20], np.float32)
HUNT_PERCENT, HUNT_HZ, PATTERN_LEVELS = 1.0, 0.15, 2.0


def spec_of(camera: str, rng: np.random.Generator, k: int, n: int, seconds: float) -> VideoSpec:
    """Return the options of a person's video; heart rates are spread over all videos."""
    fixed: dict[str, Any] = {
        "duration_s": seconds,
        "hr_bpm": 48 + 112 * ((k * 7) % n) / n,
        "width": 320,
    }
    fixed |= {"height": 240, "face_px": int(rng.integers(90, 150))}
    fixed |= {"motion": ("still", "talking", "rotation")[k % 3], "angle_deg": 8.0 * (k % 3 == 2)}
    if camera == "mono":
        fixed |= {"fps": 25.0, "noise_levels": 2.5, "bit_rate": 900_000}
    if camera == "night":
        fixed |= {"fps": 15.0, "noise_levels": 6.0, "exposure": 0.5, "bit_rate": 300_000}
    return random_spec(rng, "varied", **fixed)


def seen_by(camera: str, spec: VideoSpec) -> Iterator[Frames]:
    """Apply the camera to the frames."""
    rng = np.random.default_rng(1)  # always the same camera
    pattern = rng.normal(0, PATTERN_LEVELS, (spec.height, spec.width)).astype(np.float32)
    for chunk in simulate(spec):
        if camera == "swapped":
            yield replace(chunk, rgb=np.ascontiguousarray(chunk.rgb[..., ::-1]))
        elif camera == "mono":
            phase = 2 * np.pi * (HUNT_HZ * chunk.t + spec.seed % 17 / 17)
            gain = 1 + HUNT_PERCENT / 100 * np.sin(phase + np.sin(phase))[:, None, None]
            grey = (chunk.rgb.astype(np.float32) @ GREY) * gain + pattern
            levels = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
            yield replace(chunk, rgb=np.repeat(levels[..., None], 3, axis=-1))
        else:
            yield chunk


def write(folder: Path, name: str, camera: str, spec: VideoSpec, truth: bool) -> str:
    """Write one video, with its truth if asked."""
    path = folder / f"{name}.mp4"
    if not path.exists():
        if truth:
            write_truth(spec, folder / "truth" / path.name)
        write_h264(path, seen_by(camera, spec), fps=spec.fps, bit_rate=spec.bit_rate)
    return path.name


def main() -> None:
    """Write both folders."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--camera", choices=CAMERAS, default="mono")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    sets = (("train", TRAIN, TRAIN_S, 31), ("test", TEST, TEST_S, 32))
    with process_pool(args.jobs) as pool:
        for part, n, seconds, seed in sets:
            folder = args.folder / part
            (folder / "truth" if part == "test" else folder).mkdir(parents=True, exist_ok=True)
            rng = np.random.default_rng(seed)
            specs = [spec_of(args.camera, rng, k, n, seconds) for k in range(n)]
            asked = [
                pool.submit(write, folder, f"{part}{k:02d}", args.camera, spec, part == "test")
                for k, spec in enumerate(specs)
            ]
            for spec, job in zip(specs, asked, strict=True):
                name = job.result()
                if part == "test":
                    add_row(folder, Row(name, name, spec.motion))


if __name__ == "__main__":
    main()
