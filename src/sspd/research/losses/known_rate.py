"""Signal-to-noise loss at a known heart rate (HR-CNN)."""

from __future__ import annotations

from torch import Tensor

from sspd.research.losses.spectral import LEAST_POWER, long_psd

#: Half width of the peak around the known rate, Hz.
HR_CNN_HALF_WIDTH_HZ = 0.1


def hr_cnn_snr(
    waveform: Tensor, rate_hz: Tensor, fs: float, band_hz: tuple[float, float]
) -> Tensor:
    """Compute the log ratio of the band's power away from the known rate to the power at it.

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
    near = (frequency[None] - rate_hz[:, None]).abs() <= HR_CNN_HALF_WIDTH_HZ
    signal = (psd * (near & inside)).sum(dim=1)
    noise = (psd * (~near & inside)).sum(dim=1)
    return ((noise + LEAST_POWER).log() - (signal + LEAST_POWER).log()).mean()
