"""Loss of an uneven spread of a batch's power over the band (SiNC), against collapse."""

from __future__ import annotations

import torch
from torch import Tensor

from sspd.research.losses.spectral import LEAST_POWER, long_psd


def sinc_variance(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """Compute the squared distance of the batch's mean spectrum in the band from an even one.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    Tensor, scalar
        Mean squared difference of the two cumulative distributions.

    Notes
    -----
    Speth et al., CVPR 2023, Eq. 3.

    Examples
    --------
    >>> t = torch.arange(300) / 30
    >>> rates = torch.linspace(0.7, 2.9, 40)[:, None]
    >>> many = sinc_variance(torch.sin(2 * torch.pi * rates * t), 30.0, (0.66, 3.0))
    >>> one = sinc_variance(torch.sin(2 * torch.pi * 1.0 * t)[None], 30.0, (0.66, 3.0))
    >>> bool(many < 0.01 < one)
    True
    """
    psd, frequency = long_psd(waveform, fs)
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    share = psd[:, inside] / (psd[:, inside].sum(dim=1, keepdim=True) + LEAST_POWER)
    found = share.mean(dim=0).cumsum(0)
    even = torch.arange(1, found.numel() + 1, device=found.device) / found.numel()
    return (found - even).square().mean()
