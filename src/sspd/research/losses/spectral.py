"""Spectra of waveforms, and the distances and ratios that the losses take of them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sspd.research.losses.pearson import negative_pearson

TINY = 1e-12
#: A band is taken to hold this share of a wave's power at least: where it holds none, as of a
#: wave of ones, ``1 / SNR`` (Eq. 11) would be without bound, and its gradient with it.
LEAST_SIGNAL = 1e-4
#: Frequencies of `long_psd` lie at most so far apart, Hz: two beats a minute.
STEP_HZ = 1 / 30


def normalised_psd(waveform: Tensor, *, keep_mean: bool = False) -> Tensor:
    """Power of each frequency from 0 to fs/2 as a share of all.

    Parameters
    ----------
    waveform : Tensor, shape (..., t)
    keep_mean : bool
        Whether the mean stays in, as power at 0 Hz (Eq. 10); else it is removed (Eq. 6).

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
    share: Tensor = power / (power.sum(dim=-1, keepdim=True) + TINY)
    return share


def long_psd(waveform: Tensor, fs: float) -> tuple[Tensor, Tensor]:
    """Power between the bins too: of the waveform followed by zeros.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
    fs : float
        Hz.

    Returns
    -------
    psd : Tensor, shape (n, frequencies)
        Shares that sum to 1, from 0 to fs/2 in steps of `STEP_HZ` or finer.
    frequency : Tensor, shape (frequencies,)
        Hz.
    """
    waveform = waveform.float()
    t = waveform.shape[-1]
    centred = waveform - waveform.mean(dim=-1, keepdim=True)
    n = max(t, 2 ** math.ceil(math.log2(fs / STEP_HZ)))
    spectrum = torch.fft.rfft(centred, n=n, dim=-1)
    power = spectrum.real.square() + spectrum.imag.square()
    share: Tensor = power / (power.sum(dim=-1, keepdim=True) + TINY)
    return share, torch.fft.rfftfreq(n, 1 / fs, device=waveform.device)


def psd_distance(online: Tensor, target: Tensor) -> Tensor:
    """Squared distance of the normalised PSDs, the second term of Eq. 6.

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
    """``1 / SNR`` (Eq. 10, 11): power outside the band over power inside it.

    Parameters
    ----------
    waveform : Tensor, shape (n, t)
        A self-similarity wave, or a waveform.
    fs : float
        Its samples a second, Hz.
    band_hz : (float, float)
        The band a, both ends included.
    counts_dc : bool
        Whether the mean counts as noise: b of Eq. 10 begins at 0 Hz. Without it a wave of
        ones, which this is to forbid, costs nothing.

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
    least = LEAST_SIGNAL if counts_dc else TINY
    return ((psd.sum(dim=-1) - signal) / (signal + least)).mean()


def released_amplitude(waveform: Tensor) -> Tensor:
    """Amplitudes of the bins below fs/2, the mean kept, divided by the largest one.

    As the released code has it; the paper's own reading is `normalised_psd`.
    """
    amplitude = torch.fft.rfft(waveform.float(), dim=-1).abs()[..., : waveform.shape[-1] // 2]
    share: Tensor = amplitude / amplitude.amax(dim=-1, keepdim=True)
    return share


def released_spectral_pearson(online: Tensor, target: Tensor) -> Tensor:
    """Negative Pearson of the released amplitude spectra."""
    return negative_pearson(released_amplitude(online), released_amplitude(target))


def released_noise_to_signal(waveform: Tensor, fs: float, band_hz: tuple[float, float]) -> Tensor:
    """The released band term: all amplitude over that in the band, less 1.

    Band edges are truncated to whole bins and the upper one is left out.
    """
    amplitude = released_amplitude(waveform)
    low, high = (int(edge * waveform.shape[-1] / fs) for edge in band_hz)
    return (amplitude.sum(dim=-1) / amplitude[..., low:high].sum(dim=-1) - 1).mean()
