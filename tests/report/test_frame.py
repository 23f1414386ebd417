from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers import results
from sspd.errors import SourceError
from sspd.report.frame import LONGEST_SIDE, face_image
from sspd.types import Box, FaceSpan, Vitals


@pytest.fixture(scope="module")
def rising(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """Two seconds of grey, one level brighter a picture, 96x64."""
    levels = np.arange(60, 120, dtype=np.uint8)[:, None, None, None]
    rgb = np.broadcast_to(levels, (60, 64, 96, 3))
    path = tmp_path_factory.mktemp("frame") / "rising.mp4"
    return write_video(path, rgb, options={"crf": "6"})


def _pixels(png: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(int)


def _vitals(path: Path, *faces: FaceSpan) -> Vitals:
    boxes = [span.box for span in faces if span.box]
    return replace(
        results.rejected(), source=str(path), faces=faces, face_box=boxes[0] if boxes else None
    )


def test_it_is_the_picture_on_which_the_face_was_found(rising: Path) -> None:
    box = Box(20, 10, 70, 50)
    spans = (FaceSpan(0.0, 1.0, None), FaceSpan(1.0, 1.5, box), FaceSpan(1.5, 2.0, box))
    shown = face_image(_vitals(rising, *spans))
    assert shown.t_s == pytest.approx(1.0, abs=0.001)
    picture = _pixels(shown.png)
    assert picture.shape == (64, 96, 3)
    assert picture[30, 45] == pytest.approx(90, abs=2)
    assert picture[5, 5] == pytest.approx(90, abs=2)
    for y, x in ((10, 40), (49, 40), (30, 20), (30, 69)):
        assert (picture[y, x] == 255).all()


def test_without_a_face_it_is_the_first_one_and_has_no_box(rising: Path) -> None:
    for spans in ((FaceSpan(0.5, 2.0, None),), ()):
        shown = face_image(_vitals(rising, *spans))
        assert shown.t_s == pytest.approx(0.5 if spans else 0.0, abs=0.001)
        assert np.ptp(_pixels(shown.png)) <= 4


def test_large_pictures_are_made_smaller(tmp_path: Path, write_video: Callable[..., Path]) -> None:
    path = write_video(tmp_path / "large.mp4", np.full((2, 1200, 900, 3), 90, np.uint8))
    shown = face_image(_vitals(path, FaceSpan(0.0, 0.1, Box(300, 300, 600, 600))))
    picture = _pixels(shown.png)
    assert picture.shape == (LONGEST_SIDE, 480, 3)
    assert picture[240, 161].min() > 200


def test_a_video_that_is_gone_or_shorter_now_is_said(tmp_path: Path, rising: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        face_image(_vitals(tmp_path / "gone.mp4"))
    with pytest.raises(SourceError, match="any more"):
        face_image(_vitals(rising, FaceSpan(50.0, 60.0, Box(0, 0, 9, 9))))
