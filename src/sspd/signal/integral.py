"""Sums of a waveform that stay level: from a slope back to the curve."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import butter, sosfiltfilt

from sspd.signal.filters import checked

#: Below this a sum is drift, Hz: under the slowest heart, above the breath of most.
LEVEL_HZ = 0.4


def integrate(sig: ArrayLike, fs: float, times: int) -> NDArray[np.float64]:
    """Sum a waveform up, `times` over, without its drift.

    A plain sum makes an offset a ramp and slow noise a wander that hides the pulse. Here
    what is slower than `LEVEL_HZ` is taken out before each sum.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Hz.
    times : int
        0 gives the waveform back.

    Returns
    -------
    float64 array, shape (time,)
        Times `1 / fs` a sum: the integral in units of ``sig`` times seconds.

    >>> t = np.arange(300) / 30
    >>> back = integrate(np.cos(2 * np.pi * 1.5 * t), 30.0, 1) * 2 * np.pi * 1.5
    >>> bool(np.abs(back - np.sin(2 * np.pi * 1.5 * t))[60:-60].max() < 0.2)
    True
    """
    values = checked(sig, fs, at_least=4)
    high_pass = butter(2, LEVEL_HZ, "highpass", fs=fs, output="sos")
    reach = min(values.size - 1, round(2 * fs / LEVEL_HZ))
    for _ in range(times):
        values = np.cumsum(sosfiltfilt(high_pass, values, padlen=reach)) / fs
    return values - values.mean() if times else values
