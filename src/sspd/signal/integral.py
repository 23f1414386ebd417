"""Integration of a waveform without drift."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.signal.filters import checked

#: Below this frequency the gain of the integration is constant, Hz. A plain sum would amplify
#: slow noise above the pulse of a fast heart. Chosen on validation videos (MODEL_CARD.md).
LEVEL_HZ = 0.7


def integrate(
    sig: ArrayLike, fs: float, times: int, level_hz: float = LEVEL_HZ
) -> NDArray[np.float64]:
    """Integrate a waveform `times` times, without drift.

    Each integration divides every frequency by ``2 pi sqrt(f^2 + level_hz^2)`` and delays
    its phase by 90 degrees: a true integral well above `level_hz`, only the phase shift well
    below it. The ends are mirrored.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    times : int
        Number of integrations; 0 returns the waveform unchanged.
    level_hz : float
        Frequency below which the gain is constant, Hz.

    Returns
    -------
    float64 array, shape (time,)
        In units of ``sig`` times seconds to the power of `times`.

    >>> t = np.arange(600) / 30
    >>> twice = integrate(np.cos(2 * np.pi * 3.0 * t), 30.0, 2)
    >>> shape = -np.cos(2 * np.pi * 3.0 * t)
    >>> bool(np.corrcoef(twice, shape)[0, 1] > 0.95)
    True
    """
    values = checked(sig, fs, at_least=4)
    if times == 0:
        return values
    margin = values.size - 1
    mirrored = np.pad(values - values.mean(), margin, mode="reflect")
    freqs = scipy.fft.rfftfreq(mirrored.size, 1 / fs)
    quarter = np.where(freqs > 0, -1j, 0)
    response = (quarter / (2 * np.pi * np.hypot(freqs, level_hz))) ** times
    summed: NDArray[np.float64] = scipy.fft.irfft(
        scipy.fft.rfft(mirrored) * response, mirrored.size
    )
    return summed[margin : margin + values.size]
