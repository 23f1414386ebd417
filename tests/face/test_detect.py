from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.face.detect import detect_faces
from sspd.types import Box
from sspd.video.read import read

#: Where a person sees the face (brows to chin) on the first picture of each video.
FACES = {
    "face.mp4": Box(61, 130, 371, 440),
    "an1.mp4": Box(370, 255, 625, 510),
    "cap12.mp4": Box(155, 122, 262, 229),
    "mp7.mp4": Box(330, 420, 800, 890),
}


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    w = min(a.right, b.right) - max(a.left, b.left)
    h = min(a.bottom, b.bottom) - max(a.top, b.top)
    both = max(w, 0) * max(h, 0)
    return both / (a.width * a.height + b.width * b.height - both)


def first_picture(shared: Path, name: str) -> NDArray[np.uint8]:
    return next(read(shared / "data" / name, chunk=1)).rgb[0]


def frame_stats(shared: Path, height: int, width: int, *places: tuple[int, int, int]) -> np.ndarray:
    """A plain wall with the face of a real video at (left, top), its rectangle `side` wide."""
    wall = np.full((height, width, 3), (134, 130, 124), np.uint8)
    rgb = first_picture(shared, "an1.mp4")[160:540, 300:690]
    for left, top, side in places:
        scale = side / 255
        face = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        wall[top : top + face.shape[0], left : left + face.shape[1]] = face
    return wall


@pytest.mark.parametrize("name", FACES)
def test_real_faces_are_found(name: str, shared: Path) -> None:
    found = detect_faces(first_picture(shared, name))
    assert len(found) == 1
    assert overlap(found[0], FACES[name]) > 0.7


def test_largest_first(shared: Path) -> None:
    found = detect_faces(frame_stats(shared, 480, 960, (30, 50, 110), (450, 20, 230)))
    assert len(found) == 2
    assert found[0].width > found[1].width
    assert found[0].left > 400


def test_a_face_of_an_eighth_of_the_height_is_found_in_a_wide_video(shared: Path) -> None:
    found = detect_faces(frame_stats(shared, 1080, 1920, (900, 400, 140)))
    assert len(found) == 1
    assert overlap(found[0], Box(946, 461, 1086, 601)) > 0.5


def test_a_small_face_is_found_by_the_second_look(shared: Path) -> None:
    found = detect_faces(frame_stats(shared, 360, 480, (200, 150, 55)))
    assert len(found) == 1
    assert 35 < found[0].width < 80


def test_a_face_at_the_edge_stays_inside(shared: Path) -> None:
    rgb = first_picture(shared, "an1.mp4")[:, 400:]
    for face in detect_faces(rgb):
        assert face.left >= 0
        assert face.right <= rgb.shape[1]


@pytest.mark.parametrize("shape", [(480, 640), (16, 16), (2160, 3840)])
def test_no_face_is_no_box(shape: tuple[int, int]) -> None:
    assert detect_faces(np.full((*shape, 3), 128, np.uint8)) == []
