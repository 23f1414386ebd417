"""Power in the band that is far from its strongest line (SiNC)."""

from __future__ import annotations

from torch import Tensor

from sspd.research.losses.spectral import TINY, long_psd

#: Six beats a minute on each side of the strongest frequency.
LINE_HZ = 0.1


def sinc_sparsity(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """Share of the band's power further than `LINE_HZ` from its peak, mean over samples.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    fs : float
        Hz.
    band_hz : (float, float)

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
    far = (frequency[None] - peak[:, None]).abs() > LINE_HZ
    return ((psd * far).sum(dim=1) / (psd.sum(dim=1) + TINY)).mean()
