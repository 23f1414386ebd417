"""Loss of the power in the band that is far from its highest peak (SiNC)."""

from __future__ import annotations

from torch import Tensor

from sspd.research.losses.spectral import LEAST_POWER, long_psd

#: Half width of the peak, Hz: six beats per minute on each side.
SINC_HALF_WIDTH_HZ = 0.1


def sinc_sparsity(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """Compute the fraction of the band's power outside its highest peak, averaged over samples.

    The peak reaches `SINC_HALF_WIDTH_HZ` to each side.

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
    Speth et al., CVPR 2023, Eq. 2.

    Examples
    --------
    >>> import torch
    >>> t = torch.arange(900) / 30
    >>> sinc_sparsity(torch.sin(2 * torch.pi * 1.5 * t)[None], 30.0, (0.66, 3.0)).item() < 0.05
    True
    """
    psd, frequency = long_psd(waveform, fs)
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    psd, frequency = psd[:, inside], frequency[inside]
    peak = frequency[psd.argmax(dim=1)]
    far = (frequency[None] - peak[:, None]).abs() > SINC_HALF_WIDTH_HZ
    return ((psd * far).sum(dim=1) / (psd.sum(dim=1) + LEAST_POWER)).mean()
