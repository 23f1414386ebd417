"""Spectra of waveforms, and spectral distances and ratios for the losses."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sspd.research.losses.pearson import negative_pearson

#: Keeps a spectrum without power from dividing by zero.
LEAST_POWER = 1e-12
#: Smallest fraction of a wave's power in a band: for a band without power, as in a wave of ones,
#: ``1 / SNR`` (Eq. 11) and its gradient would have no bound.
LEAST_SIGNAL = 1e-4
#: Largest frequency step of `long_psd`, Hz: two beats per minute.
LONG_PSD_STEP_HZ = 1 / 30


def normalised_psd(waveform: Tensor, *, keep_mean: bool = False) -> Tensor:
    """Compute the power at each frequency from 0 to fs/2 as a fraction of all power.

    Parameters
    ----------
    waveform : Tensor, shape (..., t)
    keep_mean : bool
        Whether the mean is kept, as power at 0 Hz (Eq. 10), or removed (Eq. 6).

    Returns
    -------
    Tensor, shape (..., t // 2 + 1)
        Sums to 1 along the last axis (f of Eq. 6 and 10).
    """
    waveform = waveform.float()
    if not keep_mean:
        waveform = waveform - waveform.mean(dim=-1, keepdim=True)
    spectrum = torch.fft.rfft(waveform, dim=-1)
    power = spectrum.real.square() + spectrum.imag.square()
    share: Tensor = power / (power.sum(dim=-1, keepdim=True) + LEAST_POWER)
    return share


def long_psd(waveform: Tensor, fs: float) -> tuple[Tensor, Tensor]:
    """Compute the normalized spectrum of a zero-padded waveform, to get power between the bins.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    psd : Tensor, shape (n, frequencies)
        Fractions that sum to 1, from 0 to fs/2 in steps of `LONG_PSD_STEP_HZ` or finer.
    frequency : Tensor, shape (frequencies,)
        Hz.
    """
    waveform = waveform.float()
    t = waveform.shape[-1]
    centred = waveform - waveform.mean(dim=-1, keepdim=True)
    n = max(t, 2 ** math.ceil(math.log2(fs / LONG_PSD_STEP_HZ)))
    spectrum = torch.fft.rfft(centred, n=n, dim=-1)
    power = spectrum.real.square() + spectrum.imag.square()
    share: Tensor = power / (power.sum(dim=-1, keepdim=True) + LEAST_POWER)
    return share, torch.fft.rfftfreq(n, 1 / fs, device=waveform.device)


def psd_distance(online: Tensor, target: Tensor) -> Tensor:
    """Compute the squared distance of two normalized spectra, the second term of Eq. 6.

    Parameters
    ----------
    online, target : Tensor, shape (n, t)

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> y = torch.sin(torch.arange(60.0))[None]
    >>> psd_distance(y, -2 * y).item() < 1e-9
    True
    """
    difference = normalised_psd(online) - normalised_psd(target)
    return difference.square().sum(dim=-1).mean()


def noise_to_signal(
    waveform: Tensor, fs: float, band_hz: tuple[float, float], *, counts_dc: bool = True
) -> Tensor:
    """Compute ``1 / SNR`` (Eq. 10, 11): power outside the band over power inside it.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
        A self-similarity wave, or a waveform.
    fs : float
        Its sampling rate, Hz.
    band_hz : (float, float)
        The band a, both ends included.
    counts_dc : bool
        Whether the mean counts as noise: b of Eq. 10 begins at 0 Hz. Without it, a wave of
        ones, which this loss should prevent, costs nothing.

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> t = torch.arange(300) / 30
    >>> noise_to_signal(torch.sin(2 * torch.pi * 1.2 * t)[None], 30.0, (0.5, 3.0)).item() < 1e-6
    True
    >>> ones = torch.ones(1, 300)
    >>> round(noise_to_signal(ones, 30.0, (0.5, 3.0)).item())
    10000
    >>> noise_to_signal(ones, 30.0, (0.5, 3.0), counts_dc=False).item()
    0.0
    """
    psd = normalised_psd(waveform, keep_mean=counts_dc)
    frequency = torch.fft.rfftfreq(waveform.shape[-1], 1 / fs, device=waveform.device)
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    signal = psd[..., inside].sum(dim=-1)
    least = LEAST_SIGNAL if counts_dc else LEAST_POWER
    return ((psd.sum(dim=-1) - signal) / (signal + least)).mean()


def released_amplitude(waveform: Tensor) -> Tensor:
    """Compute amplitudes of the bins below fs/2, divided by the largest; the mean is kept.

    This is the released code's spectrum; the paper's is `normalised_psd`.

    Parameters
    ----------
    waveform : Tensor, shape (..., t)

    Returns
    -------
    Tensor, shape (..., t // 2)
        0 to 1.
    """
    amplitude = torch.fft.rfft(waveform.float(), dim=-1).abs()[..., : waveform.shape[-1] // 2]
    share: Tensor = amplitude / amplitude.amax(dim=-1, keepdim=True)
    return share


def released_spectral_pearson(online: Tensor, target: Tensor) -> Tensor:
    """Compute the negative Pearson loss of the released amplitude spectra.

    Parameters
    ----------
    online, target : Tensor, shape (n, t)

    Returns
    -------
    Tensor, scalar
    """
    return negative_pearson(released_amplitude(online), released_amplitude(target))


def released_noise_to_signal(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """Compute the released band term: all amplitude over that in the band, minus 1.

    Band edges are truncated to whole bins, and the upper one is left out.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    fs : float
        Sampling rate, Hz.
    band_hz : (float, float)

    Returns
    -------
    Tensor, scalar
    """
    amplitude = released_amplitude(waveform)
    low, high = (int(edge * waveform.shape[-1] / fs) for edge in band_hz)
    return (amplitude.sum(dim=-1) / amplitude[..., low:high].sum(dim=-1) - 1).mean()
