from __future__ import annotations

import numpy as np
import pytest

from sspd.face.crop import crop_resize
from sspd.face.frame_stats import measure_frame, stack_rows
from sspd.types import Box


def picture(seed: int = 0, height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def is_background(x: float, y: float, box: Box, close: bool) -> bool:
    """Whether a pixel is; `close`: the picture has no room beside hair and shoulders."""
    off_x = abs(x - (box.left + box.right) / 2) / box.width
    if close:
        return max(off_x, abs(y - (box.top + box.bottom) / 2) / box.height) >= 1.3 / 2
    if y < box.top - box.height / 2:
        return True
    return off_x >= (0.7 if y < box.bottom else 1.3)


@pytest.mark.parametrize(
    ("box", "close"),
    [
        (Box(30, 20, 70, 60), False),
        (Box(0, 0, 52, 52), False),
        (Box(80, 50, 120, 90), False),
        (Box(16, 0, 104, 68), True),
    ],
)
def test_against_the_slow_version(box: Box, close: bool) -> None:
    rgb = picture()
    sight = measure_frame(rgb, box, crop_resize(rgb, box, 16), None)
    outside = np.zeros(rgb.shape[:2], bool)
    for y in range(90):
        for x in range(120):
            outside[y, x] = is_background(x + 0.5, y + 0.5, box, close)
    np.testing.assert_allclose(sight.background_rgb, rgb[outside].mean(0), rtol=1e-5)
    middle = crop_resize(rgb, box, 16)[4:12, 4:12]
    for k, (down, right) in enumerate(((0, 0), (0, 4), (4, 0), (4, 4))):
        part = middle[down : down + 4, right : right + 4]
        np.testing.assert_allclose(sight.quarters_rgb[k], part.mean((0, 1)), atol=0.02)
    crop = rgb[box.top : box.bottom, box.left : box.right]
    np.testing.assert_allclose(sight.face_rgb, crop.mean((0, 1)), atol=0.02)
    assert sight.overexposed == pytest.approx((crop >= 250).any(2).mean())
    assert sight.dark == pytest.approx((crop <= 30).all(2).mean())


def test_large_pictures_are_sampled_without_bias() -> None:
    rgb = picture(3, 1100, 400)
    box = Box(150, 300, 350, 500)
    sight = measure_frame(rgb, box, crop_resize(rgb, box, 16), None)
    outside = np.ones(rgb.shape[:2], bool)
    outside[200:500, 110:390] = False
    outside[500:, :] = False
    np.testing.assert_allclose(sight.background_rgb, rgb[outside].mean(0), atol=0.7)
    crop = rgb[300:500, 150:350]
    assert sight.overexposed == pytest.approx((crop >= 250).any(2).mean(), abs=0.01)


def test_no_room_for_a_background_is_nan() -> None:
    rgb = picture(1, 100, 100)
    box = Box(2, 2, 98, 98)
    assert np.isnan(measure_frame(rgb, box, crop_resize(rgb, box, 16), None).background_rgb).all()


def test_motion_is_the_mean_change_of_grey() -> None:
    box = Box(0, 0, 64, 64)
    faces = [np.full((64, 64, 3), level, np.uint8) for level in (100, 104, 101)]
    sights = [measure_frame(faces[0], box, crop_resize(faces[0], box, 16), None)]
    for face in faces[1:]:
        sights.append(measure_frame(face, box, crop_resize(face, box, 16), sights[-1].grey))
    frame_stats = stack_rows(np.arange(3) / 30, sights)
    np.testing.assert_allclose(frame_stats.motion, [0, 4, 3], atol=1e-3)
    assert frame_stats.motion.dtype == frame_stats.background_rgb.dtype == np.float32


def test_opposite_changes_do_not_cancel() -> None:
    box = Box(0, 0, 64, 64)
    left = np.full((64, 64, 3), 90, np.uint8)
    left[:, :32] = 110
    first = measure_frame(left, box, crop_resize(left, box, 16), None)
    right = np.ascontiguousarray(left[:, ::-1])
    assert measure_frame(
        right, box, crop_resize(right, box, 16), first.grey
    ).motion == pytest.approx(20)
