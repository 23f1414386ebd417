"""Self-similarity of a waveform."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import checked


def self_similarity(sig: ArrayLike, fs: float, span_s: float) -> NDArray[np.float64]:
    """Return the cosine similarity of every pair of a waveform's delay vectors.

    A delay vector is the span of the waveform that starts at one sample (delay embedding,
    Takens 1981). A periodic waveform gives stripes parallel to the diagonal, one period
    apart.

    Parameters
    ----------
    sig : array, shape (time,)
        Best band-passed: a common offset makes all spans similar.
    fs : float
        Sampling rate, Hz.
    span_s : float
        Length of a span, seconds; about one period of the rhythm.

    Returns
    -------
    float64 array, shape (n, n)
        -1 to 1, ``n = time - round(span_s * fs) + 1``; NaN for a span of zeros, which has
        no direction.

    Raises
    ------
    UsageError
        The waveform is shorter than ``span_s``, or ``span_s`` than two samples.

    >>> t = np.arange(90) / 30
    >>> alike = self_similarity(np.sin(2 * np.pi * t), 30.0, 1.0)
    >>> alike.shape, round(float(alike[0, 30]), 3), round(float(alike[0, 15]), 3)
    ((61, 61), 1.0, -1.0)
    """
    values = checked(sig, fs)
    length = round(span_s * fs)
    if not 2 <= length <= values.size:
        raise UsageError(
            f"segments of {span_s:g} s do not fit a waveform of {values.size} samples at {fs:g} Hz"
        )
    spans = sliding_window_view(values, length)
    size = np.sqrt((spans**2).sum(axis=1, keepdims=True))
    unit = spans / np.where(size > 0, size, np.nan)
    return np.clip(unit @ unit.T, -1.0, 1.0)
