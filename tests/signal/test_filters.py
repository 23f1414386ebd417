from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.signal import bandpass, bandpass_power_gain, detrend, standardise


@given(st.floats(0.8, 3.0), st.sampled_from([15.0, 25.0, 30.0, 60.0]))
def test_bandpass_keeps_phase_and_size_inside_the_band(f_hz: float, fs: float) -> None:
    t = np.arange(int(20 * fs)) / fs
    wave = np.sin(2 * np.pi * f_hz * t)
    kept = bandpass(wave, fs, (0.4, 5.0))
    inner = slice(int(3 * fs), -int(3 * fs))
    assert np.abs(kept[inner] - wave[inner]).max() < 0.08


@pytest.mark.parametrize(("f_hz", "most"), [(0.1, 0.02), (0.2, 0.15), (8.0, 0.1), (12.0, 0.02)])
def test_bandpass_removes_what_is_outside(f_hz: float, most: float) -> None:
    t = np.arange(1800) / 30
    kept = bandpass(np.sin(2 * np.pi * f_hz * t), 30.0, (0.5, 4.0))
    assert np.abs(kept[150:-150]).max() < most


def test_bandpass_is_linear_and_blind_to_level() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 300))
    together = bandpass(2 * a - b + 500, 30.0, (0.5, 4.0))
    apart = 2 * bandpass(a, 30.0, (0.5, 4.0)) - bandpass(b, 30.0, (0.5, 4.0))
    np.testing.assert_allclose(together, apart, atol=1e-9)


@pytest.mark.parametrize(("fs", "band"), [(30.0, (0.7, 1.6)), (7.0, (0.7, 4.0))])
def test_the_gain_is_what_the_filter_does_to_a_sine(fs: float, band: tuple[float, float]) -> None:
    freqs = np.arange(0.3, 3.0, 0.15)
    t = np.arange(round(200 * fs)) / fs
    middle = slice(round(50 * fs), round(150 * fs))
    waves = [np.sin(2 * np.pi * f * t) for f in freqs]
    seen = [bandpass(wave, fs, band)[middle].var() / wave[middle].var() for wave in waves]
    np.testing.assert_allclose(bandpass_power_gain(freqs, fs, band), seen, rtol=1e-3, atol=1e-4)


def test_an_open_top_is_a_high_pass() -> None:
    t = np.arange(400) / 8
    kept = bandpass(np.sin(2 * np.pi * 2.0 * t), 8.0, (0.5, 4.0))
    assert kept[40:-40].std() == pytest.approx(np.sqrt(0.5), rel=0.02)


@pytest.mark.parametrize(
    ("values", "band", "words"),
    [
        (np.zeros(20), (0.5, 4.0), "too short"),
        (np.full(300, np.nan), (0.5, 4.0), "NaN"),
        (np.zeros((300, 3)), (0.5, 4.0), "one dimension"),
        (np.zeros(300), (4.0, 0.5), "does not fit"),
        (np.zeros(300), (0.0, 4.0), "does not fit"),
        (np.zeros(300), (16.0, 20.0), "does not fit"),
    ],
)
def test_bandpass_refuses_in_one_line(
    values: np.ndarray, band: tuple[float, float], words: str
) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        bandpass(values, 30.0, band)
    assert "\n" not in str(caught.value)


def test_detrend_equals_the_matrix_of_the_paper() -> None:
    rng = np.random.default_rng(2)
    values, fs, cutoff_hz = np.cumsum(rng.normal(size=90)), 30.0, 0.5
    second = np.zeros((88, 90))
    for i in range(88):
        second[i, i : i + 3] = (1.0, -2.0, 1.0)
    weight = (2 * np.sin(np.pi * cutoff_hz / fs)) ** -4
    slow = values - np.linalg.solve(np.eye(90) + weight * second.T @ second, values)
    np.testing.assert_allclose(detrend(values, fs, cutoff_hz), slow, atol=1e-8)


@pytest.mark.parametrize("fs", [15.0, 30.0, 60.0])
def test_detrend_removes_half_at_its_cutoff_at_every_rate(fs: float) -> None:
    t = np.arange(int(60 * fs)) / fs
    kept = detrend(np.sin(2 * np.pi * 0.5 * t), fs, 0.5)
    middle = kept[int(20 * fs) : -int(20 * fs)]
    assert middle.max() == pytest.approx(0.5, abs=0.02)


def test_standardise() -> None:
    out = standardise([3.0, 5.0, 10.0])
    assert out.mean() == pytest.approx(0)
    assert out.std() == pytest.approx(1)
    np.testing.assert_array_equal(standardise(np.full(7, 1e5 / 3)), np.zeros(7))
