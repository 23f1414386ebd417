"""GREEN: the inverted green channel; blood absorbs green light."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal.color.components import COLOR_TREND_HZ
from sspd.signal.filters import detrend


def green_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Return the inverted green channel without its trend; it rises with the blood volume.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, any unit.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)

    Notes
    -----
    Verkruysse et al. 2008: more blood reflects less green light.

    >>> t = np.arange(300) / 30
    >>> pulse = np.sin(2 * np.pi * 1.2 * t)
    >>> colour = 100 * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53])
    >>> round(float(np.corrcoef(green_waveform(colour, 30.0), pulse)[0, 1]), 1)
    1.0
    """
    return -detrend(np.asarray(rgb, dtype=np.float64)[:, 1], fs, COLOR_TREND_HZ)
