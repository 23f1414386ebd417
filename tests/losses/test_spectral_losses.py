from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.losses.spectral import (
    noise_to_signal,
    normalised_psd,
    psd_distance,
    released_amplitude,
    released_noise_to_signal,
)

seeds = st.integers(0, 10_000)
lengths = st.integers(16, 45)


def _random(seed: int, *shape: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=shape)


def _slow_spectrum(y: NDArray[np.float64]) -> list[complex]:
    """The Fourier sum of each frequency from 0 to half the rate."""
    n = len(y)
    return [
        sum(y[k] * cmath.exp(-2j * math.pi * f * k / n) for k in range(n))
        for f in range(n // 2 + 1)
    ]


def _slow_psd(y: NDArray[np.float64]) -> list[float]:
    power = [abs(z) ** 2 for z in _slow_spectrum(y - y.mean())]
    return [p / sum(power) for p in power]


def _slow_noise(y: NDArray[np.float64], fs: float, band: tuple[float, float]) -> float:
    """1 / SNR of Eq. 10."""
    psd = _slow_psd(y)
    signal = sum(p for f, p in enumerate(psd) if band[0] <= f * fs / len(y) <= band[1])
    return (sum(psd) - signal) / signal


@settings(deadline=None)
@given(seeds, lengths)
def test_the_normalised_psd_sums_to_one(seed: int, t: int) -> None:
    y = _random(seed, 2, t)
    psd = normalised_psd(torch.from_numpy(y))
    np.testing.assert_allclose(psd.sum(dim=1), [1, 1], atol=1e-5)
    np.testing.assert_allclose(psd, [_slow_psd(row) for row in y], atol=1e-5)


@settings(deadline=None)
@given(seeds, lengths)
def test_the_distance_is_the_second_term_of_equation_6(seed: int, t: int) -> None:
    a, b = _random(seed, 2, 2, t)
    expected = sum(
        sum((p - q) ** 2 for p, q in zip(_slow_psd(x), _slow_psd(y), strict=True))
        for x, y in zip(a, b, strict=True)
    )
    got = psd_distance(torch.from_numpy(a), torch.from_numpy(b)).item()
    assert got == pytest.approx(expected / 2, abs=1e-5)


@settings(deadline=None)
@given(seeds, lengths, st.sampled_from([15.0, 25.0, 30.0]))
def test_the_ratio_is_equations_10_and_11(seed: int, t: int, fs: float) -> None:
    y, band = _random(seed, 3, t), (0.5, 3.0)
    expected = sum(_slow_noise(row, fs, band) for row in y) / 3
    got = noise_to_signal(torch.from_numpy(y), fs, band).item()
    assert got == pytest.approx(expected, rel=1e-3)


@settings(deadline=None)
@given(seeds, lengths)
def test_the_released_ratio_truncates_its_band(seed: int, t: int) -> None:
    y, fs, band = _random(seed, 2, t), 30.0, (0.5, 3.0)
    low, high = math.floor(0.5 * t / fs), math.floor(3.0 * t / fs)
    if high <= low:
        return
    expected = 0.0
    for row in y:
        amplitude = [abs(z) for z in _slow_spectrum(row)[: t // 2]]
        expected += (sum(amplitude) / sum(amplitude[low:high]) - 1) / 2
    got = released_noise_to_signal(torch.from_numpy(y), fs, band).item()
    assert got == pytest.approx(expected, rel=1e-3)
    assert released_amplitude(torch.from_numpy(y)).amax(dim=1).tolist() == [1.0, 1.0]


def test_the_rate_decides_what_lies_in_the_band() -> None:
    y = torch.sin(2 * torch.pi * 1.0 * torch.arange(100) / 25)[None]  # 1 Hz at 25 Hz
    assert noise_to_signal(y, 25.0, (0.9, 1.1)).item() < 1e-6
    assert noise_to_signal(y, 50.0, (1.9, 2.1)).item() < 1e-6
    assert noise_to_signal(y, 25.0, (1.5, 3.0)).item() > 1e3


def test_a_flat_waveform_has_a_finite_loss_and_gradient() -> None:
    flat = torch.ones(1, 40, requires_grad=True)
    loss = noise_to_signal(flat, 30.0, (0.5, 3.0)) + psd_distance(flat, torch.randn(1, 40))
    loss.backward()
    assert torch.isfinite(loss)
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()
