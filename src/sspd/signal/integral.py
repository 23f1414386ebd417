"""Sums of a waveform that stay level: from a slope back to the curve."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.signal.filters import checked

#: Below this a sum stops growing, Hz. A plain sum would raise slow noise over a fast
#: heart; chosen on validation videos (MODEL_CARD.md).
LEVEL_HZ = 0.7


def integrate(
    sig: ArrayLike, fs: float, times: int, level_hz: float = LEVEL_HZ
) -> NDArray[np.float64]:
    """Integrate a waveform `times` over, without its drift.

    Each frequency is divided by ``2 pi sqrt(f^2 + level_hz^2)`` and turned back by a
    quarter, for each time: an integral well above `level_hz`, a mere quarter turn well
    below. Ends are mirrored.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Hz.
    times : int
        0 gives the waveform back.
    level_hz : float
        Where a sum stops growing, Hz.

    Returns
    -------
    float64 array, shape (time,)
        Units of ``sig`` times seconds, for each time.

    >>> t = np.arange(600) / 30
    >>> twice = integrate(np.cos(2 * np.pi * 3.0 * t), 30.0, 2)
    >>> shape = -np.cos(2 * np.pi * 3.0 * t)
    >>> bool(np.corrcoef(twice, shape)[0, 1] > 0.95)
    True
    """
    values = checked(sig, fs, at_least=4)
    if times == 0:
        return values
    reach = values.size - 1
    mirrored = np.pad(values - values.mean(), reach, mode="reflect")
    freqs = scipy.fft.rfftfreq(mirrored.size, 1 / fs)
    turned = np.where(freqs > 0, -1j, 0)
    response = (turned / (2 * np.pi * np.hypot(freqs, level_hz))) ** times
    summed: NDArray[np.float64] = scipy.fft.irfft(
        scipy.fft.rfft(mirrored) * response, mirrored.size
    )
    return summed[reach : reach + values.size]
