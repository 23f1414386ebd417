"""The equalizer undoes what a network does to a pulse, moves no beat, and fits no noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.signal import (
    bandpass,
    equalize,
    equalize_signal,
    fit_equalizer,
    power_spectrum,
    standardise,
    unbroken_runs,
)
from sspd.signal.equalizer import TILT
from sspd.types import EqualizerSpec, Signal
from sspd.types.equalizer import MOST_TAPS

FS = 30.0
Wave = NDArray[np.float64]


def pulses(rng: np.random.Generator, n: int = 16, seconds: float = 20.0) -> list[Wave]:
    """Blood volumes of hearts of 36-175 bpm that wander a little, with a dicrotic wave."""
    t = np.arange(round(seconds * FS)) / FS
    found = []
    for hr_bpm in np.linspace(36, 175, n):
        wander = 0.2 * np.sin(2 * np.pi * 0.1 * t + rng.uniform(0, 6))
        phase = hr_bpm / 60 * t + wander + rng.uniform()
        turns = [
            a * np.exp(-(((phase % 1 - c + 0.5) % 1 - 0.5) ** 2) / (2 * w * w))
            for c, w, a in ((0.21, 0.1, 1.0), (0.4, 0.12, 0.5), (0.63, 0.095, 0.2))
        ]
        found.append(standardise(np.sum(turns, axis=0)))
    return found


def distorted(pulse: Wave, centre_hz: float, octaves: float, delay_s: float) -> Wave:
    """A network's waveform: strong near one frequency, and late."""
    freqs = np.fft.rfftfreq(pulse.size, 1 / FS)
    off = np.log2(np.maximum(freqs, 0.3) / centre_hz) / octaves
    response = (0.1 + np.exp(-0.5 * off**2)) * np.exp(-2j * np.pi * freqs * delay_s)
    return np.fft.irfft(np.fft.rfft(pulse) * response, pulse.size)


def second_db(wave: Wave, hr_bpm: float) -> float:
    """Power at twice the rate over that at the rate."""
    freqs, power = power_spectrum(wave, FS)
    one, two = (power[np.abs(freqs - k * hr_bpm / 60) < 0.2].sum() for k in (1, 2))
    return float(10 * np.log10(two / one))


@settings(max_examples=12)
@given(
    centre_hz=st.floats(1.5, 2.5),
    octaves=st.floats(0.9, 2.0),
    delay_s=st.floats(-0.03, 0.05),
    noise=st.floats(0.0, 0.5),
    seed=st.integers(0, 99),
)
def test_a_known_distortion_is_undone(
    centre_hz: float, octaves: float, delay_s: float, noise: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    known = pulses(rng)
    clean = [distorted(pulse, centre_hz, octaves, delay_s) for pulse in known]
    waves = [wave + noise * wave.std() * rng.standard_normal(wave.size) for wave in clean]
    spec = fit_equalizer(waves, known, FS)
    assert spec is not None
    assert spec.delay_s == pytest.approx(delay_s, abs=0.006)
    slow = np.linspace(36, 175, 16) < 75
    before, after = (
        [
            abs(second_db(wave, hr) - second_db(pulse, hr))
            for wave, pulse, hr in zip(rows, known, np.linspace(36, 175, 16), strict=True)
        ]
        for rows in (clean, [equalize(wave, spec) for wave in clean])
    )
    # beyond the inverse there is the tilt, per octave
    assert np.mean(np.array(after)[slow]) < 20 * TILT * np.log10(2) + 1.5
    assert np.mean(np.array(after)[slow]) < max(0.6 * np.mean(np.array(before)[slow]), 3.0)


@settings(max_examples=10)
@given(noise=st.floats(0.3, 1.0), seed=st.integers(0, 99))
def test_noise_lowers_no_gain(noise: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    known = pulses(rng)
    clean = [distorted(pulse, 2.0, 1.2, 0.01) for pulse in known]
    noisy = [wave + noise * wave.std() * rng.standard_normal(wave.size) for wave in clean]
    band = np.array([0.7, 1.0, 1.4, 2.0, 2.8])
    first, second = (fit_equalizer(rows, known, FS) for rows in (clean, noisy))
    assert first is not None and second is not None
    np.testing.assert_allclose(second.gain(band, FS), first.gain(band, FS), rtol=0.35)


@pytest.mark.parametrize("fs", [15.0, 25.0, 60.0])
def test_other_rates_get_a_filter_of_two_seconds(fs: float) -> None:
    t = np.arange(round(20 * fs)) / fs
    known = [np.sin(2 * np.pi * f * t) + 0.3 * np.sin(4 * np.pi * f * t) for f in (0.7, 1.2, 2.2)]
    spec = fit_equalizer(known, known, fs)
    assert spec is not None
    assert len(spec.taps) == 2 * round(fs) + 1 <= MOST_TAPS
    spec.check_gain(fs)
    assert spec.gain(1.0, fs) == pytest.approx(1.0, abs=0.2)


def test_what_is_no_pulse_gets_no_equalizer() -> None:
    rng = np.random.default_rng(1)
    known = pulses(rng)
    noise = [rng.standard_normal(pulse.size) for pulse in known]
    assert fit_equalizer(noise, known, FS) is None
    assert fit_equalizer([np.zeros(600)] * 16, known, FS) is None
    assert fit_equalizer([wave[:60] for wave in known], [wave[:60] for wave in known], FS) is None
    assert fit_equalizer([-wave for wave in known], known, FS) is None, "upside down"
    assert fit_equalizer([], [], FS) is None


def test_waveforms_and_pulses_must_fit() -> None:
    rng = np.random.default_rng(1)
    known = pulses(rng, 3)
    with pytest.raises(UsageError, match="3 waveforms with 2 pulses"):
        fit_equalizer(known, known[:2], FS)
    with pytest.raises(UsageError, match="600 samples with a pulse of 599"):
        fit_equalizer(known, [wave[1:] for wave in known], FS)


@settings(max_examples=20)
@given(
    half=st.lists(st.floats(-1, 1), min_size=1, max_size=MOST_TAPS // 2 + 1),
    n=st.integers(2, 90),
    seed=st.integers(0, 99),
)
def test_each_value_is_the_sum_of_its_mirrored_neighbours(
    half: list[float], n: int, seed: int
) -> None:
    spec = EqualizerSpec((*half[:0:-1], *half))
    wave = np.random.default_rng(seed).standard_normal(n)

    def mirrored(k: int) -> float:
        k = abs(k) % (2 * n - 2)
        return float(wave[min(k, 2 * n - 2 - k)])

    reach = len(half) - 1
    slow = [
        sum(spec.taps[j + reach] * mirrored(k + j) for j in range(-reach, reach + 1))
        for k in range(n)
    ]
    np.testing.assert_allclose(equalize(wave, spec), slow, atol=1e-10)


@pytest.mark.slow
@given(f_hz=st.floats(0.6, 3.5), phase=st.floats(0, 6))
def test_the_gain_is_that_of_a_sine_whose_peaks_stay(f_hz: float, phase: float) -> None:
    rng = np.random.default_rng(3)
    known = pulses(rng, 12)
    spec = fit_equalizer([distorted(p, 2.0, 1.2, 0.02) for p in known], known, FS)
    assert spec is not None
    sine = np.sin(2 * np.pi * f_hz * np.arange(600) / FS + phase)
    middle = slice(70, -70)
    np.testing.assert_allclose(
        equalize(sine, spec)[middle], spec.gain(f_hz, FS) * sine[middle], atol=1e-9
    )


def test_gaps_stay_and_nothing_passes_over_them() -> None:
    rng = np.random.default_rng(5)
    values = rng.standard_normal(300)
    values[[40, *range(100, 150), 151]] = np.nan  # 150 stands alone
    spec = EqualizerSpec((0.1, 0.2, 0.4, 0.2, 0.1), delay_s=0.02)  # is part of the times
    found = equalize_signal(Signal(values, FS, 7.0), spec)
    assert found.start_s == 7.0
    assert np.array_equal(np.isnan(found.values), np.isnan(values))
    assert found.values[150] == values[150]
    for part, own in zip(unbroken_runs(found), unbroken_runs(Signal(values, FS, 7.0)), strict=True):
        if len(own) > 1:
            np.testing.assert_array_equal(part.values, equalize(own.values, spec))
    assert equalize_signal(found, None) is found


def test_a_slow_heart_is_not_read_double() -> None:
    known = pulses(np.random.default_rng(0))
    waves = [distorted(pulse, 1.6, 0.6, 0.02) for pulse in known]
    spec = fit_equalizer(waves, known, FS)
    assert spec is not None
    for wave, factor in ((waves[1], 2), (equalize(waves[1], spec), 1)):
        freqs, power = power_spectrum(bandpass(wave, FS, (0.5, 4.0)), FS)
        assert 60 * freqs[power.argmax()] == pytest.approx(factor * (36 + 139 / 15), abs=8)
