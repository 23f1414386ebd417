"""Loss of the power outside the pulse band (SiNC)."""

from __future__ import annotations

from torch import Tensor

from sspd.research.losses.spectral import LEAST_POWER, long_psd


def sinc_bandwidth(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """Compute the fraction of the power outside the band, averaged over samples.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    Tensor, scalar
        0 to 1.

    Notes
    -----
    Speth et al., CVPR 2023, Eq. 1.

    Examples
    --------
    >>> import torch
    >>> t = torch.arange(300) / 30
    >>> sinc_bandwidth(torch.sin(2 * torch.pi * 1.5 * t)[None], 30.0, (0.66, 3.0)).item() < 0.01
    True
    """
    psd, frequency = long_psd(waveform, fs)
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    return (psd[:, ~inside].sum(dim=1) / (psd.sum(dim=1) + LEAST_POWER)).mean()
