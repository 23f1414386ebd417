"""Faces whose colour beats, without a video."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sspd.types import FIXED_POINT_MAX, Box, FaceSegment, Frames
from sspd.vitals.acceptance import still_scene


def beating(t: np.ndarray, bvp: Callable[[np.ndarray], np.ndarray], size: int = 8) -> FaceSegment:
    """A segment of skin whose colour follows ``bvp(t)``, at any time timestamps."""
    colour = np.array([170.0, 120.0, 100.0])
    depth = 0.01 * np.array([0.33, 0.77, 0.53])
    levels = colour * (1 - bvp(t)[:, None] * depth)
    noise = np.random.default_rng(0).normal(0, 0.3, (t.size, size, size, 3))
    rgb = np.round((levels[:, None, None] + noise) * 256).astype(np.uint16)
    faces = Frames(rgb, t, FIXED_POINT_MAX)
    return FaceSegment(float(t[0]), float(t[-1]) + 0.03, Box(0, 0, 9, 9), faces, still_scene(t))


#: Where the skin is in `beating_frames`.
SKIN_BOX = Box(8, 4, 48, 60)


def beating_frames(
    t: np.ndarray, hz: float, *, depth: float = 0.03, lamp: float = 0.0, lamp_hz: float = 1.0
) -> np.ndarray:
    """Pictures of 96x64: skin that beats (no face to a detector) before a wall.

    A lamp, where there is one, shines on both.
    """
    rng = np.random.default_rng(1)
    texture = rng.normal(0, 2.0, (64, 96, 3))
    picture = np.full((t.size, 64, 96, 3), 120.0, np.float32)
    blood = 1 - depth * np.sin(2 * np.pi * hz * t)[:, None] * np.array([0.33, 0.77, 0.53])
    skin = (np.array([180.0, 130.0, 110.0]) * blood)[:, None, None]
    picture[:, SKIN_BOX.top : SKIN_BOX.bottom, SKIN_BOX.left : SKIN_BOX.right] = skin
    light = 1 + lamp * np.sin(2 * np.pi * lamp_hz * t)
    noise = 1.5 * rng.standard_normal(picture.shape, dtype=np.float32)
    levels = (picture + texture) * light[:, None, None, None] + noise
    return np.clip(np.round(levels), 0, 255).astype(np.uint8)
