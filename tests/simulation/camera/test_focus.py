from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.simulation.camera.focus import DRIFT, Focus, blur_px, lens_position, make_lens
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot
from sspd.types import Box

FRAME = (160, 120)
WHOLE = Box(0, 0, *FRAME)


def _focus(options: CameraSpec, t: NDArray[np.float64]) -> Focus:
    shot = Shot(t, WHOLE, *FRAME, (80.0, 60.0), 40.0)
    focus = make_lens(options, np.random.default_rng(3), shot)
    assert focus is not None
    return focus


def _dots() -> NDArray[np.float32]:
    """Two round spots at both sides of the middle."""
    x, y = np.meshgrid(np.arange(FRAME[0]), np.arange(FRAME[1]))
    spots = [np.exp(-((x - cx) ** 2 + (y - 60) ** 2) / 18) for cx in (30, 129)]
    return np.repeat((200 * sum(spots))[..., None], 3, axis=2).astype(np.float32)


def _distance(frame: NDArray[np.float32]) -> float:
    x = np.arange(80)
    left, right = (half.sum(axis=0) for half in (frame[..., 1][:, :80], frame[..., 1][:, 80:]))
    return float(80 + (x * right).sum() / right.sum() - (x * left).sum() / left.sum())


@pytest.mark.parametrize("change", [-0.03, -0.005, 0.0, 0.01, 0.04])
def test_scale_changes_by_what_was_drawn(change: float) -> None:
    focus = Focus(np.array([change]), FRAME, WHOLE)
    before = _dots()
    ratio = _distance(focus(0, before.copy())) / _distance(before)
    assert ratio - 1 == pytest.approx(change, abs=3e-4)


@pytest.mark.parametrize("change", [0.02, 0.05])
def test_blur_goes_with_the_change_of_scale(change: float) -> None:
    wide = (640, 40)
    edge = np.zeros((40, 640, 3), np.float32)
    edge[:, 320:] = 100
    out = Focus(np.array([change]), wide, Box(0, 0, *wide))(0, edge)
    slope = np.diff(out[20, :, 1]) / 100
    x = np.arange(slope.size)
    middle = (x * slope).sum()
    sigma = float(np.sqrt(((x - middle) ** 2 * slope).sum()))
    # interpolation between pixels adds up to a quarter of a pixel squared
    assert sigma == pytest.approx(blur_px(change, 640), abs=0.15)
    assert blur_px(-change, 640) == blur_px(change, 640)


def test_hunts_go_out_by_one_and_come_back() -> None:
    t = np.arange(0, 600, 1 / 30)
    quiet = lens_position(np.random.default_rng(0), t, 0.0)
    assert quiet.std() == pytest.approx(DRIFT, rel=0.2)
    hunted = lens_position(np.random.default_rng(0), t, 3.0)
    # the drift is the same: it has a generator of its own
    hunts = hunted - quiet
    busy = np.abs(hunts) > 1e-9
    starts = np.flatnonzero(np.diff(busy.astype(int)) == 1)
    assert starts.size == pytest.approx(30, abs=12)
    assert np.quantile(np.abs(hunts[busy]), 0.99) == pytest.approx(1.0, abs=0.1)
    assert busy.mean() < 0.08
    assert abs(np.diff(hunted)).max() < 0.6


def test_the_percent_is_that_of_a_hunt() -> None:
    t = np.arange(0, 120, 1 / 30)
    one, two = (
        _focus(CameraSpec(focus_percent=percent, focus_hunts_per_min=5.0), t).changes
        for percent in (1.0, 2.0)
    )
    np.testing.assert_allclose(two, 2 * one)
    assert 0.009 < abs(one).max() < 0.014


def test_a_window_is_scaled_about_the_middle_of_the_whole_frame() -> None:
    rng = np.random.default_rng(0)
    frame = cv2.GaussianBlur(rng.uniform(0, 255, (120, 160, 3)).astype(np.float32), (0, 0), 2)
    window = Box(20, 30, 90, 110)
    whole = Focus(np.array([0.02]), FRAME, WHOLE)(0, frame.copy())
    cut = np.ascontiguousarray(frame[30:110, 20:90])
    part = Focus(np.array([0.02]), FRAME, window)(0, cut)
    np.testing.assert_allclose(part[6:-6, 6:-6], whole[36:104, 26:84], atol=0.3)
