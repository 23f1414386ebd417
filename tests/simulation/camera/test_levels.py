from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cameras import plain, record
from sspd.simulation.camera.levels import video_matrix
from sspd.simulation.camera.options import CameraSpec

COLOUR = st.tuples(*[st.floats(0, 255)] * 3)


def _slow(color: tuple[float, ...], written_limited: bool, read_limited: bool) -> np.ndarray:
    """The formulas of BT.601, one by one, each rounded to 8 bits."""
    r, g, b = (float(np.rint(c)) for c in color)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    cb, cr = (b - y) / 1.772, (r - y) / 1.402
    scales = (219 / 255, 224 / 255, 16) if written_limited else (1, 1, 0)
    video = [scales[0] * y + scales[2], scales[1] * cb + 128, scales[1] * cr + 128]
    video = [float(np.clip(np.rint(v), 0, 255)) for v in video]
    scales = (219 / 255, 224 / 255, 16) if read_limited else (1, 1, 0)
    y = (video[0] - scales[2]) / scales[0]
    cb, cr = ((v - 128) / scales[1] for v in video[1:])
    back = (
        y + 1.402 * cr,
        y - (0.299 * 1.402 * cr + 0.114 * 1.772 * cb) / 0.587,
        y + 1.772 * cb,
    )
    return np.clip(np.rint(back), 0, 255)


@settings(max_examples=60, deadline=None)
@given(
    color=COLOUR,
    kind=st.sampled_from(
        [
            ("full", False, False),
            ("limited", True, True),
            ("narrow", True, False),
            ("wide", False, True),
        ]
    ),
)
def test_levels_are_those_of_bt_601(color: tuple[float, ...], kind: tuple[str, bool, bool]) -> None:
    name, written, read = kind
    found = record(CameraSpec(levels=name), plain(1, color))[0, 0, 0]
    # ties may round either way
    np.testing.assert_allclose(found, _slow(color, written, read), atol=2)


def test_ends_of_the_ranges() -> None:
    def ends(levels: str) -> list[int]:
        return [int(record(CameraSpec(levels=levels), plain(1, v))[0, 0, 0, 1]) for v in (0, 255)]

    assert ends("limited") == ends("full") == [0, 255]
    assert ends("narrow") == [16, 235]
    assert ends("wide") == [0, 255]
    assert int(record(CameraSpec(levels="wide"), plain(1, 16))[0, 0, 0, 1]) == 0
    np.testing.assert_allclose(video_matrix(True) @ [0, 0, 0, 1], [16, 128, 128])


@pytest.mark.parametrize("levels", ["full", "limited"])
def test_double_rounding_loses_values_but_little(levels: str) -> None:
    grey = np.arange(256.0)
    frames = plain(1, 0, (256, 2))
    frames[0] = grey[None, :, None]
    found = record(CameraSpec(levels=levels), frames, size=(256, 2))[0, 0, :, 1]
    assert np.abs(found - grey).max() <= 1
    assert np.unique(found).size == (256 if levels == "full" else 220)
