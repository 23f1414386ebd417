from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.face.crop import crop_resize, pad_box, resize_area
from sspd.types import Box


def shares(length: int, size: int) -> NDArray[np.float64]:
    """How much of each of `size` equal parts each of `length` pixels covers; rows sum to 1."""
    part = length / size
    out = np.zeros((size, length))
    for k in range(size):
        for i in range(length):
            out[k, i] = max(0.0, min((k + 1) * part, i + 1) - max(k * part, i)) / part
    return out


@pytest.mark.parametrize(("length", "size"), [(64, 16), (37, 16), (151, 128), (130, 129), (9, 9)])
def test_reduction_averages_areas(length: int, size: int) -> None:
    picture = np.random.default_rng(length).integers(0, 256, (length, length, 3), dtype=np.uint8)
    cover = shares(length, size)
    slow = np.einsum("ki,ijc,lj->klc", cover, picture.astype(float), cover, optimize=True)
    np.testing.assert_allclose(resize_area(picture, size), slow, atol=2e-3)


@given(st.integers(20, 90), st.integers(4, 20), st.integers(0, 99))
def test_reduction_keeps_the_mean(length: int, size: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (length, length, 3), dtype=np.uint8)
    means = resize_area(picture, size).mean((0, 1))
    np.testing.assert_allclose(means, picture.mean((0, 1)), atol=1e-2)


def test_enlargement_is_smooth() -> None:
    picture = np.repeat(np.arange(0, 200, 10, dtype=np.uint8)[None, :, None], 20, 0).repeat(3, 2)
    row = resize_area(picture, 80)[40, 4:-4, 0]
    np.testing.assert_allclose(np.diff(row), 2.5, atol=1e-2)


def test_the_size_itself_is_left_alone() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resize_area(picture, 16), picture)


def test_crop_is_the_box() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    got = crop_resize(rgb, Box(11, 7, 31, 27), 20)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, rgb[7:27, 11:31])


@given(
    st.integers(60, 500), st.integers(60, 700), st.integers(0, 59), st.integers(0, 59),
    st.integers(1, 400), st.integers(1, 400),
)  # fmt: skip
def test_padded_boxes_are_squares_inside(
    height: int, width: int, top: int, left: int, h: int, w: int
) -> None:
    face = Box(left, top, min(left + w, width), min(top + h, height))
    box = pad_box(face, height, width)
    assert box.width == box.height >= 1
    assert box.left >= 0
    assert box.top >= 0
    assert box.right <= width
    assert box.bottom <= height


def test_padding_goes_around_the_face_and_a_little_up() -> None:
    box = pad_box(Box(200, 200, 300, 300), 600, 600)
    assert box.width == 150
    assert box.left + box.right == 500
    assert 200 - box.top > box.bottom - 300 > 10
