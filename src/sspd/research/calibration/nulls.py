"""Write videos in which there is no pulse to be read, as real H.264 files.

Photos, walls, noise, flicker and moving mannequins: whatever is measured of them is wrong
unless it is rejected. They are made from the simulator's own frames, so that they look like
the videos that can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation import VideoSpec, random_spec, simulate
from sspd.simulation.background import draw_background
from sspd.simulation.noise import smooth_noise
from sspd.simulation.render import render_pixels
from sspd.simulation.stage import set_stage
from sspd.types import Box, Frames
from sspd.video.write import write_h264

FPS = 30.0
WIDTH, HEIGHT = 640, 480
_TILE_MARGIN = 97
#: Fraction that is compressed as on phones; the others are hardly compressed.
COARSE_SHARE = 0.25


#: The kinds that `null_video` writes.
NULLS = (
    *("photo", "wall", "noise", "flicker", "mannequin", "compressed"),
    *("handheld", "swinging", "screen"),
)


def null_video(
    kind: str, rng: np.random.Generator, path: Path, duration_s: float = 30.0
) -> tuple[VideoSpec, Box | None]:
    """Write a video without a pulse, 640x480 at 30 frames per second.

    Parameters
    ----------
    kind : str
        One of `NULLS`.
    rng : numpy Generator
        Decides all of it.
    path : Path
        Its file.
    duration_s : float
        Its length, seconds.

    Returns
    -------
    spec : VideoSpec
        What it was made from.
    box : Box or None
        Where to look, in videos in which no face can be found.
    """
    fixed: dict[str, Any] = {"pulse_percent": 0.0, "duration_s": duration_s, "fps": FPS}
    preset = {"flicker": "flicker", "swinging": "swinging", "mannequin": "nodding"}.get(kind)
    if preset == "flicker":
        fixed["flicker_hz"] = float(rng.uniform(1.0, 2.0))
        fixed["flicker_percent"] = float(np.exp(rng.uniform(np.log(0.1), np.log(4.0))))
    if kind == "compressed":
        # a pulse that the encoder removes
        fixed |= {"pulse_percent": float(rng.uniform(0.1, 0.3))}
        fixed |= {"bit_rate": int(np.exp(rng.uniform(np.log(2e4), np.log(6e4))))}
    spec = random_spec(rng, preset or ("compressed" if kind == "compressed" else "still"), **fixed)
    frames, box = _frames(kind, spec, rng)
    coarse = rng.random() < COARSE_SHARE
    drawn = int(np.exp(rng.uniform(np.log(5e5), np.log(8e6)))) if coarse else None
    write_h264(path, frames, fps=FPS, bit_rate=spec.bit_rate or drawn)
    return spec, box


def _frames(
    kind: str, spec: VideoSpec, rng: np.random.Generator
) -> tuple[Iterator[Frames], Box | None]:
    if kind in ("photo", "handheld"):
        return _photo(spec, rng, held=kind == "handheld"), None
    if kind == "screen":
        return _screen(spec, rng), None
    if kind in ("wall", "noise"):
        side = int(rng.integers(120, 300))
        left, top = int(rng.integers(0, WIDTH - side)), int(rng.integers(0, HEIGHT - side))
        frames = _wall(spec, rng) if kind == "wall" else _noise(spec, rng)
        return frames, Box(left, top, left + side, top + side)
    return simulate(spec), None


def _photo(spec: VideoSpec, rng: np.random.Generator, held: bool) -> Iterator[Frames]:
    """A photograph of a face before the camera; held in a hand it sways, trembles and turns."""
    image = render_pixels(set_stage(spec.replace(duration_s=1.0)), 0)
    t = np.arange(round(spec.duration_s * FPS)) / FPS
    sway: NDArray[np.float64] = np.zeros((2, t.size))
    turn: NDArray[np.float64] = np.zeros(t.size)
    if held:
        for axis in range(2):
            slow = rng.uniform(1, 8) * smooth_noise(rng, t, (0.1, 0.6))
            sway[axis] = slow + rng.uniform(0.1, 1.0) * smooth_noise(rng, t, (0.8, 4.0))
        most = float(np.radians(rng.uniform(0.1, 1.0)))
        turn = most * smooth_noise(rng, t, (0.1, 1.5))
    noise = _tile(rng, spec.noise_levels)
    light = 1 + rng.uniform(0, 0.01) * smooth_noise(rng, t, (0.02, 0.4))
    for k in range(t.size):
        angle, middle = float(np.degrees(turn[k])), (WIDTH / 2, HEIGHT / 2)
        matrix = np.asarray(cv2.getRotationMatrix2D(middle, angle, 1.0), np.float64)
        matrix[:, 2] += sway[:, k]
        levels = cv2.warpAffine(
            image * np.float32(light[k]), matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT
        )
        yield _noisy_frame(np.asarray(levels, np.float32), noise, t[k])


def _screen(spec: VideoSpec, rng: np.random.Generator) -> Iterator[Frames]:
    """A photograph of a face in the light of a screen, whose colours change cut by cut."""
    image = render_pixels(set_stage(spec.replace(duration_s=1.0)), 0)
    t = np.arange(round(spec.duration_s * FPS)) / FPS
    shot_s, uneven = rng.uniform(0.35, 1.5), rng.uniform(0.0, 0.5)
    cuts = np.cumsum(
        shot_s * (1 + uneven * rng.uniform(-1, 1, int(2 * spec.duration_s / shot_s) + 9))
    )
    shot = np.searchsorted(cuts, t)
    strength = np.exp(rng.uniform(np.log(0.002), np.log(0.03)))
    # (shots, 3): brightness and colour of each, half and half
    lit = rng.standard_normal((cuts.size + 1, 1)) + rng.standard_normal((cuts.size + 1, 3))
    level = cv2.GaussianBlur(lit[shot] * strength / np.sqrt(2), (1, 0), sigmaX=1, sigmaY=1.0)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(x / WIDTH - 0.5, y / HEIGHT - 0.5)
    reach = np.exp(-((away / rng.uniform(0.3, 0.8)) ** 2)).astype(np.float32)[:, :, None]
    noise = _tile(rng, spec.noise_levels)
    for k in range(t.size):
        gain = 1 + reach * level[k].astype(np.float32)
        yield _noisy_frame(image * gain, noise, t[k])


def _wall(spec: VideoSpec, rng: np.random.Generator) -> Iterator[Frames]:
    """Record the background behind a head, without the head, in drifting light."""
    image = draw_background(spec)
    t = np.arange(round(spec.duration_s * FPS)) / FPS
    noise = _tile(rng, spec.noise_levels)
    light = 1 + rng.uniform(0, 0.02) * smooth_noise(rng, t, (0.02, 0.4))
    for k in range(t.size):
        yield _noisy_frame(image * np.float32(light[k]), noise, t[k])


def _noise(spec: VideoSpec, rng: np.random.Generator) -> Iterator[Frames]:
    """Snow, in grains of one to sixteen pixels."""
    grain = int(2 ** rng.integers(0, 5))
    shape = (HEIGHT // grain, WIDTH // grain, 3)
    strength, none = rng.uniform(5, 60), _tile(rng, 0.0)
    for k in range(round(spec.duration_s * FPS)):
        grains = 128 + strength * rng.standard_normal(shape, dtype=np.float32)
        levels = cv2.resize(grains, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        yield _noisy_frame(np.asarray(levels, np.float32), none, k / FPS)


def _noisy_frame(levels: NDArray[np.float32], noise: NDArray[np.float32], t: float) -> Frames:
    """Make one camera frame; the tile of the noise is larger than the frame."""
    down, right = np.random.default_rng(round(t * 1e6)).integers(0, _TILE_MARGIN, 2)
    noisy = cv2.add(levels, noise[down : down + HEIGHT, right : right + WIDTH])
    np.maximum(noisy, 0, out=noisy)
    return Frames(np.asarray(cv2.convertScaleAbs(noisy))[None], np.array([t]))


def _tile(rng: np.random.Generator, noise_levels: float) -> NDArray[np.float32]:
    shape = (HEIGHT + _TILE_MARGIN, WIDTH + _TILE_MARGIN, 3)
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(noise_levels)
