"""Irregular heart rhythms as beat times: early beats, fibrillation, recorded intervals.

As in `sspd.simulation.hearts.rhythms`, each function draws the beats of one video, for
`VideoSpec.beats_s`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, cycle

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.hearts.model import MODEL_MARGIN_S
from sspd.simulation.hearts.rhythms import (
    LONGEST_INTERVAL_S,
    SHORTEST_INTERVAL_S,
    SINUS_JITTER,
    beats_of_intervals,
)


def _varied(
    rng: np.random.Generator, intervals_s: Iterable[float], jitter: float
) -> Iterator[float]:
    for interval in intervals_s:
        yield interval * (1 + jitter * float(np.clip(rng.standard_normal(), -3, 3)))


def pattern(
    rng: np.random.Generator,
    duration_s: float,
    intervals_s: Sequence[float],
    jitter: float = SINUS_JITTER,
) -> tuple[float, ...]:
    """Draw the beats of a repeated pattern of intervals, such as bigeminy or trigeminy.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    intervals_s : sequence of float
        Intervals of the pattern, seconds.
    jitter : float
        Standard deviation of an interval, as a fraction of it.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats = np.diff(pattern(np.random.default_rng(0), 10.0, (0.56, 1.04), jitter=0))
    >>> sorted(set(beats.round(2).tolist()))
    [0.56, 1.04]
    """
    start = int(rng.integers(len(intervals_s)))
    turned = [*intervals_s[start:], *intervals_s[:start]]
    return beats_of_intervals(_varied(rng, cycle(turned), jitter), duration_s, rng.uniform())


def early_beats(
    rng: np.random.Generator,
    duration_s: float,
    hr_bpm: float,
    share: float,
    coupling: float = 0.65,
) -> tuple[float, ...]:
    """Draw beats with ventricular early beats and compensatory pauses, at a mean rate.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    hr_bpm : float
        Mean rate, beats per minute.
    share : float
        Fraction of early beats, 0-0.4.
    coupling : float
        Interval before an early beat, as a fraction of an ordinary one; the interval after it
        compensates.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats = np.diff(early_beats(np.random.default_rng(0), 60.0, 75.0, share=0.25))
    >>> bool(beats.min() < 0.6), bool(beats.max() > 1.0)
    (True, True)
    """
    usual = 60.0 / hr_bpm

    def intervals() -> Iterator[float]:
        while True:
            # an early beat accounts for two intervals, so this gives `share` of all beats
            if rng.uniform() < share / (1 - share):
                early = float(np.clip(coupling + 0.05 * rng.standard_normal(), 0.45, 0.85))
                yield usual * early
                yield usual * (2 - early)
            else:
                yield usual

    return beats_of_intervals(_varied(rng, intervals(), SINUS_JITTER), duration_s, rng.uniform())


def move_early(
    rng: np.random.Generator,
    beats_s: NDArray[np.float64],
    which: NDArray[np.bool_],
    coupling: float = 0.65,
) -> NDArray[np.float64]:
    """Move some beats of a rhythm forward in time, as ventricular early beats come.

    The beat after an early one stays where it is: the pause before it compensates, as the
    sinus node goes on. Of two that follow each other only the first is moved.

    Parameters
    ----------
    rng : np.random.Generator
    beats_s : float64 array, shape (beats,)
        Beats of the sinus rhythm, seconds.
    which : bool array, shape (beats,)
        Beats that come early.
    coupling : float
        Interval before an early beat, as a fraction of an ordinary one; it varies by 0.05.

    Returns
    -------
    float64 array, shape (beats,)
        Seconds.

    >>> which = np.array([False, True, True, False])
    >>> move_early(np.random.default_rng(0), np.arange(4.0), which).round(1).tolist()
    [0.0, 0.6, 2.0, 3.0]
    """
    moved = beats_s.copy()
    steps = np.diff(beats_s)
    draws = np.clip(coupling + 0.05 * rng.standard_normal(beats_s.size), 0.45, 0.85)
    last = 0
    for k in np.flatnonzero(which):
        if k - last > 1 or (k == 1 and last == 0):
            early = max(float(draws[k]) * steps[k - 1], min(SHORTEST_INTERVAL_S, steps[k - 1]))
            moved[k] = beats_s[k - 1] + early
            last = int(k)
    return moved


def fibrillation(
    rng: np.random.Generator, duration_s: float, hr_bpm: float, spread: float = 0.22
) -> tuple[float, ...]:
    """Draw the beats of atrial fibrillation: independent, Gamma-distributed intervals.

    No interval is shorter than 0.3 s, the refractory time of the AV node.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    hr_bpm : float
        Mean rate, beats per minute.
    spread : float
        Standard deviation of the intervals, as a fraction of their mean.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    >>> beats = np.diff(fibrillation(np.random.default_rng(0), 600.0, 90.0))
    >>> round(float(60 / beats.mean()), -1), round(float(beats.std() / beats.mean()), 1)
    (90.0, 0.2)
    """
    mean = 60.0 / hr_bpm
    rest = min(0.3, 0.6 * mean)
    shape = ((mean - rest) / (spread * mean)) ** 2

    def intervals() -> Iterator[float]:
        while True:
            yield rest + float(rng.gamma(shape, (mean - rest) / shape))

    return beats_of_intervals(intervals(), duration_s, rng.uniform())


def recorded(
    rng: np.random.Generator,
    duration_s: float,
    intervals_ms: Sequence[float],
    hr_bpm: float | None = None,
) -> tuple[float, ...]:
    """Return the beats of a recorded series of intervals, from a random beat on.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    intervals_ms : sequence of float
        Intervals between beats, milliseconds. If there are too few, they are continued in
        reverse order, so that the rate does not jump.
    hr_bpm : float or None
        Mean rate to which all intervals are scaled, beats per minute.

    Returns
    -------
    tuple of float
        Beat times, seconds.

    Raises
    ------
    UsageError
        There are fewer than two intervals, or one is impossible for a heart.

    >>> beats = np.diff(recorded(np.random.default_rng(0), 10.0, [800, 900, 1000]))
    >>> set(beats.round(1).tolist()) <= {0.8, 0.9, 1.0}
    True
    """
    row = np.asarray(intervals_ms, np.float64) / 1000
    if row.size < 2 or not bool(np.all((row > SHORTEST_INTERVAL_S) & (row < LONGEST_INTERVAL_S))):
        raise UsageError(
            f"rhythms: needs two or more intervals of {1000 * SHORTEST_INTERVAL_S:g} to"
            f" {1000 * LONGEST_INTERVAL_S:g} ms, got {row.size}"
        )
    if hr_bpm is not None:
        row = row * (60.0 / hr_bpm / row.mean())
    # leaves enough intervals after the first one
    needed = int((duration_s + 2 * MODEL_MARGIN_S) / row.mean() * 1.3) + 2
    start = int(rng.integers(max(row.size - needed, 0) + 1))
    there = row[start:]
    endless = cycle([*there.tolist(), *there[::-1].tolist()])
    return beats_of_intervals(chain(endless), duration_s, rng.uniform())
