"""Measurement of spectral lines in waveforms and colours, for the quality features."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.signal import detrend, power_spectrum

Complex = NDArray[np.complex128]

#: Half width of the band around the rate in which traces are compared with the pulse, Hz.
COMPARE_HALF_WIDTH_HZ = 0.25
#: Slower changes of a colour are its trend, Hz.
TREND_HZ = 0.4
#: A line is the highest value within the first distance, Hz, and its neighbourhood the median
#: between the second and the third.
LINE_DISTANCES_HZ = (0.06, 0.15, 0.45)
#: Longest delay between two signals that says nothing against them, seconds and radians.
LATE_S, LATE_ANGLE = 0.08, np.pi / 4
#: Limit of all decibel values, above and below.
MOST_DB = 40.0


def line_db(values: NDArray[np.float64], fs: float, f_hz: float) -> float:
    """Return the strength of a spectral line relative to its neighbourhood, dB.

    Parameters
    ----------
    values : float64 array, shape (time,)
    fs, f_hz : float
        Sampling rate and frequency of the line, Hz.

    Returns
    -------
    float
        dB of the power of the derivative: the highest near the frequency over the median
        around it.

    >>> line_db(np.sin(np.arange(900) / 4), 30.0, 7.5 / (2 * np.pi)) > 20
    True
    """
    freqs, power = power_spectrum(values, fs, (0.3, 8.0))
    power = power * freqs**2
    apart = np.abs(freqs - f_hz)
    close, around = (
        apart <= LINE_DISTANCES_HZ[0],
        (apart > LINE_DISTANCES_HZ[1]) & (apart <= LINE_DISTANCES_HZ[2]),
    )
    if not (close.any() and around.any()):
        return 0.0
    return power_db(float(power[close].max()), float(np.median(power[around])))


def near(rows: NDArray[np.float64], fs: float, f_hz: float) -> Complex:
    """Return the analytic signal of each column near a frequency, under a Hann window.

    Parameters
    ----------
    rows : float64 array, shape (time, columns)
    fs, f_hz : float
        Sampling rate and centre of the band, Hz; its half width is `COMPARE_HALF_WIDTH_HZ`.

    Returns
    -------
    complex128 array, shape (time, columns)

    >>> near(np.ones((90, 2)), 30.0, 1.0).shape
    (90, 2)
    """
    n = rows.shape[0]
    window = np.hanning(n + 2)[1:-1, None]
    spectrum = np.fft.fft((rows - rows.mean(axis=0)) * window, axis=0)
    spectrum[np.abs(np.fft.fftfreq(n, 1 / fs) - f_hz) > COMPARE_HALF_WIDTH_HZ] = 0
    return np.asarray(np.fft.ifft(spectrum, axis=0), np.complex128)


def part(traces: Complex, of: Complex) -> Complex:
    """Return the amplitude of a signal in each column, by least squares.

    Parameters
    ----------
    traces : complex128 array, shape (time, columns)
    of : complex128 array, shape (time,)
        The signal.

    Returns
    -------
    complex128 array, shape (columns,)
        In multiples of the signal.

    >>> wave = np.exp(1j * np.arange(9.0))
    >>> part(np.stack([2 * wave, -wave], axis=1), wave).real.round(3).tolist()
    [2.0, -1.0]
    """
    power = max(float(np.vdot(of, of).real), 1e-30)
    return np.asarray(traces.T @ of.conj() / power, np.complex128)


def cosine(a: Complex, b: Complex) -> float:
    """Return the real part of `complex_cosine`: 1 in phase, -1 in antiphase.

    Parameters
    ----------
    a, b : complex128 array, shape (time,)
        Analytic signals.

    Returns
    -------
    float
        -1 to 1.
    """
    return complex_cosine(a, b).real


def complex_cosine(a: Complex, b: Complex) -> complex:
    """Return the normalised inner product of two analytic signals.

    Parameters
    ----------
    a, b : complex128 array, shape (time,)
        Analytic signals.

    Returns
    -------
    complex
        Of magnitude 0 to 1.
    """
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return complex(np.vdot(b, a)) / sizes if sizes > 0 else 0j


def late_cosine(a: Complex, b: Complex, f_hz: float) -> float:
    """Return the cosine of two signals of which one may be a little later.

    Filters, codecs and networks delay by some tens of milliseconds, more at some rates than at
    others; a delay that small says nothing against two signals.

    Parameters
    ----------
    a, b : complex128 array, shape (time,)
        Analytic signals.
    f_hz : float
        Their frequency, Hz.

    Returns
    -------
    float
        -1 to 1: as `cosine` if the later one is moved back by `LATE_S`, or `LATE_ANGLE` where that
        is less.

    >>> turn = np.exp(2j * np.pi * 1.5 * np.arange(90) / 30)
    >>> [round(late_cosine(turn * np.exp(1j * a), turn, 1.5), 2) for a in (0.4, np.pi)]
    [1.0, -0.73]
    """
    found = complex_cosine(a, b)
    allowed = min(LATE_ANGLE, 2 * np.pi * f_hz * LATE_S)
    apart = max(abs(float(np.angle(found))) - allowed, 0.0)
    return abs(found) * float(np.cos(apart))


def power_db(power: float, other: float) -> float:
    """Return the ratio of two powers in dB, limited to `MOST_DB`.

    Parameters
    ----------
    power, other : float
        Of the same unit.

    Returns
    -------
    float
        dB; 0 if both are 0.
    """
    if power <= 0 and other <= 0:
        return 0.0
    return bounded_db(10 * float(np.log10(max(power, 1e-30) / max(other, 1e-30))))


def size_db(size: float, other: float) -> float:
    """Return the ratio of two amplitudes in dB, limited to `MOST_DB`.

    Parameters
    ----------
    size, other : float
        Of the same unit.

    Returns
    -------
    float
        dB; 0 if both are 0.
    """
    return power_db(size**2, other**2)


def bounded_db(value: float) -> float:
    """Limit decibels to `MOST_DB`.

    Parameters
    ----------
    value : float
        dB.

    Returns
    -------
    float
        dB; the lower limit if ``value`` is not finite.

    >>> bounded_db(90.0), bounded_db(float("nan"))
    (40.0, -40.0)
    """
    return float(np.clip(value, -MOST_DB, MOST_DB)) if np.isfinite(value) else -MOST_DB


def relative(rows: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Return the relative deviation of each column from its mean, without its trend.

    Parameters
    ----------
    rows : float64 array, shape (time, columns)
        With means above 0.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time, columns)
    """
    return np.stack([detrend(row / row.mean() - 1, fs, TREND_HZ) for row in rows.T], axis=1)
