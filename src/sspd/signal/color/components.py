"""Components of colour traces, and which of them is the pulse."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal import detrend, standardise

Array = NDArray[np.float64]
#: Slower changes are light and posture, Hz.
TREND_HZ = 0.4
#: Where a pulse's line is looked for, Hz.
BAND_HZ = (0.6, 4.0)
#: Of the largest variance; a direction of less is none (the channels are one another).
_NO_VARIANCE = 1e-10


def normalised(rgb: ArrayLike, fs: float, name: str) -> Array:
    """The three colours without trend, each of mean 0 and deviation 1, shape (3, time).

    Parameters
    ----------
    rgb : array, shape (time, 3)
    fs : float
        Hz.
    name : str
        Of the method, for errors.

    Raises
    ------
    UsageError
        Less than a second.
    """
    colours = np.asarray(rgb, dtype=np.float64)
    if colours.ndim != 2 or colours.shape[0] < max(fs, 5):
        raise UsageError(f"{name} needs a second of frames, got shape {colours.shape}")
    return np.stack([standardise(detrend(channel, fs, TREND_HZ)) for channel in colours.T])


def principal(signals: Array) -> Array:
    """Uncorrelated components of variance 1, the largest direction first.

    Parameters
    ----------
    signals : float64 array, shape (channels, time)
        Of mean 0.

    Returns
    -------
    float64 array, shape (components, time)
        As many as the signals have directions.

    >>> x = np.random.default_rng(0).standard_normal((2, 50))
    >>> made = principal(np.stack([x[0], x[1], x[0]]) - 0)
    >>> made.shape
    (2, 50)
    """
    variance, directions = np.linalg.eigh(signals @ signals.T / signals.shape[1])
    kept = np.flatnonzero(variance > _NO_VARIANCE * max(float(variance[-1]), 1e-300))[::-1]
    whole: Array = (directions[:, kept].T @ signals) / np.sqrt(variance[kept])[:, None]
    return whole


def most_pulsatile(components: Array, fs: float) -> Array:
    """The component whose spectrum, of area 1, has the highest line in the pulse band.

    Parameters
    ----------
    components : float64 array, shape (components, time)
    fs : float
        Hz.

    >>> t = np.arange(300) / 30
    >>> noise = np.random.default_rng(0).standard_normal(300)
    >>> tone = np.sin(2 * np.pi * 1.2 * t)
    >>> bool((most_pulsatile(np.stack([noise, tone]), 30.0) == tone).all())
    True
    """
    power = np.abs(np.fft.rfft(components * np.hanning(components.shape[1]))) ** 2
    freqs = np.fft.rfftfreq(components.shape[1], 1 / fs)
    inside = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    whole = power.sum(axis=1)
    line = power[:, inside].max(axis=1) / np.where(whole > 0, whole, 1.0)
    best: Array = components[int(line.argmax())]
    return best


def rising_with_blood(wave: Array, green: Array) -> Array:
    """The wave turned so that it goes against the green light, which blood takes away.

    Parameters
    ----------
    wave, green : float64 arrays, shape (time,)
    """
    return -wave if float(wave @ green) > 0 else wave
