"""Building blocks of all kinds in `benchmarks/wrong_videos.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation import VideoSpec, random_spec, simulate, truth
from sspd.simulation.noise import smooth_noise
from sspd.simulation.person.anatomy import F32
from sspd.simulation.render import render_pixels
from sspd.simulation.stage import set_stage
from sspd.types import Box, Frames
from wrong_files import encode, quality

FPS = 30.0
WIDTH, HEIGHT = 480, 360
Alter = Callable[[int, F32], F32]


@dataclass(frozen=True)
class Truth:
    """The truth of a video."""

    beats_s: tuple[float, ...] | None
    """On the clock of the world, from the first frame; None: nothing alive is seen."""
    box: Box | None = None
    """Face box of videos in which no face is found."""
    options: dict[str, Any] = field(default_factory=dict)
    """For `sspd.measure`, such as ``fps``."""


@dataclass(frozen=True)
class Take:
    """One video to make: its random generator, its number within its kind, its length and file."""

    rng: np.random.Generator
    number: int
    duration_s: float
    path: Path

    @property
    def t(self) -> NDArray[np.float64]:
        """Times of the frames at `FPS`."""
        return np.arange(max(2, round(self.duration_s * FPS))) / FPS


Make = Callable[[Take], Truth]
#: Truth of a video without a living person.
NOTHING = Truth(None)


def good(take: Take, **fixed: Any) -> VideoSpec:
    """Return the options of a sitting person who sometimes talks, with a pulse of 0.4 to 1.2 %."""
    rng = take.rng
    preset = "talking" if rng.random() < 0.3 else "still"
    drawn: dict[str, Any] = {
        "duration_s": take.duration_s,
        "fps": FPS,
        "width": WIDTH,
        "height": HEIGHT,
        "face_px": int(rng.integers(120, 201)),
        "pulse_percent": float(np.exp(rng.uniform(np.log(0.4), np.log(1.2)))),
        "noise_levels": float(rng.uniform(1.0, 2.0)),
        "exposure": float(rng.uniform(0.85, 1.1)),
    }
    return random_spec(rng, preset, **(drawn | fixed))


def dead(take: Take, **fixed: Any) -> VideoSpec:
    """Return the options of a mannequin or a photo: the same without a pulse, at rest."""
    return good(take, **({"pulse_percent": 0.0, "motion": "still"} | fixed))


def alive(spec: VideoSpec, **more: Any) -> Truth:
    """Return the truth of a living face."""
    return Truth(tuple(truth(spec).beats_s.round(6).tolist()), **more)


def record(take: Take, spec: VideoSpec, alter: Alter | None = None, **how: Any) -> None:
    """Simulate a video and write it, compressed as usual by default."""
    write(take, simulate(spec, alter=alter), **({"fps": spec.fps} | how))


def write(take: Take, frames: Iterable[Frames], **how: Any) -> None:
    """Write frames, compressed as usual by default."""
    if not how.keys() & {"bit_rate", "crf"}:
        how |= quality(take.rng)
    encode(take.path, frames, **({"fps": FPS} | how))


def photo(spec: VideoSpec) -> F32:
    """The first frame before noise and rounding."""
    return render_pixels(set_stage(spec.replace(duration_s=1.0)), 0)


def shifts(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Make affine maps that shift a frame by these pixels."""
    return [np.array([[1.0, 0.0, a], [0.0, 1.0, b]]) for a, b in zip(x, y, strict=True)]


def zooms(scale: NDArray[np.float64], spec: VideoSpec) -> list[NDArray[np.float64]]:
    """Make affine maps that enlarge a frame about its middle."""
    cx, cy = spec.width / 2, spec.height / 2
    return [np.array([[s, 0.0, cx * (1 - s)], [0.0, s, cy * (1 - s)]]) for s in scale]


def moved(maps: list[NDArray[np.float64]], still: F32 | None = None) -> Alter:
    """Apply each map to its frame (or to one photo, again and again)."""

    def alter(k: int, levels: F32) -> F32:
        h, w = levels.shape[:2]
        source = levels if still is None else still
        out = cv2.warpAffine(source, maps[k], (w, h), borderMode=cv2.BORDER_REFLECT)
        return np.asarray(out, np.float32)

    return alter


def rhythm(
    rng: np.random.Generator, t: NDArray[np.float64], hz: float, wander: float = 0.03
) -> NDArray[np.float64]:
    """Make an approximately periodic body movement: amplitude 1, with an overtone."""
    strays = smooth_noise(rng, t, (0.03, 0.2))
    phase = 2 * np.pi * hz * (t + wander * np.cumsum(strays) * float(np.mean(np.diff(t))))
    phase = phase + rng.uniform(0, 2 * np.pi)
    overtone = rng.uniform(0.0, 0.35) * np.sin(2 * phase + rng.uniform(0, 2 * np.pi))
    return np.asarray(np.sin(phase) + overtone)


def both(*alters: Alter) -> Alter:
    """Apply one change after another."""

    def alter(k: int, levels: F32) -> F32:
        for one in alters:
            levels = one(k, levels)
        return levels

    return alter


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number that is uniform on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def other_hz(rng: np.random.Generator, hr_bpm: float) -> float:
    """Draw a rate that is neither the heart's nor its half or double."""
    while True:
        hz = float(rng.uniform(0.75, 2.4))
        if all(abs(60 * hz / (hr_bpm * k) - 1) > 0.15 for k in (0.5, 1.0, 2.0)):
            return hz
