"""Waveforms made window by window, laid over each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError

Array = NDArray[np.float64]


def overlap_add_windows(
    rgb: ArrayLike, fs: float, window_s: float, part: Callable[[Array], Array], name: str
) -> Array:
    """A waveform from Hann windows that overlap by half, each of its own normalised colours.

    Each window is divided by its mean colour, less 1, so that ``part`` sees how much each
    channel changes. The windows are added, each under a Hann window, and divided by what
    the Hann windows add up to: the ends, seen by one window alone, are not smaller.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, above 0.
    fs : float
        Hz.
    window_s : float
        Seconds.
    part : callable
        Normalised colours, shape (width, 3), to a waveform, shape (width,).
    name : str
        Of the method, for errors.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        Shorter than a window.

    >>> overlap_add_windows(np.ones((90, 3)), 30.0, 1.6, lambda c: c[:, 1], "none").any()
    np.False_
    """
    colours = np.asarray(rgb, dtype=np.float64)
    width = int(np.ceil(window_s * fs))
    width += width % 2
    if colours.ndim != 2 or colours.shape[0] < width:
        raise UsageError(f"{name} needs {width} frames ({window_s} s), got shape {colours.shape}")
    last = colours.shape[0] - width
    hann = np.hanning(width + 2)[1:-1]
    out, weight = np.zeros(colours.shape[0]), np.zeros(colours.shape[0])
    for start in [*range(0, last, width // 2), last]:
        window = colours[start : start + width]
        here = slice(start, start + width)
        out[here] += hann * part(window / window.mean(axis=0) - 1)
        weight[here] += hann
    return out / weight
