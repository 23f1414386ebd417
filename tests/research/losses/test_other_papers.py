"""Losses of other papers against slow versions of their equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from sspd.research.losses.bandwidth import sinc_bandwidth
from sspd.research.losses.contrast import band_shares, contrast, random_windows
from sspd.research.losses.known_rate import hr_cnn_snr
from sspd.research.losses.rate import rate_distribution, rate_entropy, rate_shares
from sspd.research.losses.sparsity import sinc_sparsity
from sspd.research.losses.spectral import LONG_PSD_STEP_HZ, long_psd
from sspd.research.losses.triplet import triplet
from sspd.research.losses.variance import sinc_variance

FS, BAND = 30.0, (0.66, 3.0)


@pytest.fixture
def waves() -> Tensor:
    generator = torch.Generator().manual_seed(3)
    t = torch.arange(150) / FS
    tones = torch.sin(2 * torch.pi * torch.tensor([[0.9], [1.7], [2.4]]) * t)
    return tones + 0.5 * torch.randn(3, 150, generator=generator)


def slow_psd(wave: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Power by the sum of Fourier, one frequency after the other."""
    y = wave.double().numpy()
    y = y - y.mean()
    n = 1024
    frequency = np.arange(n // 2 + 1) * FS / n
    k = np.arange(y.size)
    power = np.array([abs(np.sum(y * np.exp(-2j * np.pi * f / FS * k))) ** 2 for f in frequency])
    return power / power.sum(), frequency


def inside(frequency: np.ndarray) -> np.ndarray:
    return (frequency >= BAND[0]) & (frequency <= BAND[1])


def test_power_between_the_bins(waves: Tensor) -> None:
    psd, frequency = long_psd(waves, FS)
    assert float(frequency[1]) <= LONG_PSD_STEP_HZ
    for row, wave in zip(psd, waves, strict=True):
        expected, places = slow_psd(wave)
        np.testing.assert_allclose(frequency, places, atol=1e-5)
        np.testing.assert_allclose(row, expected, atol=1e-6)


def test_sinc_equals_its_equations(waves: Tensor) -> None:
    leaks, lines, shares = [], [], []
    for wave in waves:
        power, frequency = slow_psd(wave)
        band = inside(frequency)
        leaks.append(power[~band].sum() / power.sum())
        peak = max((p, f) for p, f in zip(power[band], frequency[band], strict=True))[1]
        far = np.abs(frequency[band] - peak) > 0.1
        lines.append(power[band][far].sum() / power[band].sum())
        shares.append(power[band] / power[band].sum())
    assert float(sinc_bandwidth(waves, FS, BAND)) == pytest.approx(np.mean(leaks), abs=1e-5)
    assert float(sinc_sparsity(waves, FS, BAND)) == pytest.approx(np.mean(lines), abs=1e-5)
    mean = np.mean(shares, axis=0)
    distance = [(mean[: k + 1].sum() - (k + 1) / mean.size) ** 2 for k in range(mean.size)]
    assert float(sinc_variance(waves, FS, BAND)) == pytest.approx(np.mean(distance), abs=1e-6)


def test_signal_at_a_known_rate(waves: Tensor) -> None:
    rates = torch.tensor([0.9, 1.7, 1.2])
    expected = []
    for wave, rate in zip(waves, rates.tolist(), strict=True):
        power, frequency = slow_psd(wave)
        near = (np.abs(frequency - rate) <= 0.1) & inside(frequency)
        away = inside(frequency) & ~near
        expected.append(np.log(power[away].sum() / power[near].sum()))
    assert expected[0] < 0 < expected[2]
    assert float(hr_cnn_snr(waves, rates, FS, BAND)) == pytest.approx(np.mean(expected), abs=1e-4)


def test_rates_as_a_distribution(waves: Tensor) -> None:
    shares, rates = rate_shares(waves, FS, BAND)
    assert rates[0] == 40 and rates[-1] == 180
    known = torch.tensor([54.0, 102.0, 140.0]) / 60
    entropy, divergence = [], []
    for k, wave in enumerate(waves.double().numpy()):
        y = (wave - wave.mean()) * np.hanning(wave.size)
        turns = np.arange(wave.size) / FS
        power = [
            np.sum(y * np.cos(2 * np.pi * bpm / 60 * turns)) ** 2
            + np.sum(y * np.sin(2 * np.pi * bpm / 60 * turns)) ** 2
            for bpm in range(40, 181)
        ]
        own = np.array(power) / np.sum(power)
        np.testing.assert_allclose(shares[k], own, atol=1e-5)
        bpm = 60 * float(known[k])
        entropy.append(-np.log(own[round(bpm) - 40]))
        bell = np.exp(-((np.arange(40, 181) - bpm) ** 2) / 2)
        bell /= bell.sum()
        divergence.append(sum(b * np.log(b / s) for b, s in zip(bell, own, strict=True) if b > 0))
    assert float(rate_entropy(waves, known, FS, BAND)) == pytest.approx(np.mean(entropy), rel=1e-4)
    assert float(rate_distribution(waves, known, FS, BAND)) == pytest.approx(
        np.mean(divergence), rel=1e-3
    )


def test_contrast_is_pairs_within_less_pairs_across() -> None:
    a, b = torch.rand(3, 7), torch.rand(3, 7)
    within = across = 0.0
    for i in range(3):
        for j in range(3):
            across += float((a[i] - b[j]).square().sum()) / 9
            if i != j:
                within += float((a[i] - a[j]).square().sum() + (b[i] - b[j]).square().sum()) / 12
    assert float(contrast(a, b)) == pytest.approx(within - across, abs=1e-5)


def test_segments_are_parts_of_their_waveforms(waves: Tensor) -> None:
    rows = random_windows(waves, 4, 60, torch.Generator().manual_seed(0))
    assert rows.shape == (12, 60)
    for k, row in enumerate(rows):
        own = waves[k // 4].unfold(0, 60, 1)
        assert bool((own == row).all(dim=1).any())


def test_a_triplet_is_the_mean_over_all_views() -> None:
    anchor, positive, negative = torch.rand(3, 4, 9)
    total = 0.0
    for i in range(4):
        for j in range(4):
            near = (anchor[i] - positive[j]).square().sum()
            far = (anchor[i] - negative[j]).square().sum()
            total += float(near - far) / 16
    assert float(triplet(anchor, positive, negative)) == pytest.approx(total, abs=1e-5)


def test_shares_of_a_band_sum_to_one(waves: Tensor) -> None:
    shares = band_shares(waves[None], FS, BAND)
    assert shares.shape[:2] == (1, 3)
    np.testing.assert_allclose(shares.sum(dim=2), 1.0, atol=1e-5)


@pytest.mark.parametrize("loss", [sinc_bandwidth, sinc_sparsity, sinc_variance])
def test_flat_waveforms_have_finite_losses_and_gradients(loss) -> None:  # type: ignore[no-untyped-def]
    flat = torch.zeros(2, 90, requires_grad=True)
    value = loss(flat, FS, BAND)
    value.backward()
    assert torch.isfinite(value) and flat.grad is not None and bool(flat.grad.isfinite().all())
