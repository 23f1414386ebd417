"""Sums over beats: what each beat adds in the seconds after it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: Maps times after a beat and the interval before it, both in seconds, to what the beat adds.
Kernel = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


def sum_of_beats(
    kernel: Kernel,
    beats: NDArray[np.float64],
    strength: NDArray[np.float64],
    t: NDArray[np.float64],
    length_s: float,
) -> NDArray[np.float64]:
    """Return the sum of a kernel over beats.

    Parameters
    ----------
    kernel : callable
        It may begin before its beat, by an interval at most.
    beats, strength : float64 arrays, shape (beats,)
        Beat times, seconds, and a factor for each.
    t : float64 array, shape (time,)
        Seconds.
    length_s : float
        A kernel ends at this time after its beat, seconds.

    Returns
    -------
    float64 array, shape (time,)

    >>> def box(after_s, interval_s):
    ...     return ((after_s >= 0) & (after_s < 1.5)) * 1.0
    >>> sum_of_beats(box, np.arange(4.0), np.ones(4), np.array([0.5, 1.2, 1.7]), 2.0).tolist()
    [1.0, 2.0, 1.0]
    """
    steps = np.diff(beats)
    intervals = np.concatenate([steps[:1], steps])
    number = np.searchsorted(beats, t, side="right") - 1
    out = np.zeros_like(t)
    # from the next beat, whose rise has begun, back to those that have not ended
    for back in range(-1, int(length_s / float(np.median(steps))) + 2):
        k = number - back
        there = np.clip(k, 0, beats.size - 1)
        added = kernel(t - beats[there], intervals[there]) * strength[there]
        out += np.where(k == there, added, 0.0)
    return out


def even_beats(kernel: Kernel, interval_s: float, length_s: float) -> NDArray[np.float64]:
    """Return one interval of an endless row of even beats of strength 1.

    Parameters
    ----------
    kernel : callable
    interval_s : float
        Interval, seconds.
    length_s : float
        Length of the kernel, seconds.

    Returns
    -------
    float64 array, shape (512,)

    >>> even_beats(lambda after_s, interval_s: (after_s >= 0) * 1.0, 1.0, 0.5)[:2].tolist()
    [2.0, 2.0]
    """
    beats = np.arange(-int(length_s / interval_s) - 3, 3) * interval_s
    grid = np.linspace(0.0, interval_s, 512, endpoint=False)
    return sum_of_beats(kernel, np.asarray(beats), np.ones(beats.size), grid, length_s)
