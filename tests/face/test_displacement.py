from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.face.displacement import displacement

SIDE = 16


def _face(right: float = 0.0, down: float = 0.0, growth: float = 0.0) -> NDArray[np.float32]:
    """A blurred random texture, moved by pixels of a fine image, then averaged to 16x16."""
    fine = np.random.default_rng(4).normal(0, 1, (SIDE * 8, SIDE * 8))
    fine = cv2.GaussianBlur(fine, (0, 0), 16) * 600 + 110
    scale, middle = 1 + growth, SIDE * 4 - 0.5
    matrix = np.array(
        [
            [scale, 0, middle * (1 - scale) + 8 * right],
            [0, scale, middle * (1 - scale) + 8 * down],
        ]
    )
    moved = cv2.warpAffine(fine, matrix, fine.shape, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(moved, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)


@pytest.mark.parametrize(
    ("right", "down", "growth"),
    [(0.1, 0.0, 0.0), (0.0, -0.2, 0.0), (0.3, 0.1, 0.0), (0.0, 0.0, 0.004), (-0.2, 0.3, -0.01)],
)
def test_motion_is_measured(right: float, down: float, growth: float) -> None:
    found = displacement(_face(right, down, growth), _face())
    np.testing.assert_allclose(found, [right / SIDE, down / SIDE, growth], rtol=0.15, atol=2e-3)


def test_light_is_no_motion() -> None:
    still = _face()
    np.testing.assert_allclose(displacement(1.03 * still + 2, still), 0, atol=1e-4)


@pytest.mark.parametrize("before", [None, np.full((SIDE, SIDE), 90, np.float32)])
def test_nothing_to_tell_from_is_no_motion(before: NDArray[np.float32] | None) -> None:
    grey = np.full((SIDE, SIDE), 90, np.float32)
    assert displacement(grey, before).tolist() == [0, 0, 0]


def test_noise_on_a_smooth_patch_is_hardly_motion() -> None:
    rng = np.random.default_rng(2)
    x = np.linspace(0, 2, SIDE, dtype=np.float32)
    patch = np.broadcast_to(120 + x, (SIDE, SIDE)).astype(np.float32)
    noisy = [patch + rng.normal(0, 0.3, patch.shape).astype(np.float32) for _ in range(50)]
    moved = [displacement(b, a) for a, b in pairwise(noisy)]
    assert np.std(moved, axis=0)[:2].max() < 2e-3
