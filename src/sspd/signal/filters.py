"""Zero-phase filters."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError


def checked(sig: ArrayLike, fs: float, *, at_least: int = 2) -> NDArray[np.float64]:
    """Return a waveform as float64, or raise an error if it cannot be filtered.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    at_least : int
        Smallest number of samples that is accepted.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        The waveform is not one-dimensional, too short or not finite, or the rate is not
        positive.

    >>> checked([1, 2, 3], fs=30.0)
    array([1., 2., 3.])
    """
    values = np.asarray(sig, dtype=np.float64)
    if not fs > 0:
        raise UsageError(f"the rate must be positive, got {fs} Hz")
    if values.ndim != 1:
        raise UsageError(f"a waveform has one dimension, got shape {values.shape}")
    if values.size < at_least:
        raise UsageError(
            f"a waveform of {values.size} samples ({values.size / fs:.2f} s) is too short: "
            f"at least {at_least} samples ({at_least / fs:.2f} s) are needed"
        )
    if not bool(np.isfinite(values).all()):
        raise UsageError("the waveform holds NaN or infinity: cut it at its gaps first")
    return values


def bandpass(
    sig: ArrayLike, fs: float, f_range: tuple[float, float], *, order: int = 2
) -> NDArray[np.float64]:
    """Filter a waveform to a frequency band without delay (Butterworth, forward-backward).

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    f_range : (low, high)
        Half-power edges of one pass, Hz. With a ``high`` at or above ``fs / 2`` the filter
        is a high-pass.
    order : int
        Order of one pass; forward and backward together fall twice as steeply.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        The waveform is shorter than one period of ``low`` or not finite, or not
        ``0 < low < high``.

    >>> t = np.arange(300) / 30
    >>> slow, pulse = np.sin(2 * np.pi * 0.1 * t), np.sin(2 * np.pi * 1.2 * t)
    >>> kept = bandpass(5 * slow + pulse, 30.0, (0.5, 4.0))
    >>> round(float(np.corrcoef(kept[30:-30], pulse[30:-30])[0, 1]), 2)
    1.0
    """
    sos = butterworth(fs, f_range, order)
    values = checked(sig, fs, at_least=max(4, int(np.ceil(fs / f_range[0]))))
    pad = min(values.size - 1, edge_samples(fs, f_range))
    out: NDArray[np.float64] = scipy.signal.sosfiltfilt(
        sos, values - values.mean(), padtype="odd", padlen=pad
    )
    return out


def bandpass_power_gain(
    freqs_hz: ArrayLike, fs: float, f_range: tuple[float, float], *, order: int = 2
) -> NDArray[np.float64]:
    """Return what `bandpass` multiplies the power of each frequency by.

    Parameters
    ----------
    freqs_hz : array, shape (bins,)
        Those above ``fs / 2`` count as it.
    fs, f_range, order
        As for `bandpass`.

    Returns
    -------
    float64 array, shape (bins,)
        1 at the middle of the band, 1/4 at its edges.

    >>> np.round(bandpass_power_gain([0.5, 1.4, 4.0, 9.0], 30.0, (0.5, 4.0)), 2)
    array([0.25, 1.  , 0.25, 0.  ])
    """
    freqs = np.minimum(freqs_hz, fs / 2)
    response = scipy.signal.sosfreqz(butterworth(fs, f_range, order), freqs, fs=fs)[1]
    gain: NDArray[np.float64] = np.abs(response) ** 4  # forward and back, and power
    return gain


def edge_samples(fs: float, f_range: tuple[float, float]) -> int:
    """Return over how many samples `bandpass` reflects the ends of a waveform.

    A period and a half of the lowest frequency: the filter has settled when it reaches the
    first real sample.

    Parameters
    ----------
    fs, f_range
        As for `bandpass`.

    Returns
    -------
    int

    >>> edge_samples(30.0, (0.5, 4.0))
    90
    """
    return int(np.ceil(1.5 * fs / f_range[0]))


def butterworth(fs: float, f_range: tuple[float, float], order: int) -> NDArray[np.float64]:
    """Return the second-order sections of one pass of `bandpass`.

    Parameters
    ----------
    fs, f_range, order
        As for `bandpass`.

    Returns
    -------
    float64 array, shape (sections, 6)

    Raises
    ------
    UsageError
        The band does not fit the rate.

    >>> butterworth(30.0, (0.5, 4.0), 2).shape
    (2, 6)
    """
    low, high = f_range
    if not (0 < low < high and low < fs / 2):
        raise UsageError(f"the band {low}-{high} Hz does not fit a rate of {fs} Hz")
    if high < fs / 2:
        return scipy.signal.butter(order, (low, high), btype="bandpass", fs=fs, output="sos")
    return scipy.signal.butter(order, low, btype="highpass", fs=fs, output="sos")


def detrend(sig: ArrayLike, fs: float, cutoff_hz: float) -> NDArray[np.float64]:
    """Remove the slow trend of a waveform with a smoothness prior.

    The prior (small second differences) is weighted so that half of the amplitude is removed
    at `cutoff_hz`; the same call has the same effect at every sampling rate.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    cutoff_hz : float
        Frequency at which half of the amplitude is removed, Hz.

    Returns
    -------
    float64 array, shape (time,)
        Of mean 0.

    Notes
    -----
    Tarvainen, Ranta-aho and Karjalainen, "An advanced detrending method with
    application to HRV analysis", IEEE TBME 2002, Eq. 20:
    ``sig - (I + w² D2ᵀ D2)⁻¹ sig``; solved banded, in time linear in the length.

    >>> line = detrend(np.linspace(3.0, 9.0, 90), 30.0, 0.5)
    >>> float(np.abs(line).max()) < 1e-6
    True
    """
    values = checked(sig, fs, at_least=5)
    values = values - values.mean()  # keeps rounding errors relative to the changes
    n = values.size
    weight = (2 * np.sin(np.pi * min(cutoff_hz / fs, 0.5))) ** -4
    bands = np.zeros((3, n))
    # D2ᵀD2 summed row by row of D2 = [1, -2, 1], in upper banded form, diagonal last.
    for offset, a in enumerate((1.0, -2.0, 1.0)):
        bands[2, offset : n - 2 + offset] += a * a
    bands[1, 1 : n - 1] += -2.0
    bands[1, 2:n] += -2.0
    bands[0, 2:n] += 1.0
    bands *= weight
    bands[2] += 1.0
    flat: NDArray[np.float64] = values - scipy.linalg.solveh_banded(bands, values)
    return flat


def standardise(sig: ArrayLike) -> NDArray[np.float64]:
    """Scale a waveform to mean 0 and standard deviation 1; a constant becomes zeros.

    Parameters
    ----------
    sig : array
        Of any shape.

    Returns
    -------
    float64 array
        Of the shape of `sig`.

    >>> standardise([1.0, 3.0])
    array([-1.,  1.])
    """
    values = np.asarray(sig, dtype=np.float64)
    centred = values - values.mean()
    spread = float(centred.std())
    # Rounding leaves a constant with a deviation of about 1e-16 of its value.
    flat = spread <= 1e-12 * max(1.0, float(np.abs(values).max()))
    return np.zeros_like(centred) if flat else centred / spread
