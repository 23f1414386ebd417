"""Rate, signal-to-noise ratio and waveform agreement as rPPG-Toolbox defines them.

X. Liu et al., "rPPG-Toolbox: deep remote PPG toolbox", NeurIPS 2023, datasets and benchmarks.
All are computed from one filtered waveform: smoothness prior of weight 100, Butterworth of
order 1 from 0.6 to 3.3 Hz, forward and backward. Its spectrum has no window and is padded to the
next power of two, so rates fall on bins of ``60 fs / nfft`` bpm: 1.76 bpm for 30 s at 30 Hz,
3.5 bpm for 10 s. Small errors disappear within a bin, or appear as a whole bin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.research.evaluate.readouts import forward_and_back
from sspd.signal import detrend

TOOLBOX_BAND_HZ = (0.6, 3.3)
#: Weight of the smoothness prior.
PRIOR = 100.0
#: Half width of the window around the rate and its second harmonic, Hz (6 bpm).
SNR_HALF_WIDTH_HZ = 0.1
#: The smoothness prior needs at least this many samples.
LEAST_PRIOR_SAMPLES = 5


def toolbox_filter(values: ArrayLike, fs: float) -> NDArray[np.float64] | None:
    """Filter a waveform as rPPG-Toolbox does: smoothness prior, then band-pass.

    Parameters
    ----------
    values : array-like, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,), or None
        None if the waveform is too short, or its rate too low for the band.

    >>> toolbox_filter(np.sin(np.arange(300) / 4), 30.0).shape
    (300,)
    """
    wave = np.asarray(values, np.float64)
    if wave.size < LEAST_PRIOR_SAMPLES or fs <= 2 * TOOLBOX_BAND_HZ[1]:
        return None
    # the prior's weight as the frequency at which it removes half
    flat = detrend(wave, fs, fs / np.pi * float(np.arcsin(0.5 * PRIOR**-0.5)))
    return forward_and_back(flat, fs, 1, TOOLBOX_BAND_HZ)


def _spectrum(
    kept: NDArray[np.float64], fs: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies (Hz) and power, up to a constant factor."""
    nfft = 1 << (kept.size - 1).bit_length()
    freqs, power = np.fft.rfftfreq(nfft, 1 / fs), np.abs(np.fft.rfft(kept, nfft)) ** 2
    return np.asarray(freqs, np.float64), np.asarray(power, np.float64)


def toolbox_rate(values: ArrayLike, fs: float) -> float | None:
    """Read the rate from the highest bin of the spectrum between 0.6 and 3.3 Hz.

    Parameters
    ----------
    values : array-like, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        Beats per minute; None if the waveform cannot be filtered or has no power in the band.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(toolbox_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.6
    """
    kept = toolbox_filter(values, fs)
    if kept is None:
        return None
    freqs, power = _spectrum(kept, fs)
    inside = (freqs >= TOOLBOX_BAND_HZ[0]) & (freqs <= TOOLBOX_BAND_HZ[1])
    if not bool((power[inside] > 0).any()):
        return None
    return float(60 * freqs[inside][power[inside].argmax()])


def toolbox_snr_db(values: ArrayLike, fs: float, hr_bpm: float) -> float | None:
    """Compute the power at a known rate relative to the rest of the band, in dB.

    Power within 6 bpm of the rate and of its double (which may be outside the band), divided by the
    rest of 0.6 to 3.3 Hz, as ten times the decimal logarithm.

    Parameters
    ----------
    values : array-like, shape (time,)
        A window of an unfiltered waveform.
    fs : float
        Sampling rate, Hz.
    hr_bpm : float
        Reference rate, beats per minute.

    Returns
    -------
    float or None
        Decibels; None if one of the two parts has no power.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> noise = np.random.default_rng(0).standard_normal(t.size)
    >>> wave = np.sin(2 * np.pi * 1.25 * t) + noise
    >>> toolbox_snr_db(wave, 30.0, 75.0) > 5 > 0 > toolbox_snr_db(wave, 30.0, 100.0)
    True
    """
    kept = toolbox_filter(values, fs)
    if kept is None:
        return None
    freqs, power = _spectrum(kept, fs)
    f_hz = hr_bpm / 60
    first = np.abs(freqs - f_hz) <= SNR_HALF_WIDTH_HZ
    second = np.abs(freqs - 2 * f_hz) <= SNR_HALF_WIDTH_HZ
    inside = (freqs >= TOOLBOX_BAND_HZ[0]) & (freqs <= TOOLBOX_BAND_HZ[1])
    pulse = float(power[first].sum() + power[second].sum())
    rest = float(power[inside & ~first & ~second].sum())
    return float(10 * np.log10(pulse / rest)) if pulse > 0 and rest > 0 else None


def toolbox_macc(reference: ArrayLike, estimate: ArrayLike, fs: float) -> float | None:
    """Compute the largest absolute correlation of two waveforms over all circular lags.

    Parameters
    ----------
    reference, estimate : array-like, shape (time,)
        Unfiltered, at the same times.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        0 to 1; None if one waveform is flat, or the lengths differ.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> late = np.sin(2 * np.pi * 1.2 * (t - 0.3))
    >>> round(toolbox_macc(np.sin(2 * np.pi * 1.2 * t), late, 30.0), 2)
    1.0
    """
    if np.shape(estimate) != np.shape(reference):
        return None
    one, other = toolbox_filter(estimate, fs), toolbox_filter(reference, fs)
    if one is None or other is None:
        return None
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    if not size > 0:
        return None
    lagged = np.fft.irfft(np.fft.rfft(one) * np.conj(np.fft.rfft(other)), one.size)
    return float(min(np.abs(lagged).max() / size, 1.0))
