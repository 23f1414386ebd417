from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.signal import bandpass
from sspd.signal.streaming_filter import (
    FilterState,
    begin_filter,
    filtered_for_good,
    filtered_now,
    push_filter,
    settle_samples,
    trim_filter,
)

BAND = (0.5, 4.0)


def pushed(values: np.ndarray, fs: float, cuts: list[int]) -> FilterState:
    state = begin_filter(fs, BAND)
    for part in np.split(values, sorted(cuts)):
        state = push_filter(state, part)
    return state


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([12.0, 15.0, 29.97, 30.0, 60.0]),
    st.lists(st.integers(0, 700), max_size=5),
    st.integers(0, 700),
)
def test_any_cut_filters_as_the_whole(seed: int, fs: float, cuts: list[int], first: int) -> None:
    values = 100 + np.random.default_rng(seed).normal(size=700).cumsum()
    whole = bandpass(values, fs, BAND)
    state = pushed(values, fs, cuts)
    assert filtered_now(state, first) == pytest.approx(whole[first:], abs=1e-9)
    one = pushed(values, fs, [])
    assert (filtered_now(state, first) == filtered_now(one, first)).all()


@pytest.mark.parametrize("fs", [12.0, 30.0, 60.0])
def test_what_is_final_no_later_sample_changes(fs: float) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=4000)
    end = 1500
    known = end + settle_samples(fs, BAND)
    early = filtered_for_good(pushed(values[:known], fs, []), 700, end)
    for later in (values, np.concatenate([values[:known], 50 * rng.normal(size=2000)])):
        assert early == pytest.approx(bandpass(later, fs, BAND)[700:end], abs=1e-7)
    with pytest.raises(UsageError, match="final"):
        filtered_for_good(pushed(values[: known - 1], fs, []), 700, end)


def test_what_is_dropped_is_not_needed() -> None:
    values = np.random.default_rng(2).normal(size=2000)
    state = begin_filter(30.0, BAND)
    for k in range(0, 2000, 50):
        state = trim_filter(push_filter(state, values[k : k + 50]), k - 400)
        assert state.raw.size <= 500
    assert filtered_now(state, 1600) == pytest.approx(bandpass(values, 30.0, BAND)[1600:], abs=1e-9)
    with pytest.raises(UsageError, match="not kept"):
        filtered_now(state, 1000)


def test_bad_samples_and_bands_are_named() -> None:
    with pytest.raises(UsageError, match="NaN"):
        push_filter(begin_filter(30.0, BAND), [1.0, np.nan])
    with pytest.raises(UsageError, match="band"):
        begin_filter(0.9, BAND)
    assert push_filter(begin_filter(30.0, BAND), []).n_samples == 0
