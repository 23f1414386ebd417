"""Power spectra, and the frequency of the pulse in them."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import checked

#: Bin spacing of the zero-padded spectrum, Hz (half a beat per minute). A parabola through
#: the logarithm of the power then refines a peak to a few hundredths of that.
BIN_HZ = 0.5 / 60

#: Weight of the second harmonic in the score of a frequency. It is below 1, or half of the
#: true rate would always score highest.
DOUBLE_WEIGHT = 0.5
#: Exponent of the frequency by which amplitudes are weighted: 1 is the slope of the waveform,
#: 0 the waveform itself. At 1 slow hearts are read at twice their rate; at 0 slow noise
#: outweighs fast hearts (MODEL_CARD.md).
SLOPE = 0.5


def power_spectrum(
    sig: ArrayLike, fs: float, f_range: tuple[float, float] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the power spectrum of a waveform.

    Hann window, mean removed, zero-padded to bins of `BIN_HZ` or finer. Two peaks of equal
    height are resolved from about ``2 / duration`` Hz on (the window's width); the frequency
    of a single peak is known far better than that.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    f_range : (low, high) or None
        Band, Hz, inclusive; None means 0 to ``fs / 2``.

    Returns
    -------
    freqs : float64 array, shape (bins,)
        Hz.
    power : float64 array, shape (bins,)
        In squared units of ``sig`` per bin, up to a constant factor.

    >>> t = np.arange(600) / 30
    >>> freqs, power = power_spectrum(np.sin(2 * np.pi * 1.5 * t), 30.0, (0.5, 4.0))
    >>> round(float(freqs[power.argmax()]), 2)
    1.5
    """
    values = checked(sig, fs, at_least=4)
    n = scipy.fft.next_fast_len(max(2 * values.size, int(np.ceil(fs / BIN_HZ))), real=True)
    window = np.hanning(values.size + 2)[1:-1]
    mean = float((window * values).sum() / window.sum())
    power = np.abs(scipy.fft.rfft(window * (values - mean), n)) ** 2 / values.size
    freqs = scipy.fft.rfftfreq(n, 1 / fs)
    if f_range is None:
        return freqs, power
    keep = (freqs >= f_range[0]) & (freqs <= f_range[1])
    return freqs[keep], power[keep]


def refine(freqs: NDArray[np.float64], power: NDArray[np.float64], i: int) -> float:
    """Return the frequency of a spectral peak, Hz, to a fraction of a bin.

    Parameters
    ----------
    freqs, power : float64 array, shape (bins,)
        A spectrum, in Hz and any unit of power.
    i : int
        Index of the peak's bin.

    Returns
    -------
    float
        Vertex of the parabola through the logarithm of the power at bin ``i`` and its
        neighbours, Hz.

    >>> f = np.arange(5.0)
    >>> round(refine(f, np.exp(-((f - 2.2) ** 2)), 2), 6)
    2.2
    """
    if not 0 < i < freqs.size - 1 or not bool((power[i - 1 : i + 2] > 0).all()):
        return float(freqs[i])
    a, b, c = np.log(power[i - 1 : i + 2])
    bend = a - 2 * b + c
    shift = 0.5 * (a - c) / bend if bend < 0 else 0.0
    return float(freqs[i] + np.clip(shift, -0.5, 0.5) * (freqs[1] - freqs[0]))


def _highest(freqs: NDArray[np.float64], power: NDArray[np.float64]) -> int | None:
    """Return the index of the highest local maximum; an edge bin is not one."""
    inner = (power[1:-1] >= power[:-2]) & (power[1:-1] > power[2:]) & (power[1:-1] > 0)
    places = np.flatnonzero(inner) + 1
    return int(places[power[places].argmax()]) if places.size else None


def peak_frequency(sig: ArrayLike, fs: float, f_range: tuple[float, float]) -> float:
    """Return the frequency of the highest spectral peak in a band, Hz.

    Accurate to 0.1 bpm for a steady rhythm of 8 s or more.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    f_range : (low, high)
        Band that is searched, Hz.

    Returns
    -------
    float
        Hz; NaN if the band contains no peak.

    Raises
    ------
    UsageError
        The band contains fewer than 3 bins of the spectrum.

    >>> t = np.arange(300) / 30
    >>> 60 * peak_frequency(np.sin(2 * np.pi * (71.3 / 60) * t), 30.0, (0.6, 3.6))
    71.3...
    """
    freqs, power = power_spectrum(sig, fs, f_range)
    if freqs.size < 3:
        raise UsageError(f"the band {f_range[0]}-{f_range[1]} Hz holds no spectrum at {fs} Hz")
    i = _highest(freqs, power)
    return float("nan") if i is None else refine(freqs, power, i)


def pulse_frequency(sig: ArrayLike, fs: float, f_range: tuple[float, float]) -> float:
    """Return the frequency of the pulse in a waveform, Hz.

    The noise of videos rises toward low frequencies, so amplitudes are weighted by the
    square root of their frequency (`SLOPE`). The second harmonic of a pulse may be stronger
    than its fundamental, so the amplitude at twice the frequency is added with half the
    weight, as in subharmonic summation (Hermes, JASA 83, 1988).

    Parameters
    ----------
    sig : array, shape (time,)
        Blood volume, not its derivative; best band-passed to ``f_range`` or a little wider.
    fs : float
        Sampling rate, Hz.
    f_range : (low, high)
        Band that is searched, Hz.

    Returns
    -------
    float
        Hz; NaN if the band contains no peak.

    Raises
    ------
    UsageError
        The band contains fewer than 3 bins of the spectrum.

    >>> t = np.arange(900) / 30
    >>> notched = 0.6 * np.sin(2 * np.pi * 0.9 * t) + 0.5 * np.sin(2 * np.pi * 1.8 * t)
    >>> round(60 * pulse_frequency(notched, 30.0, (0.6, 3.6)), 1)
    54.0
    """
    freqs, power = power_spectrum(sig, fs)
    weighted = freqs**SLOPE * np.sqrt(power)
    summed = weighted + DOUBLE_WEIGHT * np.interp(2 * freqs, freqs, weighted, right=0.0)
    keep = (freqs >= f_range[0]) & (freqs <= f_range[1])
    if keep.sum() < 3:
        raise UsageError(f"the band {f_range[0]}-{f_range[1]} Hz holds no spectrum at {fs} Hz")
    i = _highest(freqs[keep], summed[keep] ** 2)
    return float("nan") if i is None else refine(freqs[keep], summed[keep] ** 2, i)
