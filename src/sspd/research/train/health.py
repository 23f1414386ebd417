"""Health of a training step, computed without labels."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sspd.research.losses.pearson import negative_pearson
from sspd.research.losses.spectral import normalised_psd

#: Half width of the peak around the strongest frequency, Hz.
PEAK_HALF_WIDTH_HZ = 0.15


class Health(NamedTuple):
    """Health of one step: ratios from 0 to 1, a correlation, and a spread in Hz."""

    band_ratio: float
    """Fraction of the target waveform's power inside the pulse band."""
    line_ratio: float
    """Fraction of it within `PEAK_HALF_WIDTH_HZ` of the strongest frequency of the band."""
    agreement: float
    """Mean correlation of the online and the target waveform."""
    spread: float
    """Standard deviation of the strongest frequencies over the batch, Hz; 0 if the network
    gives the same rate for every video."""


@torch.no_grad()
def read_health(online: Tensor, target: Tensor, fs: float, band_hz: tuple[float, float]) -> Health:
    """Compute the health of one step from its waveforms, without labels.

    Parameters
    ----------
    online, target : Tensor, shape (n, t)
        Waveforms of the two networks.
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)
        The pulse band.

    Returns
    -------
    Health

    Examples
    --------
    >>> y = torch.sin(2 * torch.pi * 1.5 * torch.arange(150) / 30)[None]
    >>> health = read_health(y, -y, 30.0, (0.5, 3.7))
    >>> round(health.band_ratio, 1), round(health.agreement, 2)
    (1.0, -1.0)
    """
    psd = normalised_psd(target)
    frequency = torch.fft.rfftfreq(target.shape[-1], 1 / fs, device=target.device)
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    peak = frequency[inside][psd[:, inside].argmax(dim=1)]
    line = (frequency[None, :] - peak[:, None]).abs() <= PEAK_HALF_WIDTH_HZ + 1e-6
    return Health(
        band_ratio=float(psd[:, inside].sum(dim=1).mean()),
        line_ratio=float((psd * line).sum(dim=1).mean()),
        agreement=1 - float(negative_pearson(online, target)),
        spread=float(peak.std()) if len(peak) > 1 else 0.0,
    )
