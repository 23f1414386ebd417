"""Losses of the spectrum as a distribution over heart rates, for a known rate (PhysFormer)."""

from __future__ import annotations

import torch
from torch import Tensor

from sspd.research.losses.spectral import LEAST_POWER

#: Standard deviation of the distribution around the known rate, beats per minute.
SIGMA_BPM = 1.0


def rate_shares(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """Compute the power at every whole bpm of the band as fractions, with a Hann window.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    shares : Tensor, shape (n, rates)
        Sum to 1.
    rates_bpm : Tensor, shape (rates,)
    """
    wave = waveform.float()
    wave = (wave - wave.mean(dim=1, keepdim=True)) * torch.hann_window(
        wave.shape[1], periodic=False, device=wave.device
    )
    low, high = (round(60 * edge) for edge in band_hz)
    rates = torch.arange(low, high + 1, device=wave.device, dtype=torch.float32)
    turns = 2 * torch.pi * rates[:, None] / 60 * torch.arange(wave.shape[1], device=wave.device)
    power = (wave @ torch.cos(turns / fs).T).square() + (wave @ torch.sin(turns / fs).T).square()
    return power / (power.sum(dim=1, keepdim=True) + LEAST_POWER), rates


def rate_entropy(
    waveform: Tensor, rate_hz: Tensor, fs: float, band_hz: tuple[float, float]
) -> Tensor:
    """Compute the cross-entropy of `rate_shares` with the known rate, averaged over samples.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    rate_hz : Tensor, shape (n,)
        The known rates.
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    Tensor, scalar

    Notes
    -----
    Yu et al., CVPR 2022, Eq. 6.

    Examples
    --------
    >>> wave = torch.sin(2 * torch.pi * 1.5 * torch.arange(300) / 30)[None]
    >>> right, wrong = torch.tensor([1.5]), torch.tensor([2.5])
    >>> band = (0.66, 3.7)
    >>> bool(rate_entropy(wave, right, 30.0, band) < rate_entropy(wave, wrong, 30.0, band))
    True
    """
    shares, rates = rate_shares(waveform, fs, band_hz)
    nearest = (rates[None] - 60 * rate_hz[:, None]).abs().argmin(dim=1)
    return -(shares.gather(1, nearest[:, None]) + LEAST_POWER).log().mean()


def rate_distribution(
    waveform: Tensor, rate_hz: Tensor, fs: float, band_hz: tuple[float, float]
) -> Tensor:
    """Compute the divergence of `rate_shares` from a Gaussian around the known rate.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    rate_hz : Tensor, shape (n,)
        The known rates.
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    Tensor, scalar
        Mean over samples.

    Notes
    -----
    Yu et al., CVPR 2022, Eq. 5: the Kullback-Leibler divergence.

    Examples
    --------
    >>> wave = torch.sin(2 * torch.pi * 1.5 * torch.arange(300) / 30)[None]
    >>> bool(rate_distribution(wave, torch.tensor([1.5]), 30.0, (0.66, 3.7)) > 0)
    True
    """
    shares, rates = rate_shares(waveform, fs, band_hz)
    bell = torch.exp(-(((rates[None] - 60 * rate_hz[:, None]) / SIGMA_BPM) ** 2) / 2)
    bell = bell / (bell.sum(dim=1, keepdim=True) + LEAST_POWER)
    return (bell * ((bell + LEAST_POWER).log() - (shares + LEAST_POWER).log())).sum(dim=1).mean()
