"""Components of colour traces, and the choice of the pulsatile one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal import detrend, standardise

Array = NDArray[np.float64]
#: Slower changes are removed as effects of light and posture, Hz.
COLOR_TREND_HZ = 0.4
#: Band in which the spectral line of the pulse is searched, Hz.
COMPONENT_BAND_HZ = (0.6, 4.0)
#: A component with less than this fraction of the largest variance is dropped: its channels
#: are linearly dependent.
_NO_VARIANCE = 1e-10


def normalised(rgb: ArrayLike, fs: float, name: str) -> Array:
    """Remove the trend of each colour channel, and scale it to mean 0 and deviation 1.

    Parameters
    ----------
    rgb : array, shape (time, 3)
    fs : float
        Sampling rate, Hz.
    name : str
        Name of the method, for error messages.

    Returns
    -------
    float64 array, shape (3, time)

    Raises
    ------
    UsageError
        Less than a second of samples.
    """
    colours = np.asarray(rgb, dtype=np.float64)
    if colours.ndim != 2 or colours.shape[0] < max(fs, 5):
        raise UsageError(f"{name} needs a second of frames, got shape {colours.shape}")
    return np.stack([standardise(detrend(channel, fs, COLOR_TREND_HZ)) for channel in colours.T])


def principal(signals: Array) -> Array:
    """Compute the principal components of signals, scaled to variance 1, largest first.

    Parameters
    ----------
    signals : float64 array, shape (channels, time)
        Of mean 0.

    Returns
    -------
    float64 array, shape (components, time)
        As many as the rank of the signals.

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
    """Return the component with the strongest spectral line in the pulse band.

    Parameters
    ----------
    components : float64 array, shape (components, time)
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)
        The component with the highest line relative to the area of its spectrum.

    >>> t = np.arange(300) / 30
    >>> noise = np.random.default_rng(0).standard_normal(300)
    >>> tone = np.sin(2 * np.pi * 1.2 * t)
    >>> bool((most_pulsatile(np.stack([noise, tone]), 30.0) == tone).all())
    True
    """
    power = np.abs(np.fft.rfft(components * np.hanning(components.shape[1]))) ** 2
    freqs = np.fft.rfftfreq(components.shape[1], 1 / fs)
    inside = (freqs >= COMPONENT_BAND_HZ[0]) & (freqs <= COMPONENT_BAND_HZ[1])
    whole = power.sum(axis=1)
    line = power[:, inside].max(axis=1) / np.where(whole > 0, whole, 1.0)
    best: Array = components[int(line.argmax())]
    return best


def rising_with_blood(wave: Array, green: Array) -> Array:
    """Invert a waveform if it rises with the green light, which blood absorbs.

    Parameters
    ----------
    wave, green : float64 arrays, shape (time,)

    Returns
    -------
    float64 array, shape (time,)
        Rising with the blood volume.
    """
    return -wave if float(wave @ green) > 0 else wave
