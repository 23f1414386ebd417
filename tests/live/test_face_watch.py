"""Where the face is now: found near where it was, lost when it is gone, seen when it is back."""

from __future__ import annotations

import numpy as np
import pytest

from sspd.face.detect import detect_faces, detect_near
from sspd.live.face_watch import LOST_WHOLE_S, NEAR_S, FaceWatch
from sspd.simulation import VideoSpec, simulate
from sspd.types import Box


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    spec = VideoSpec(seed=5, duration_s=0.1, hr_bpm=72.0, width=320, height=240, face_px=120)
    return next(iter(simulate(spec))).rgb[0]


def test_near_is_where_the_whole_look_finds_it(face: np.ndarray) -> None:
    (whole,) = detect_faces(face)
    for dx, dy in ((0, 0), (25, -15), (-30, 20)):
        near = detect_near(face, Box(*np.add(whole, [dx, dy, dx, dy]).tolist()))
        assert near is not None
        assert np.abs(np.subtract(near, whole)).max() < 0.2 * whole.width


def test_a_face_that_leaves_and_comes_back(face: np.ndarray) -> None:
    (whole,) = detect_faces(face)
    nobody = np.full_like(face, 110)
    watch = FaceWatch()
    assert not watch.look(nobody, 0.0, None)
    assert watch.look(face, 0.5, whole)
    assert watch.box == whole
    assert watch.look(face, 0.5 + NEAR_S, whole)
    assert watch.box is not None
    assert watch.look(nobody, 2.0 + NEAR_S, whole)
    assert watch.box is None
    moved = np.roll(face, -60, axis=1)  # too far for a look near the last box
    assert watch.look(moved, 3.0 + NEAR_S + LOST_WHOLE_S, whole)
    assert watch.box is not None
    assert watch.box.left == pytest.approx(whole.left - 60, abs=0.2 * whole.width)


def test_a_box_that_is_given_is_the_face() -> None:
    watch = FaceWatch(Box(0, 0, 9, 9))
    assert not watch.look(np.zeros((20, 20, 3), np.uint8), 5.0, None)
    assert (watch.box, watch.faces) == (Box(0, 0, 9, 9), 1)
