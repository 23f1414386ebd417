"""Heart rhythms as beat times: constant and changing rates.

Each function draws the beats of one video, for `VideoSpec.beats_s`: seconds from its first
frame, ascending, from `MODEL_MARGIN_S` before it to `MODEL_MARGIN_S` after ``duration_s``,
against effects at the ends. Nothing is rendered here. `sspd.simulation.hearts.arrhythmias`
has irregular rhythms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.hearts.model import MODEL_MARGIN_S
from sspd.simulation.hearts.rate_trends import exponential_change

#: Random standard deviation of an interval, as a fraction of it.
SINUS_JITTER = 0.02
#: Shortest and longest interval of a heart, seconds: 240 to 20 beats per minute.
SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S = 0.25, 3.0


def beats_of_intervals(
    intervals_s: Iterator[float], duration_s: float, phase: float
) -> tuple[float, ...]:
    """Return the beats of given intervals, which are limited to those of a heart.

    Parameters
    ----------
    intervals_s : iterator of float
        Endless intervals, seconds.
    duration_s : float
        Length of the video, seconds.
    phase : float
        The first beat is this fraction of an interval before the margin.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats_of_intervals(repeat(1.0), 0.5, 0.0)
    (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0)
    """
    step = next(intervals_s)
    beats = [-MODEL_MARGIN_S - phase * step]
    while beats[-1] < duration_s + MODEL_MARGIN_S:
        beats.append(beats[-1] + float(np.clip(step, SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S)))
        step = next(intervals_s)
    return tuple(round(beat, 6) for beat in beats)


def steady(rng: np.random.Generator, duration_s: float, hr_bpm: float) -> tuple[float, ...]:
    """Return the beats of a metronome: all intervals are equal.

    Parameters
    ----------
    rng : np.random.Generator
        Source of the phase.
    duration_s : float
        Length of the video, seconds.
    hr_bpm : float
        Rate, beats per minute.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats = np.array(steady(np.random.default_rng(0), 10.0, 75.0))
    >>> bool(np.allclose(np.diff(beats), 0.8, atol=2e-6)), bool(beats[0] <= -3)
    (True, True)
    """
    return beats_of_intervals(repeat(60.0 / hr_bpm), duration_s, rng.uniform())


def by_rate(
    rng: np.random.Generator,
    duration_s: float,
    rate_bpm: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    jitter: float = SINUS_JITTER,
) -> tuple[float, ...]:
    """Draw the beats of a rate that changes with time.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    rate_bpm : callable
        Maps an array of times, seconds, to rates, beats per minute.
    jitter : float
        Standard deviation of each beat's time, as a fraction of its interval.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats = np.array(by_rate(np.random.default_rng(0), 30.0, lambda t: 60 + 2 * t, jitter=0))
    >>> [round(60 / float(np.diff(beats)[np.searchsorted(beats, at)])) for at in (0, 30)]
    [63, 121]
    """
    t = np.arange(-MODEL_MARGIN_S - 4, duration_s + MODEL_MARGIN_S + 4, 0.002)
    rate_hz = np.asarray(rate_bpm(t), np.float64) / 60
    phase = np.concatenate([[0.0], np.cumsum((rate_hz[1:] + rate_hz[:-1]) / 2) * 0.002])
    numbers = np.arange(1, np.floor(phase[-1])) + rng.uniform(-0.5, 0.5)
    numbers = numbers + np.clip(jitter * rng.standard_normal(numbers.size), -0.3, 0.3)
    beats = np.interp(numbers, phase, t)
    first = max(int(np.searchsorted(beats, -MODEL_MARGIN_S)) - 1, 0)
    last = int(np.searchsorted(beats, duration_s + MODEL_MARGIN_S)) + 1
    return tuple(beats[first:last].round(6).tolist())


def ramp(
    rng: np.random.Generator, duration_s: float, from_bpm: float, to_bpm: float
) -> tuple[float, ...]:
    """Draw the beats of a rate that rises or falls linearly over the video.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    from_bpm, to_bpm : float
        Rates at the start and end, beats per minute.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> len(ramp(np.random.default_rng(0), 30.0, 62.0, 102.0)) > 41
    True
    """

    def rate(t: NDArray[np.float64]) -> NDArray[np.float64]:
        share = np.clip(t / duration_s, 0, 1)
        return from_bpm + (to_bpm - from_bpm) * share

    return by_rate(rng, duration_s, rate)


def recovery(
    rng: np.random.Generator, duration_s: float, from_bpm: float, to_bpm: float, tau_s: float
) -> tuple[float, ...]:
    """Draw the beats of a recovery after exercise: an exponential change of the rate.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    from_bpm, to_bpm : float
        Rate at the start, and rate that is approached, beats per minute.
    tau_s : float
        Time constant, seconds.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats = np.diff(recovery(np.random.default_rng(0), 30.0, 150.0, 90.0, 20.0))
    >>> bool(beats[:4].mean() < beats[-4:].mean())
    True
    """

    def rate(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return from_bpm + (to_bpm - from_bpm) * exponential_change(t, tau_s)

    return by_rate(rng, duration_s, rate)


def jump(
    rng: np.random.Generator,
    duration_s: float,
    from_bpm: float,
    to_bpm: float,
    at_s: float,
    over_s: float = 2.0,
) -> tuple[float, ...]:
    """Draw the beats of a sudden change of the rate, as after standing up.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    from_bpm, to_bpm : float
        Rates before and after, beats per minute.
    at_s, over_s : float
        Start and duration of the change, seconds.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats = np.array(jump(np.random.default_rng(0), 30.0, 62.0, 95.0, 15.0))
    >>> intervals = np.diff(beats)
    >>> [round(60 / intervals[part].mean(), -1) for part in (beats[1:] < 15, beats[:-1] > 17)]
    [np.float64(60.0), np.float64(100.0)]
    """

    def rate(t: NDArray[np.float64]) -> NDArray[np.float64]:
        share = np.clip((t - at_s) / over_s, 0, 1)
        return from_bpm + (to_bpm - from_bpm) * share * share * (3 - 2 * share)

    return by_rate(rng, duration_s, rate)
