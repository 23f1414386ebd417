"""Overlap-add of waveforms that are computed window by window."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError

Array = NDArray[np.float64]


def overlap_add_windows(
    rgb: ArrayLike, fs: float, window_s: float, part: Callable[[Array], Array], name: str
) -> Array:
    """Compute a waveform in Hann windows that overlap by half, and add them up.

    The colours of each window are divided by their mean, less 1, so that ``part`` gets the
    relative change of each channel. Its results are weighted by a Hann window, added, and
    divided by the sum of the weights, so that the ends, which only one window covers, are
    not attenuated.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, above 0.
    fs : float
        Sampling rate, Hz.
    window_s : float
        Length of a window, seconds.
    part : callable
        Maps normalised colours, shape (width, 3), to a waveform, shape (width,).
    name : str
        Name of the method, for error messages.

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
