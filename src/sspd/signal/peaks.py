"""Beats in a waveform."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import checked

#: A beat rises over its surroundings by at least this many local standard deviations:
#: less than a weak beat (2.8 for a sine), more than the bump of a dicrotic notch.
PROMINENCE = 0.7
#: The stretch over which the local standard deviation is taken, seconds.
LOCAL_S = 4.0


def find_beats(sig: ArrayLike, fs: float, refractory_s: float = 0.27) -> NDArray[np.float64]:
    """Times of the beats, seconds from the first sample, finer than the samples.

    Parameters
    ----------
    sig : array, shape (time,)
        Band-passed by the caller; a beat is a maximum.
    fs : float
        Hz.
    refractory_s : float
        Two beats lie no closer than this, to a sample; of two that do the lower is
        dropped.

    Returns
    -------
    float64 array, shape (beats,)
        Rising; the top of the parabola through each maximum and its neighbours.

    >>> t = np.arange(300) / 30
    >>> beats = find_beats(np.sin(2 * np.pi * 1.25 * (t - 0.11)), 30.0)
    >>> np.round(beats[:3], 2)
    array([0.31, 1.11, 1.91])
    """
    if not refractory_s > 0:
        raise UsageError(f"the refractory time must be positive, got {refractory_s} s")
    values = checked(sig, fs, at_least=3)
    size = max(3, round(LOCAL_S * fs))
    mean = scipy.ndimage.uniform_filter1d(values, size, mode="reflect")
    square = scipy.ndimage.uniform_filter1d((values - values.mean()) ** 2, size, mode="reflect")
    local = np.sqrt(np.maximum(square - (mean - values.mean()) ** 2, 0.0))
    floor = PROMINENCE * local
    # Rounded down: 9 samples instead of 8.1 would cap 30 Hz waveforms at 200 bpm.
    distance = max(1, int(np.floor(refractory_s * fs + 1e-9)))
    tops, found = scipy.signal.find_peaks(
        values, distance=distance, prominence=0.0, wlen=2 * size + 1
    )
    tops = tops[(found["prominences"] >= floor[tops]) & (floor[tops] > 0)]
    before, at, after = values[tops - 1], values[tops], values[tops + 1]
    bend = before - 2 * at + after
    shift = np.divide(0.5 * (before - after), bend, out=np.zeros(tops.size), where=bend < 0)
    times: NDArray[np.float64] = (tops + np.clip(shift, -0.5, 0.5)) / fs
    return times
