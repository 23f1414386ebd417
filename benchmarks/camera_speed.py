"""Milliseconds a frame that each step of a simulated camera takes, at 480x360 on one core.

Run: python benchmarks/camera_speed.py
"""

from __future__ import annotations

import time

import cv2
import numpy as np

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.pipeline import STEPS
from sspd.simulation.camera.profile_table import PROFILES
from sspd.simulation.camera.profiles import draw_profile
from sspd.simulation.camera.shot import Shot
from sspd.simulation.person.anatomy import F32
from sspd.types import Box

FRAMES, REPEATS = 100, 3
WIDTH, HEIGHT = 480, 360
#: Everything on, at its dearest.
EVERYTHING = CameraSpec(
    full_well_e=8000, iso_gain=4, read_noise_e=2, demosaic="bilinear", red_gain=1.5, blue_gain=2,
    prnu_percent=0.5, shading_percent=1, row_levels=0.2, column_levels=0.2, band_percent=0.3,
    drift_percent=0.05, balance_percent=0.03, drift_local=0.5, ae_speed=0.2, awb_speed=0.05,
    contrast=0.3, toe=0.3, shoulder=0.5, saturation_percent=15, matrix_percent=2, local_tone=0.3,
    levels="limited", focus_percent=1, focus_hunts_per_min=30, lamp="fluorescent",
    temporal_denoise=0.8, spatial_denoise=0.5, sharpen=1, beauty=0.6,
)  # fmt: skip


def time_steps(options: CameraSpec, shot: Shot, frame: F32) -> dict[str, float]:
    """Return the processor's milliseconds a frame of each step."""
    made = {
        name: None if maker is None else maker(options, np.random.default_rng(1), shot)
        for name, maker in STEPS.items()
    }
    steps = {name: step for name, step in made.items() if step is not None}
    spent = dict.fromkeys(steps, 0.0)
    pixels = frame.copy()
    for k in range(FRAMES):
        pixels[:] = frame
        for name, step in steps.items():
            start = time.thread_time()
            pixels = step(k, pixels)
            spent[name] += time.thread_time() - start
    return {name: seconds / FRAMES * 1000 for name, seconds in spent.items()}


def main() -> None:
    """Print a table."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    whole = Box(0, 0, WIDTH, HEIGHT)
    shot = Shot(np.arange(FRAMES) / 30, whole, WIDTH, HEIGHT, (240.0, 180.0), 160.0)
    frame = rng.uniform(20, 230, (HEIGHT, WIDTH, 3)).astype(np.float32)
    runs = [time_steps(EVERYTHING, shot, frame) for _ in range(REPEATS)]
    best = {name: min(run[name] for run in runs) for name in runs[0]}
    for name, ms in best.items():
        print(f"{name:12s} {ms:6.2f} ms")
    print(f"{'sum':12s} {sum(best.values()):6.2f} ms")
    for name in PROFILES:
        options = draw_profile(np.random.default_rng(2), name)
        ms = min(sum(time_steps(options, shot, frame).values()) for _ in range(REPEATS))
        print(f"{name:12s} {ms:6.2f} ms")


if __name__ == "__main__":
    main()
