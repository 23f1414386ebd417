from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.pulses import pulse_wave
from sspd.errors import UsageError
from sspd.signal import bandpass, peak_frequency, power_spectrum, pulse_frequency

BAND = (0.6, 3.6)


def test_power_is_the_squared_fourier_sum() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=50)
    freqs, power = power_spectrum(values, 30.0)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, 51) / 51)
    centred = values - (window * values).sum() / window.sum()
    for k in (0, 17, 400, len(freqs) - 1):
        turn = np.exp(-2j * np.pi * freqs[k] * np.arange(50) / 30.0)
        slow = abs((window * centred * turn).sum()) ** 2 / 50
        assert power[k] == pytest.approx(slow, rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(
    st.floats(42.0, 210.0),
    st.sampled_from([8.0, 10.0, 30.0, 47.3]),
    st.sampled_from([15.0, 25.0, 29.97, 30.0, 60.0]),
    st.floats(0.0, 6.28),
)
def test_a_steady_rhythm_is_read_to_a_tenth(
    bpm: float, seconds: float, fs: float, phase: float
) -> None:
    t = np.arange(int(seconds * fs)) / fs
    wave = np.sin(2 * np.pi * bpm / 60 * t + phase)
    # Close to the band's lower end 8 s hold 5 beats, and the mirror image leans on the peak.
    tolerance = 0.1 if seconds * bpm / 60 > 8 else 0.3
    assert 60 * peak_frequency(wave, fs, BAND) == pytest.approx(bpm, abs=tolerance)


def test_no_peak_is_nan_not_zero() -> None:
    assert np.isnan(peak_frequency(np.zeros(300), 30.0, BAND))
    assert np.isnan(pulse_frequency(np.zeros(300), 30.0, BAND))


def test_the_flank_of_something_outside_is_no_peak() -> None:
    t = np.arange(900) / 30
    drift = 50 * np.sin(2 * np.pi * 0.5 * t) + 0.5 * np.sin(2 * np.pi * 1.4 * t)
    assert 60 * peak_frequency(drift, 30.0, BAND) == pytest.approx(84, abs=0.5)


def test_a_band_above_the_spectrum_is_refused() -> None:
    with pytest.raises(UsageError, match="no spectrum"):
        peak_frequency(np.zeros(100), 4.0, (3.0, 3.6))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("seconds", [10.0, 30.0])
def test_the_fundamental_is_read_not_its_harmonic(sign: float, seconds: float) -> None:
    fooled = 0
    for bpm in range(40, 201, 8):
        for notch in (0.2, 0.4, 0.6):
            rng = np.random.default_rng([bpm, int(10 * notch)])
            pulse = pulse_wave(bpm, seconds, rng, notch=notch, sign=sign)
            filtered = bandpass(pulse.values, 30.0, (0.5, 4.0))
            read = 60 * pulse_frequency(filtered, 30.0, BAND)
            assert read == pytest.approx(pulse.hr_bpm, rel=0.02, abs=1.5), (bpm, notch)
            slope = np.gradient(filtered)
            fooled += abs(60 * peak_frequency(slope, 30.0, BAND) - pulse.hr_bpm) > 10
    # The trap is really there: the highest peak of the slope falls into it.
    assert fooled > 5


def test_noise_that_rises_to_low_frequencies_does_not_pull_the_rate_down() -> None:
    plain, ours = 0, 0
    for k in range(50):
        rng = np.random.default_rng([6, k])
        pulse = pulse_wave(rng.uniform(60, 195), 30.0, rng)
        walk = np.cumsum(rng.normal(size=pulse.values.size))
        noise = bandpass(walk, 30.0, (0.5, 4.0))
        mixed = (
            bandpass(pulse.values, 30.0, (0.5, 4.0)) / pulse.values.std() + 2 * noise / noise.std()
        )
        plain += abs(60 * peak_frequency(mixed, 30.0, BAND) - pulse.hr_bpm) > 3
        ours += abs(60 * pulse_frequency(mixed, 30.0, BAND) - pulse.hr_bpm) > 3
    assert plain >= 20
    assert ours <= plain / 2


@pytest.mark.parametrize("seconds", [10.0, 30.0])
def test_noise_at_half_the_rate_does_not_halve_it(seconds: float) -> None:
    wrong = 0
    for k in range(100):
        rng = np.random.default_rng([5, k])
        pulse = pulse_wave(rng.uniform(80, 195), seconds, rng)
        noise = bandpass(rng.normal(size=pulse.values.size), 30.0, (0.5, 4.0))
        mixed = bandpass(pulse.values + 0.5 * noise / noise.std(), 30.0, (0.5, 4.0))
        wrong += abs(60 * pulse_frequency(mixed, 30.0, BAND) - pulse.hr_bpm) > 3
    assert wrong <= 2


@settings(max_examples=100)
@given(
    hz=st.floats(0.65, 3.5),
    fs=st.floats(8.0, 120.0),
    seconds=st.floats(8.0, 60.0),
    phase=st.floats(0, 6.28),
)
def test_a_lone_rhythm_is_read_as_itself(
    hz: float, fs: float, seconds: float, phase: float
) -> None:
    t = np.arange(int(seconds * fs)) / fs
    wave = np.sin(2 * np.pi * hz * t + phase)
    assert 60 * pulse_frequency(wave, fs, BAND) == pytest.approx(60 * hz, abs=1.0)
