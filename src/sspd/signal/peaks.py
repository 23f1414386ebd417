"""Detection of single beats in a waveform."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import checked

#: Least prominence of a beat, in local standard deviations: less than that of a weak beat
#: (2.8 for a sine), more than that of the bump after a dicrotic notch.
PROMINENCE = 0.7
#: Length of the window of the local standard deviation, seconds.
LOCAL_S = 4.0
#: Shortest interval that `interval_spread` counts, in periods.
SHORTEST_INTERVAL = 0.65


def find_beats(sig: ArrayLike, fs: float, refractory_s: float = 0.27) -> NDArray[np.float64]:
    """Find the times of beats in a waveform, to a fraction of a sample.

    Parameters
    ----------
    sig : array, shape (time,)
        Already band-passed; a beat is a maximum.
    fs : float
        Sampling rate, Hz.
    refractory_s : float
        Shortest time between two beats, seconds, rounded down to samples. Of two maxima
        that are closer, the lower one is dropped.

    Returns
    -------
    float64 array, shape (beats,)
        Times in ascending order, seconds from the first sample. Each is the vertex of the
        parabola through a maximum and its two neighbours.

    Raises
    ------
    UsageError
        `refractory_s` is not positive, or the waveform has fewer than 3 samples.

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


def interval_spread(sig: ArrayLike, fs: float, f_hz: float) -> float:
    """Return how much the intervals between the maxima of a waveform differ.

    The waveform of a heart has a maximum in every period, and its intervals differ by some
    percent. Noise in the same band has a line as well, but its maxima come as they like.

    Parameters
    ----------
    sig : array, shape (time,)
        Already band-passed.
    fs : float
        Sampling rate, Hz.
    f_hz : float
        Rate at which maxima are expected, Hz; of two that are closer than `SHORTEST_INTERVAL`
        periods, the higher one counts.

    Returns
    -------
    float
        Standard deviation of the intervals over their mean, at most 1; 1 with fewer than two
        intervals.

    Raises
    ------
    UsageError
        The rate is not positive, or the waveform has fewer than 3 samples.

    >>> t = np.arange(900) / 30
    >>> round(interval_spread(np.sin(2 * np.pi * 1.2 * t), 30.0, 1.2), 2)
    0.0
    >>> interval_spread(np.random.default_rng(0).normal(size=900), 30.0, 1.2) > 0.15
    True
    """
    if not f_hz > 0:
        raise UsageError(f"the rate must be positive, got {f_hz} Hz")
    values = checked(sig, fs, at_least=3)
    distance = max(1, int(np.floor(SHORTEST_INTERVAL * fs / f_hz)))
    intervals = np.diff(scipy.signal.find_peaks(values, distance=distance)[0])
    if intervals.size < 2:
        return 1.0
    return float(min(intervals.std() / intervals.mean(), 1.0))
