"""Short-time power spectra."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import checked
from sspd.signal.spectrum import power_spectrum


def spectrogram(
    sig: ArrayLike, fs: float, *, window_s: float, step_s: float, f_range: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the power spectra of overlapping windows.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    window_s, step_s : float
        Length of a window, and time between the starts of two windows, seconds; rounded to
        whole samples.
    f_range : (low, high)
        Band, Hz, inclusive.

    Returns
    -------
    centres_s : float64 array, shape (windows,)
        Middle of each window, seconds from the first sample.
    freqs : float64 array, shape (bins,)
        Hz.
    power : float64 array, shape (bins, windows)
        As from `power_spectrum`.

    Raises
    ------
    UsageError
        The waveform is shorter than one window, or the step is not positive.

    >>> t = np.arange(600) / 30
    >>> rising = np.sin(2 * np.pi * (1.0 + 0.025 * t) * t)
    >>> centres_s, freqs, power = spectrogram(
    ...     rising, 30.0, window_s=5.0, step_s=2.5, f_range=(0.5, 4.0)
    ... )
    >>> centres_s
    array([ 2.5,  5. ,  7.5, 10. , 12.5, 15. , 17.5])
    >>> np.round(freqs[power.argmax(axis=0)], 1)
    array([1.1, 1.2, 1.4, 1.5, 1.6, 1.8, 1.9])
    """
    values = checked(sig, fs)
    length, step = round(window_s * fs), round(step_s * fs)
    if not 4 <= length <= values.size or step < 1:
        raise UsageError(
            f"segments of {window_s:g} s every {step_s:g} s do not fit a waveform of"
            f" {values.size} samples at {fs:g} Hz"
        )
    starts = range(0, values.size - length + 1, step)
    spectra = [power_spectrum(values[a : a + length], fs, f_range) for a in starts]
    power = np.stack([power for _, power in spectra], axis=1)
    centres_s = np.array([(a + length / 2) / fs for a in starts])
    return centres_s, spectra[0][0], power
