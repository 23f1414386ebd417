"""Read a heart rate from a window of a waveform, each function as its source does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt, find_peaks, firwin, welch

from sspd.signal import released_readout
from sspd.signal.wavelet import least_samples
from sspd.types.spans import SHORTEST_WINDOW_S
from sspd.vitals import pulse_band, read_rate

#: Shortest third that a rate is read from, seconds: segments of a shorter one hold no period.
SHORTEST_THIRD_S = 4.0


def forward_and_back(
    values: NDArray[np.float64], fs: float, order: int, band_hz: tuple[float, float]
) -> NDArray[np.float64] | None:
    """Apply a Butterworth band-pass forward and backward, as published code does.

    The filter is one ratio of polynomials, not second-order sections: its effect at the ends is
    part of the published numbers.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.
    order : int
    band_hz : (float, float)

    Returns
    -------
    float64 array, shape (time,), or None
        None if the waveform is too short, or its rate too low for the band.

    >>> forward_and_back(np.sin(np.arange(300) / 4), 30.0, 2, (0.6, 4.0)).shape
    (300,)
    >>> forward_and_back(np.sin(np.arange(15) / 4), 30.0, 2, (0.6, 4.0)) is None
    True
    """
    if fs <= 2 * band_hz[1]:
        return None
    b, a = butter(order, band_hz, btype="bandpass", fs=fs)
    if values.size <= 3 * len(b):  # the padding at each end
        return None
    kept: NDArray[np.float64] = filtfilt(b, a, values)
    return kept


def all_peaks(values: NDArray[np.float64], fs: float) -> float | None:
    """Read the rate from the mean interval of all maxima of the unfiltered waveform.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        Beats per minute; None for fewer than two maxima.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(all_peaks(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    tops = find_peaks(values)[0]
    return 60 * fs / float(np.diff(tops).mean()) if tops.size > 1 else None


def pulse_peaks(values: NDArray[np.float64], fs: float) -> float | None:
    """Read the rate from the mean interval of all peaks behind the filter of the released code.

    That filter is two things: a Butterworth of order 4, 0.5-3 Hz, forward and backward, and a soft
    Morlet mask around the strongest frequency. Without the mask noise and secondary waves are
    peaks too: one true pulse in fifty is read up to 60 bpm too fast, and POS of people who sit
    still by 32 bpm in the mean.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        Beats per minute; None if it cannot be read.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> noise = 0.3 * np.random.default_rng(0).standard_normal(t.size)
    >>> round(pulse_peaks(np.sin(2 * np.pi * 1.2 * t) + noise, 30.0))
    72
    """
    if values.size < least_samples(fs) or fs < 8:
        return None
    return all_peaks(released_readout(values, fs).filtered, fs)


def contrast_phys_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """Read the rate as Contrast-Phys does: Butterworth of order 2, 0.6-4 Hz, Hann, FFT peak.

    If that peak is within 10 bpm of twice the second highest, the second is used.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        Beats per minute; None if it cannot be read.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> noise = np.random.default_rng(0).standard_normal(t.size)
    >>> round(contrast_phys_rate(np.sin(2 * np.pi * 1.2 * t) + noise, 30.0), 1)
    72.0
    """
    kept = forward_and_back(values, fs, 2, (0.6, 4.0))
    if kept is None:
        return None
    size = np.abs(np.fft.rfft(kept * np.hanning(kept.size)))
    freqs = np.fft.rfftfreq(kept.size, 1 / fs)
    size[(freqs < 0.6) | (freqs > 4.0)] = 0.0
    lines = find_peaks(size)[0]
    if lines.size == 0:
        return None
    bpm = 60 * freqs[lines[np.argsort(size[lines])[::-1]]]
    if bpm.size > 1 and abs(bpm[0] - 2 * bpm[1]) < 10:
        return float(bpm[1])
    return float(bpm[0])


def thirds_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """Average the rates of the three thirds of a video: how VIPL-HR is scored.

    FIR band-pass of 0.8-3 Hz, a tenth of the waveform long, forward and backward; for each third,
    the highest peak of Welch's spectrum (eight Hamming segments that overlap by half, 8192 points)
    between 0.7 and 4 Hz.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        Beats per minute; None if it cannot be read.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(thirds_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    74.9
    """
    order = round(values.size / 10)
    third = values.size // 3
    if fs <= 8 or third < SHORTEST_THIRD_S * fs:
        return None
    taps = firwin(order + 1 + order % 2, (0.8, 3.0), pass_zero=False, fs=fs)
    kept = filtfilt(taps, [1.0], values, padlen=min(3 * order, values.size - 1))
    rates = []
    for part in (kept[:third], kept[third : 2 * third], kept[2 * third :]):
        segment = int(part.size / 4.5)
        freqs, power = welch(part, fs, "hamming", segment, segment // 2, 8192, detrend=False)
        inside = (freqs > 0.7) & (freqs < 4.0)
        rates.append(60 * float(freqs[inside][power[inside].argmax()]))
    return float(np.mean(rates))


def released_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """Read the rate as the released code does: Butterworth 4, 0.5-3 Hz, Morlet mask, mean rate.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        Beats per minute; None if it cannot be read.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(released_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    if values.size < least_samples(fs) or fs < 8:
        return None
    rate = released_readout(values, fs).hr_bpm
    return rate if np.isfinite(rate) else None


def measured_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """Read the spectral rate of `sspd measure`, accepted or not.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float or None
        Beats per minute; None for a waveform that is too short.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(measured_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    if values.size < SHORTEST_WINDOW_S * fs:
        return None
    return read_rate(pulse_band(values, fs), fs).spectral_bpm
