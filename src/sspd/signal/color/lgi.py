"""LGI: the colours projected orthogonally to their main direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal import detrend
from sspd.signal.color.components import COLOR_TREND_HZ


def lgi_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Compute the LGI waveform of mean skin colours; it rises with the blood volume.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, linear to the light, any unit.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        Less than a second.

    Notes
    -----
    Pilz et al. 2018: the colours are projected orthogonally to their first singular vector,
    along which light and motion act, and the green channel is taken. Its trend is removed,
    as from every waveform here that is not band-passed.

    >>> t = np.arange(300) / 30
    >>> pulse, light = np.sin(2 * np.pi * 1.2 * t), 0.05 * np.sin(2 * np.pi * 0.9 * t)
    >>> skin = np.array([170.0, 120.0, 100.0]) * (1 + light[:, None])
    >>> colour = skin * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53])
    >>> round(float(np.corrcoef(lgi_waveform(colour, 30.0), pulse)[0, 1]), 1)
    1.0
    """
    colours = np.asarray(rgb, dtype=np.float64)
    if colours.ndim != 2 or colours.shape[0] < max(fs, 5):
        raise UsageError(f"LGI needs a second of frames, got shape {colours.shape}")
    main = np.linalg.svd(colours, full_matrices=False)[2][0]
    green = (colours - np.outer(colours @ main, main))[:, 1]
    return -detrend(green, fs, COLOR_TREND_HZ)
