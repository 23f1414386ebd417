"""Capture times: those of a true clock come back, those of a false one are not trusted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.video.camera.clock import MOST_SLIP_S, CaptureClock


def _captured(device_s: np.ndarray, arrival_s: np.ndarray) -> tuple[np.ndarray, CaptureClock]:
    clock = CaptureClock()
    pairs = zip(device_s.tolist(), arrival_s.tolist(), strict=True)
    return np.array([clock.capture_s(d, a) for d, a in pairs]), clock


@given(
    seed=st.integers(0, 1000),
    offset_s=st.sampled_from([0.0, -5000.0, 1e9]),
    fs=st.floats(5, 120),
    jitter_s=st.floats(0, 0.2),
    ppm=st.floats(-200, 200),
)
def test_a_cameras_clock_is_kept(
    seed: int, offset_s: float, fs: float, jitter_s: float, ppm: float
) -> None:
    rng = np.random.default_rng(seed)
    true_s = 1000.0 + np.arange(400) / fs
    arrival_s = np.maximum.accumulate(true_s + 0.02 + jitter_s * rng.random(true_s.size))
    found_s, clock = _captured((true_s - 1000) * (1 + ppm * 1e-6) + offset_s, arrival_s)
    assert clock.known
    assert (found_s <= arrival_s + 1e-6).all()
    # after the fastest of the first frames the times between frames are the camera's
    steady = int(true_s.size * 0.6)
    error = np.diff(found_s[steady:]) - 1 / fs
    assert np.abs(error).max() < jitter_s / 3 + 1e-3
    assert np.abs(found_s - true_s).max() < 0.03 + jitter_s


@given(rate=st.sampled_from([0.5, 0.9, 0.95, 1.05, 1.1, 2.0]), fs=st.floats(12, 60))
def test_a_clock_that_runs_wrong_is_noticed(rate: float, fs: float) -> None:
    """Before it is, it is wrong by no more than the bound and what passes in two blocks."""
    arrival_s = 50.0 + np.arange(int(20 * fs)) / fs
    found_s, clock = _captured((arrival_s - 50.0) * rate + 1e4, arrival_s)
    assert not clock.known
    assert np.abs(found_s[-1] - arrival_s[-1]) < 1e-9
    worst_s = np.abs(found_s - arrival_s).max()
    assert worst_s <= MOST_SLIP_S + 4.5 * abs(rate - 1) + 0.1


def test_frames_that_wait_for_us_do_not_make_our_own_clock_wrong() -> None:
    true_s = 500.0 + np.arange(900) / 30
    arrival_s = true_s + 0.01 + np.linspace(0, 5, 900)
    found_s, clock = _captured(true_s, arrival_s)
    assert clock.known
    assert (found_s == true_s).all()


def test_a_reset_goes_on_where_it_was() -> None:
    true_s = np.arange(300) / 30
    device_s = np.where(true_s < 5, true_s + 70.0, true_s - 5.0)
    found_s, clock = _captured(device_s, true_s + 10.0)
    assert clock.known
    assert np.allclose(np.diff(found_s), 1 / 30, atol=1e-6)


def test_without_a_clock_frames_have_the_time_of_their_arrival() -> None:
    clock = CaptureClock()
    assert clock.capture_s(None, 7.5) == 7.5
    assert clock.known


def test_a_burst_after_a_pause_of_ours_is_no_slip() -> None:
    true_s = np.arange(900) / 30
    arrival_s = true_s + 0.01
    arrival_s[300:345] = np.linspace(11.52, 11.53, 45)  # nothing was read for 1.5 s
    found_s, clock = _captured(true_s + 3.0, np.maximum.accumulate(arrival_s))
    assert clock.known
    assert np.diff(found_s) == pytest.approx(1 / 30, abs=1e-6)
