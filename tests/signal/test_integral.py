from __future__ import annotations

import numpy as np
import pytest

from sspd.signal import integrate
from sspd.signal.integral import LEVEL_HZ

FS = 30.0
T = np.arange(900) / FS


def slow_response(f_hz: float, times: int) -> complex:
    one = 1 / (1j * 2 * np.pi * f_hz)
    growth = f_hz / np.sqrt(f_hz**2 + LEVEL_HZ**2)
    return complex((one * growth) ** times)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("f_hz", [0.5, 1.0, 2.5, 5.0])
def test_each_frequency_is_scaled_and_turned_as_said(f_hz: float, times: int) -> None:
    ours = integrate(np.cos(2 * np.pi * f_hz * T), FS, times)
    expected = np.real(slow_response(f_hz, times) * np.exp(2j * np.pi * f_hz * T))
    middle = slice(300, 600)
    assert ours[middle] == pytest.approx(expected[middle], abs=0.05 * np.abs(expected).max())


def test_an_offset_leaves_no_ramp_and_no_sum_changes_nothing() -> None:
    wave = np.sin(2 * np.pi * 1.2 * T)
    assert np.allclose(integrate(wave + 7, FS, 2), integrate(wave, FS, 2))
    assert np.array_equal(integrate(wave, FS, 0), wave)
