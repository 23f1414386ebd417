"""Rate, signal-to-noise ratio and waveform agreement as rPPG-Toolbox defines them.

X. Liu et al., "rPPG-Toolbox: deep remote PPG toolbox", NeurIPS 2023, datasets and benchmarks.
Everything is read from one filtered waveform: smoothness prior of weight 100, Butterworth of
order 1 from 0.6 to 3.3 Hz, forward and back. Its spectrum has no window and is padded to the
next power of two, so rates fall on bins of ``60 fs / nfft`` bpm: 1.76 bpm for 30 s at 30 Hz,
3.5 bpm for 10 s. Small errors are hidden in such a bin, or shown as a whole one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.research.evaluate.readouts import forward_and_back
from sspd.signal import detrend

BAND_HZ = (0.6, 3.3)
#: Weight of the smoothness prior.
PRIOR = 100.0
#: Half the width of the window around the rate and its second harmonic, Hz (6 bpm).
HALF_WIDTH_HZ = 0.1
#: The smoothness prior wants as many samples.
LEAST_SAMPLES = 5


def toolbox_filter(values: ArrayLike, fs: float) -> NDArray[np.float64] | None:
    """The filtered waveform, or None where it is too short or too slow for the band.

    Parameters
    ----------
    values : array, shape (time,)
    fs : float
        Hz.

    Returns
    -------
    float64 array, shape (time,), or None

    >>> toolbox_filter(np.sin(np.arange(300) / 4), 30.0).shape
    (300,)
    """
    wave = np.asarray(values, np.float64)
    if wave.size < LEAST_SAMPLES or fs <= 2 * BAND_HZ[1]:
        return None
    # the prior's weight, squared, as a frequency at which half is removed
    flat = detrend(wave, fs, fs / np.pi * float(np.arcsin(0.5 * PRIOR**-0.5)))
    return forward_and_back(flat, fs, 1, BAND_HZ)


def _spectrum(
    kept: NDArray[np.float64], fs: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies and power, up to one factor."""
    nfft = 1 << (kept.size - 1).bit_length()
    freqs, power = np.fft.rfftfreq(nfft, 1 / fs), np.abs(np.fft.rfft(kept, nfft)) ** 2
    return np.asarray(freqs, np.float64), np.asarray(power, np.float64)


def toolbox_rate(values: ArrayLike, fs: float) -> float | None:
    """The highest bin of the spectrum between 0.6 and 3.3 Hz, beats a minute.

    Parameters
    ----------
    values : array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(toolbox_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.6
    """
    kept = toolbox_filter(values, fs)
    if kept is None:
        return None
    freqs, power = _spectrum(kept, fs)
    inside = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    if not bool((power[inside] > 0).any()):
        return None
    return float(60 * freqs[inside][power[inside].argmax()])


def toolbox_snr_db(values: ArrayLike, fs: float, hr_bpm: float) -> float | None:
    """Power at a known rate against the rest of the band, dB.

    Power within 6 bpm of the rate and of its double (that one wherever it lies), over the
    rest of 0.6 to 3.3 Hz, as ten times its decimal logarithm.

    Parameters
    ----------
    values : array, shape (time,)
        A window of an unfiltered waveform.
    fs : float
        Hz.
    hr_bpm : float
        Reference rate, beats a minute.

    Returns
    -------
    float or None
        None where there is no power in one of the two.

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
    first = np.abs(freqs - f_hz) <= HALF_WIDTH_HZ
    second = np.abs(freqs - 2 * f_hz) <= HALF_WIDTH_HZ
    inside = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    pulse = float(power[first].sum() + power[second].sum())
    rest = float(power[inside & ~first & ~second].sum())
    return float(10 * np.log10(pulse / rest)) if pulse > 0 and rest > 0 else None


def toolbox_macc(estimate: ArrayLike, reference: ArrayLike, fs: float) -> float | None:
    """The largest absolute correlation of two waveforms over all circular lags.

    Parameters
    ----------
    estimate, reference : arrays, shape (time,)
        Unfiltered, at the same instants.
    fs : float
        Hz.

    Returns
    -------
    float or None
        0 to 1; None where one side is flat, or they are not of one length.

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
