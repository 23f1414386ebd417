from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sspd.signal import power_spectrum, snr_db

BAND = (0.5, 4.0)


def test_snr_is_the_ratio_of_the_two_sums() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=600)
    freqs, power = power_spectrum(values, 30.0)
    pulse = rest = 0.0
    for f, p in zip(freqs, power, strict=True):
        if BAND[0] <= f <= BAND[1]:
            if abs(f - 1.3) <= 0.1 or abs(f - 2.6) <= 0.1:
                pulse += p
            else:
                rest += p
    assert snr_db(values, 30.0, 1.3, BAND) == pytest.approx(10 * np.log10(pulse / rest))


def test_snr_falls_as_noise_is_added() -> None:
    rng = np.random.default_rng(5)
    t = np.arange(900) / 30
    wave, noise = np.sin(2 * np.pi * 1.2 * t), rng.normal(size=900)
    readings = [snr_db(wave + level * noise, 30.0, 1.2, BAND) for level in (0.1, 0.5, 1.0, 3.0)]
    assert all(a > b + 2 for a, b in pairwise(readings))


def test_the_second_harmonic_counts_as_pulse() -> None:
    t = np.arange(900) / 30
    wave = np.sin(2 * np.pi * 1.2 * t) + np.sin(2 * np.pi * 2.4 * t)
    assert snr_db(wave, 30.0, 1.2, BAND) > 20 > 5 > snr_db(wave, 30.0, 2.4, BAND)


def test_a_flat_waveform_has_none() -> None:
    assert np.isnan(snr_db(np.zeros(300), 30.0, 1.0, BAND))
