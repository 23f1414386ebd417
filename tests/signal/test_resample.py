from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.signal import resample_times


@settings(deadline=None)
@given(
    st.integers(3, 40),
    st.sampled_from([10.0, 30.0]),
    st.integers(0, 2**31),
)
def test_against_a_slow_average_of_the_line(n: int, fs: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.uniform(0.005, 0.06, n))
    values = rng.normal(size=n)
    fine = 4000
    got = resample_times(values, t, fs, float(t[0]), 5)
    faster = np.median(np.diff(t)) < 0.75 / fs
    for k in range(5):
        at = t[0] + k / fs
        low, high = np.clip([at - 0.5 / fs, at + 0.5 / fs], t[0], t[-1])
        if faster and high - low > 1e-9:
            x = low + (np.arange(fine) + 0.5) / fine * (high - low)
        else:
            x = np.array([at])
        assert got[k] == pytest.approx(np.interp(x, t, values).mean(), abs=2e-3)


@pytest.mark.parametrize("video_fps", [15.0, 25.0, 29.97, 30.0, 60.0])
def test_a_ramp_stays_a_ramp(video_fps: float) -> None:
    t = 3.0 + np.arange(int(10 * video_fps)) / video_fps
    got = resample_times(2 * t, t, 30.0, 3.0, 290)
    at = 3.0 + np.arange(290) / 30
    inner = (at > 3.05) & (at < t[-1] - 0.05)
    np.testing.assert_allclose(got[inner], 2 * at[inner], atol=1e-9)


def test_equal_times_change_nothing_and_faster_ones_average_noise() -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(size=(300, 3))
    t = np.arange(300) / 30
    np.testing.assert_allclose(resample_times(values, t, 30.0, 0.0, 300), values, atol=1e-9)
    noise = rng.normal(size=6000)
    slower = resample_times(noise, np.arange(6000) / 120, 30.0, 0.0, 1500)
    assert slower[5:-5].var() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize("t", [[], [0.0], [0.0, 0.0, 1.0], [0.0, 2.0, 1.0]])
def test_times_must_match_and_rise(t: list[float]) -> None:
    with pytest.raises(UsageError, match="rising times"):
        resample_times(np.zeros(3), t, 30.0, 0.0, 4)
