"""Faces whose colour beats, without a film."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sspd.containers import FIXED_POINT_MAX, Box, FaceSegment, Frames
from sspd.vitals.doubt import still_scene


def beating(t: np.ndarray, bvp: Callable[[np.ndarray], np.ndarray], size: int = 8) -> FaceSegment:
    """A segment of skin whose colour follows ``bvp(t)``, at any time stamps."""
    colour = np.array([170.0, 120.0, 100.0])
    depth = 0.01 * np.array([0.33, 0.77, 0.53])
    levels = colour * (1 - bvp(t)[:, None] * depth)
    noise = np.random.default_rng(0).normal(0, 0.3, (t.size, size, size, 3))
    rgb = np.round((levels[:, None, None] + noise) * 256).astype(np.uint16)
    faces = Frames(rgb, t, FIXED_POINT_MAX)
    return FaceSegment(float(t[0]), float(t[-1]) + 0.03, Box(0, 0, 9, 9), faces, still_scene(t))
