"""A heart on a fine time grid, and the heart of given beats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Rate at which the model is integrated, Hz; beat times are accurate to under a millisecond.
MODEL_HZ = 500.0
#: Time that is simulated before and after the video, seconds, against effects at its ends.
MODEL_MARGIN_S = 3.0
#: Filling of the heart within an interval: 1 - exp(-(interval - delay) / tau), seconds.
_FILL_DELAY_S, _FILL_TAU_S = 0.2, 0.25


@dataclass(frozen=True, eq=False)
class Heart:
    """Integrated model of the heart on a fine time grid.

    ``phase`` counts beats (a beat at each integer) and ``breath`` is the breathing as a unit
    sine, both at the times ``t``, seconds. ``strength`` is the relative strength of each beat,
    beginning with number 0; None if all are the same.
    """

    t: NDArray[np.float64]
    phase: NDArray[np.float64]
    breath: NDArray[np.float64]
    strength: NDArray[np.float64] | None = None

    def beats(self) -> NDArray[np.float64]:
        """Return the beat times: the times at which the phase is an integer.

        Returns
        -------
        float64 array, shape (beats,)
            Seconds.
        """
        return np.interp(self.numbers(), self.phase, self.t)

    def numbers(self) -> NDArray[np.float64]:
        """Return the numbers of the beats: the integers that the phase passes.

        Returns
        -------
        float64 array, shape (beats,)
        """
        return np.arange(np.ceil(self.phase[0]), np.floor(self.phase[-1]) + 1)

    def strengths(self) -> NDArray[np.float64]:
        """Return the relative strength of each beat of `beats`.

        Returns
        -------
        float64 array, shape (beats,)
        """
        numbers = self.numbers().astype(int)
        if self.strength is None:
            return np.ones(numbers.size)
        return np.asarray(self.strength[np.clip(numbers, 0, self.strength.size - 1)])

    def rate_bpm(self, duration_s: float) -> NDArray[np.float64]:
        """Return the mean rate of each whole second of a video.

        Parameters
        ----------
        duration_s : float
            Length of the video, seconds.

        Returns
        -------
        float64 array, shape (seconds,)
            Beats per minute.
        """
        edges = np.arange(int(duration_s) + 1.0)
        return np.asarray(60.0 * np.diff(np.interp(edges, self.t, self.phase)))


def model_grid(duration_s: float) -> NDArray[np.float64]:
    """Return the times of the model: those of a video, and its margins.

    Parameters
    ----------
    duration_s : float
        Length of the video, seconds.

    Returns
    -------
    float64 array, shape (time,)
        Seconds.

    >>> model_grid(1.0)[[0, -1]].tolist()
    [-3.0, 4.0]
    """
    n = round((duration_s + 2 * MODEL_MARGIN_S) * MODEL_HZ) + 1
    return np.arange(n) / MODEL_HZ - MODEL_MARGIN_S


def heart_of_beats(
    beats_s: NDArray[np.float64], t: NDArray[np.float64], breath: NDArray[np.float64]
) -> Heart:
    """Return the heart of given beats: a monotone cubic (Fritsch-Carlson) through them.

    If they do not reach the ends of the grid, the first and the last interval are repeated.

    Parameters
    ----------
    beats_s : float64 array, shape (beats,)
        Two or more beat times, seconds, ascending.
    t, breath : float64 arrays, shape (time,)
        Time grid, seconds, and the breathing on it.

    Returns
    -------
    Heart

    >>> t = model_grid(2.0)
    >>> heart = heart_of_beats(np.array([0.0, 0.8]), t, np.zeros_like(t))
    >>> heart.beats()[:3].round(3).tolist()
    [-2.4, -1.6, -0.8]
    """
    from scipy.interpolate import PchipInterpolator

    beats = beats_s
    before, after = beats[1] - beats[0], beats[-1] - beats[-2]
    # two more on each side, as the strength of a beat depends on the interval before it
    n_before = max(0, int(np.ceil((beats[0] - t[0]) / before))) + 2
    n_after = max(0, int(np.ceil((t[-1] - beats[-1]) / after))) + 2
    beats = np.concatenate(
        [
            beats[0] - before * np.arange(n_before, 0, -1),
            beats,
            beats[-1] + after * np.arange(1, n_after + 1),
        ]
    )
    phase = PchipInterpolator(beats, np.arange(beats.size))(t)
    intervals = np.diff(beats)
    filled = _filled(intervals) / _filled(np.array([intervals.mean()]))
    return Heart(t, phase, breath, np.concatenate([filled[:1], filled]))


def _filled(intervals_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the filling of the heart after an interval, as a fraction of its capacity."""
    return 1 - np.exp(-np.maximum(intervals_s - _FILL_DELAY_S, 0.02) / _FILL_TAU_S)
