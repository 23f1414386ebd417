"""POS: projection on the plane orthogonal to the skin tone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError

#: Length of the sliding window, seconds (48 frames at 30 Hz).
POS_WINDOW_S = 1.6


def pos_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Compute the POS waveform of mean skin colours; it falls as the blood volume rises.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, linear to the light, any unit, above 0.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)
        With the sign of the published algorithm.

    Raises
    ------
    UsageError
        Shorter than the window.

    Notes
    -----
    Wang et al. 2017, Algorithm 1.

    >>> t = np.arange(300) / 30
    >>> pulse = np.sin(2 * np.pi * 1.2 * t)[:, None] * [0.0033, 0.0077, 0.0053]
    >>> wave = pos_waveform(100 * (1 + pulse), 30.0)
    >>> abs(round(float(np.corrcoef(wave[48:-48], pulse[48:-48, 1])[0, 1]), 2))
    1.0
    """
    colours = np.asarray(rgb, dtype=np.float64)
    width = int(np.ceil(POS_WINDOW_S * fs))
    if colours.ndim != 2 or colours.shape[0] < width:
        raise UsageError(f"POS needs {width} frames ({POS_WINDOW_S} s), got shape {colours.shape}")
    # (windows, 3, width): each window is divided by its own mean, then projected.
    windows = np.lib.stride_tricks.sliding_window_view(colours, width, axis=0)
    normal = windows / windows.mean(axis=2, keepdims=True)
    first = normal[:, 1] - normal[:, 2]
    second = normal[:, 1] + normal[:, 2] - 2 * normal[:, 0]
    spread = second.std(axis=1)
    tuned = np.divide(first.std(axis=1), spread, out=np.zeros_like(spread), where=spread > 0)
    parts = first + tuned[:, None] * second
    parts -= parts.mean(axis=1, keepdims=True)
    out = np.zeros(colours.shape[0])
    for k in range(width):
        out[k : k + parts.shape[0]] += parts[:, k]
    return out
