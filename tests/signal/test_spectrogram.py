from __future__ import annotations

import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.signal import power_spectrum, spectrogram


def test_each_column_is_the_spectrum_of_its_stretch() -> None:
    values = np.random.default_rng(0).normal(size=300)
    centres_s, freqs, power = spectrogram(
        values, 30.0, window_s=4.0, step_s=1.5, f_range=(0.5, 4.0)
    )
    np.testing.assert_allclose(centres_s, 2.0 + 1.5 * np.arange(5))
    for k in range(5):
        own, expected = power_spectrum(values[45 * k : 45 * k + 120], 30.0, (0.5, 4.0))
        np.testing.assert_array_equal(freqs, own)
        np.testing.assert_array_equal(power[:, k], expected)


def test_a_change_of_rate_is_followed() -> None:
    t = np.arange(1200) / 30
    rate_hz = np.where(t < 20, 1.0, 1.6)
    values = np.sin(2 * np.pi * np.cumsum(rate_hz) / 30)
    centres_s, freqs, power = spectrogram(values, 30.0, window_s=6, step_s=1, f_range=(0.5, 4))
    found = freqs[power.argmax(axis=0)]
    np.testing.assert_allclose(found[centres_s < 17], 1.0, atol=0.02)
    np.testing.assert_allclose(found[centres_s > 23], 1.6, atol=0.02)


@pytest.mark.parametrize(("window_s", "step_s"), [(11.0, 1.0), (0.05, 1.0), (4.0, 0.0)])
def test_what_does_not_fit_is_refused(window_s: float, step_s: float) -> None:
    with pytest.raises(UsageError, match="do not fit"):
        spectrogram(np.ones(300), 30.0, window_s=window_s, step_s=step_s, f_range=(0.5, 4.0))
