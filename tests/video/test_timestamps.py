from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import DecodeError
from sspd.video.timestamps import repair_timestamps

timestamps = st.lists(st.none() | st.floats(-5, 100), min_size=1, max_size=40)


@given(timestamps, st.floats(1e-3, 0.5))
def test_mended_timestamps_rise_from_0(given: list[float | None], step_s: float) -> None:
    mended = list(repair_timestamps(given, step_s))
    assert len(mended) == len(given)
    assert mended[0] == 0
    kept = [t for t in mended if t is not None]
    assert np.all(np.diff(kept) > 0)


@given(st.lists(st.floats(1e-4, 2), min_size=1, max_size=40), st.floats(-10, 10))
def test_good_timestamps_are_only_shifted(steps: list[float], first: float) -> None:
    t = first + np.concatenate([[0], np.cumsum(steps)])
    np.testing.assert_allclose(list(repair_timestamps(t, None)), t - first, atol=1e-9)


def test_a_clock_that_begins_anew_goes_on() -> None:
    t = [*np.arange(50) / 25, *np.arange(50) / 25]
    np.testing.assert_allclose(list(repair_timestamps(t, 1 / 25)), np.arange(100) / 25)


def test_no_timestamps_and_no_rate_is_an_error() -> None:
    with pytest.raises(DecodeError, match="no frame rate"):
        list(repair_timestamps([0.0, None], None))
