"""Read-outs of a heart rate from a window of a waveform, each after its source."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt, find_peaks, firwin, welch

from sspd.signal import released_readout
from sspd.signal.wavelet import RELEASED_BAND_HZ, RELEASED_ORDER, least_samples
from sspd.vitals import SHORTEST_S, pulse_band, read_rate

#: Of a shorter third no rate is read, seconds: its segments would hold no period.
SHORTEST_THIRD_S = 4.0


def forward_and_back(
    values: NDArray[np.float64], fs: float, order: int, band_hz: tuple[float, float]
) -> NDArray[np.float64] | None:
    """A Butterworth band-pass without a shift in time, as published code has it.

    One polynomial ratio, not second-order sections: what it adds at the ends is part of the
    numbers that are compared.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.
    order : int
    band_hz : (float, float)

    Returns
    -------
    float64 array, shape (time,), or None
        None where the waveform is too short, or too slow for the band.

    >>> forward_and_back(np.sin(np.arange(300) / 4), 30.0, 2, (0.6, 4.0)).shape
    (300,)
    >>> forward_and_back(np.sin(np.arange(15) / 4), 30.0, 2, (0.6, 4.0)) is None
    True
    """
    if fs <= 2 * band_hz[1]:
        return None
    b, a = butter(order, band_hz, btype="bandpass", fs=fs)
    if values.size <= 3 * len(b):  # what is added at each end
        return None
    kept: NDArray[np.float64] = filtfilt(b, a, values)
    return kept


def all_peaks(values: NDArray[np.float64], fs: float) -> float | None:
    """Every maximum of the waveform as it is; the rate is that of their mean interval.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(all_peaks(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    tops = find_peaks(values)[0]
    return 60 * fs / float(np.diff(tops).mean()) if tops.size > 1 else None


def pulse_peaks(values: NDArray[np.float64], fs: float) -> float | None:
    """All peaks of the waveform in the paper's band; the rate is that of their mean interval.

    Butterworth 4 of 0.5-3 Hz, forward and back, as the released code has it.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> noise = 0.3 * np.random.default_rng(0).standard_normal(t.size)
    >>> round(pulse_peaks(np.sin(2 * np.pi * 1.2 * t) + noise, 30.0))
    72
    """
    kept = forward_and_back(values, fs, RELEASED_ORDER, RELEASED_BAND_HZ)
    return None if kept is None else all_peaks(kept, fs)


def contrast_phys_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """Contrast-Phys: Butterworth 2 of 0.6-4 Hz, Hann, highest line of the FFT.

    Where that is within 10 bpm of twice the second highest, the second is taken.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

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
    """The mean of three rates, one of each third of a video: how VIPL-HR is scored.

    FIR band-pass of 0.8-3 Hz, a tenth of the waveform long, forward and back; of each third the
    highest line of Welch's spectrum (eight Hamming segments that overlap by half, 8192 points)
    between 0.7 and 4 Hz.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

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
    """The released code: Butterworth 4 of 0.5-3 Hz, Morlet mask, mean of rates.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(released_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    if values.size < least_samples(fs) or fs < 8:
        return None
    rate = released_readout(values, fs).hr_bpm
    return rate if np.isfinite(rate) else None


def measured_rate(values: NDArray[np.float64], fs: float) -> float | None:
    """The spectral reading of `sspd measure`, believed or not.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs : float
        Hz.

    >>> t = np.arange(0, 30, 1 / 30)
    >>> round(measured_rate(np.sin(2 * np.pi * 1.25 * t), 30.0), 1)
    75.0
    """
    if values.size < SHORTEST_S * fs:
        return None
    return read_rate(pulse_band(values, fs), fs).spectral_bpm
