"""Smooth random changes over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def smooth_noise(
    rng: np.random.Generator, t: NDArray[np.float64], f_range: tuple[float, float], n: int = 16
) -> NDArray[np.float64]:
    """Draw aperiodic noise in a frequency band, as a sum of sines, with variance 1.

    It can be evaluated at any times, so the same motion can be recorded at any frame rate.

    Parameters
    ----------
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.
    f_range : (low, high)
        Band, Hz.
    n : int
        Number of sines, of random frequency and phase.

    Returns
    -------
    float64 array, shape (time,)

    >>> x = smooth_noise(np.random.default_rng(0), np.arange(0, 1000, 0.1), (0.1, 1.0))
    >>> bool(abs(x.std() - 1) < 0.05)
    True
    """
    f_hz = rng.uniform(*f_range, n)
    phase = rng.uniform(0, 2 * np.pi, n)
    gain = rng.uniform(0.5, 1.5, n)
    gain *= np.sqrt(2 / np.sum(gain**2))
    # a loop, as the n sines of an hour of video would take much memory at once
    out = np.zeros_like(t)
    for f, p, g in zip(f_hz, phase, gain, strict=True):
        out += g * np.sin(2 * np.pi * f * t + p)
    return out
