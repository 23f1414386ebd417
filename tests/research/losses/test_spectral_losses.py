from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.research.losses.similarity import self_similarity_map, self_similarity_wave
from sspd.research.losses.spectral import (
    LEAST_SIGNAL,
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


def _slow_psd(y: NDArray[np.float64], keep_mean: bool = False) -> list[float]:
    power = [abs(z) ** 2 for z in _slow_spectrum(y if keep_mean else y - y.mean())]
    return [p / sum(power) for p in power]


def _slow_noise(
    y: NDArray[np.float64], fs: float, band: tuple[float, float], counts_dc: bool
) -> float:
    """1 / SNR of Eq. 10; b from 0 Hz, or from the first frequency above it."""
    psd = _slow_psd(y, keep_mean=counts_dc)
    signal = sum(p for f, p in enumerate(psd) if band[0] <= f * fs / len(y) <= band[1])
    return (sum(psd) - signal) / (signal + (LEAST_SIGNAL if counts_dc else 0))


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
@given(seeds, lengths, st.sampled_from([15.0, 25.0, 30.0]), st.booleans(), st.floats(-2, 2))
def test_the_ratio_is_equations_10_and_11(
    seed: int, t: int, fs: float, counts_dc: bool, mean: float
) -> None:
    y, band = _random(seed, 3, t) + mean, (0.5, 3.0)
    expected = sum(_slow_noise(row, fs, band, counts_dc) for row in y) / 3
    got = noise_to_signal(torch.from_numpy(y), fs, band, counts_dc=counts_dc).item()
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


def test_the_rate_decides_what_is_in_the_band() -> None:
    y = torch.sin(2 * torch.pi * 1.0 * torch.arange(100) / 25)[None]  # 1 Hz at 25 Hz
    assert noise_to_signal(y, 25.0, (0.9, 1.1)).item() < 1e-6
    assert noise_to_signal(y, 50.0, (1.9, 2.1)).item() < 1e-6
    assert noise_to_signal(y, 25.0, (1.5, 3.0)).item() > 1e3


def _maps(kind: str, tokens: int = 90) -> torch.Tensor:
    """Self-similarity maps of tokens that are all one, nearly so, noise, or a pulse."""
    own = torch.Generator().manual_seed(5)
    noise = torch.randn(1, tokens, 16, generator=own)
    if kind == "ones":
        return self_similarity_map(torch.ones(1, tokens, 16))
    if kind == "nearly ones":
        return self_similarity_map(1 + 0.01 * noise)
    if kind == "noise":
        return self_similarity_map(noise)
    turn = 2 * torch.pi * 1.5 * torch.arange(tokens) / 30
    return self_similarity_map(torch.stack([turn.cos(), turn.sin()], dim=-1)[None])


def test_a_collapsed_map_costs_more_than_any_other() -> None:
    band, kinds = (0.5, 3.0), ("ones", "nearly ones", "noise", "pulse")
    waves = {kind: self_similarity_wave(_maps(kind)) for kind in kinds}
    counted = {kind: noise_to_signal(wave, 30.0, band).item() for kind, wave in waves.items()}
    assert list(counted) == sorted(counted, key=lambda kind: -counted[kind])
    assert counted["ones"] == pytest.approx(1 / LEAST_SIGNAL, rel=1e-3)
    assert counted["pulse"] < 1
    # what it was: a collapsed map cost nothing at all
    old = noise_to_signal(waves["ones"], 30.0, band, counts_dc=False).item()
    assert old < 1e-3 < counted["pulse"]


@settings(deadline=None)
@given(seeds, st.floats(0, 1), st.sampled_from([0.0, 4.0, 14.0]))
def test_no_wave_costs_more_than_one_of_ones(seed: int, size: float, line_hz: float) -> None:
    own = torch.Generator().manual_seed(seed)
    wave = torch.cos(2 * torch.pi * line_hz * torch.arange(60) / 30)
    wave = wave + size * torch.randn(60, generator=own)
    ones = noise_to_signal(torch.ones(1, 60), 30.0, (0.5, 3.0))
    assert noise_to_signal(wave[None], 30.0, (0.5, 3.0)) <= ones * (1 + 1e-4)


@pytest.mark.parametrize("spread", [0.0, 1e-6, 1e-3, 0.03, 0.1])
def test_near_the_collapse_the_gradient_is_finite_and_leads_away(spread: float) -> None:
    own = torch.Generator().manual_seed(2)
    tokens = (1 + spread * torch.randn(1, 90, 16, generator=own)).requires_grad_()
    loss = noise_to_signal(self_similarity_wave(self_similarity_map(tokens)), 30.0, (0.5, 3.0))
    (gradient,) = torch.autograd.grad(loss, tokens)
    assert torch.isfinite(gradient).all()
    if spread >= 0.03:  # of less, float32 keeps no power in the band
        away = tokens - 0.1 * spread * gradient / gradient.abs().max()
        wave = self_similarity_wave(self_similarity_map(away))
        assert noise_to_signal(wave, 30.0, (0.5, 3.0)) < loss


def test_a_flat_waveform_has_a_finite_loss_and_gradient() -> None:
    flat = torch.ones(1, 40, requires_grad=True)
    loss = noise_to_signal(flat, 30.0, (0.5, 3.0)) + psd_distance(flat, torch.randn(1, 40))
    loss.backward()
    assert torch.isfinite(loss)
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()
