"""Signal at a known rate against all else in the band (HR-CNN)."""

from __future__ import annotations

from torch import Tensor

from sspd.research.losses.spectral import TINY, long_psd

#: Half the width of the line around the known rate, Hz.
LINE_HZ = 0.1


def hr_cnn_snr(
    waveform: Tensor, rate_hz: Tensor, fs: float, band_hz: tuple[float, float]
) -> Tensor:
    """Logarithm of the band's power away from the rate over that at it, mean over samples.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    rate_hz : Tensor, shape (n,)
        The known rates.
    fs : float
        Hz.
    band_hz : (float, float)

    Notes
    -----
    Spetlik et al., BMVC 2018, Eq. 2 and 3, as a natural logarithm.

    Examples
    --------
    >>> import torch
    >>> wave = torch.sin(2 * torch.pi * 1.5 * torch.arange(300) / 30)[None]
    >>> right, wrong = torch.tensor([1.5]), torch.tensor([2.5])
    >>> band = (0.66, 3.7)
    >>> bool(hr_cnn_snr(wave, right, 30.0, band) < 0 < hr_cnn_snr(wave, wrong, 30.0, band))
    True
    """
    psd, frequency = long_psd(waveform, fs)
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    near = (frequency[None] - rate_hz[:, None]).abs() <= LINE_HZ
    signal = (psd * (near & inside)).sum(dim=1)
    noise = (psd * (~near & inside)).sum(dim=1)
    return ((noise + TINY).log() - (signal + TINY).log()).mean()
