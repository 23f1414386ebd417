"""Kinds 9 and 10: videos that repeat, and codecs with periodic changes of brightness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.simulation import simulate
from wrong_base import (
    FPS,
    NOTHING,
    Make,
    Take,
    Truth,
    alive,
    dead,
    good,
    log_uniform,
    photo,
    record,
    write,
)
from wrong_files import one_by_one, timed


def loop(gif: bool) -> Make:
    """Repeat a living face of 1 to 4 s."""

    def make(take: Take) -> Truth:
        rng = take.rng
        fps = float(rng.choice([12.5, 20.0, 25.0])) if gif else FPS
        side = {"width": 320, "height": 240, "face_px": int(rng.integers(110, 155))} if gif else {}
        long_s = float(rng.uniform(1, 4)) if gif else float(rng.choice([1.0, 1.5, 2.0, 3.0]))
        spec = good(take, fps=fps, duration_s=long_s, **side)
        pictures = list(one_by_one(simulate(spec)))
        if gif:
            pictures = [_gif_colours(rgb) for rgb in pictures]
        n = round(take.duration_s * fps)
        write(take, timed((pictures[k % len(pictures)] for k in range(n)), fps), fps=fps)
        return NOTHING

    return make


def _gif_colours(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce frames to 256 colours as in a GIF, dithered in a fixed pattern."""
    steps = np.array([36.4, 36.4, 51.0], np.float32) / 2  # finer than rgb8, with its own palette
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32)
    h, w = rgb.shape[:2]
    pattern = np.tile((bayer + 0.5) / 16 - 0.5, (h // 4 + 1, w // 4 + 1))[:h, :w, None]
    return np.asarray(np.clip(np.rint(rgb / steps + pattern) * steps, 0, 255), np.uint8)


def gif_file(take: Take) -> Truth:
    """Write a GIF whose 1 to 4 s are repeated in the file."""
    return loop(gif=True)(take)


def noise_loop(take: Take) -> Truth:
    """Record a photo whose noise of 1 to 3 s repeats, as apps that fake a live camera do."""
    rng, spec = take.rng, dead(take)
    still = photo(spec)
    long = int(rng.uniform(0.5, 3.0) * FPS)
    strength = log_uniform(rng, 0.8, 2.5)
    shared = rng.standard_normal((long, 3)) * rng.uniform(0.05, 0.4)  # the noise of the gain
    grains = [
        still + strength * rng.standard_normal(still.shape, dtype=np.float32) + shared[k]
        for k in range(min(long, 90))
    ]
    pictures = [np.clip(np.rint(one), 0, 255).astype(np.uint8) for one in grains]
    shown = (pictures[k % len(pictures)] for k in range(take.t.size))
    write(take, timed(shown, FPS))
    return NOTHING


def pumping_key_frames(take: Take) -> Truth:
    """Encode at 80 to 120 kbit/s with a key frame every 10 to 30: brightness steps at each."""
    rng = take.rng
    key_every = [15, 10, 20, 30][take.number % 4]
    spec = good(take, hr_bpm=50.0 if take.number == 0 else float(rng.uniform(48, 110)))
    rate = 80_000 if take.number == 0 else int(rng.uniform(80e3, 120e3))
    record(take, spec, bit_rate=rate, key_every=key_every, preset="medium")
    return alive(spec)
