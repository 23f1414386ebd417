"""Heart rhythms as beat times: hearts that are neither steady nor sinusoidal.

Each function draws the beats of one video, for `VideoSpec.beats_s`: seconds from its first
frame, rising, from `MARGIN_S` before it to `MARGIN_S` after ``duration_s``, so that its
ends are ordinary. Nothing is rendered here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, cycle, repeat

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.cardiac import MARGIN_S

#: Standard deviation of an interval around what its rhythm asks for, as a share of it.
SINUS_JITTER = 0.02
#: Intervals that a heart can have, seconds: 240 to 20 beats a minute.
SHORTEST_S, LONGEST_S = 0.25, 3.0


def _laid(intervals_s: Iterator[float], duration_s: float, phase: float) -> tuple[float, ...]:
    """Beats of the given intervals; the first lies ``phase`` of an interval before the margin."""
    step = next(intervals_s)
    beats = [-MARGIN_S - phase * step]
    while beats[-1] < duration_s + MARGIN_S:
        beats.append(beats[-1] + float(np.clip(step, SHORTEST_S, LONGEST_S)))
        step = next(intervals_s)
    return tuple(round(beat, 6) for beat in beats)


def steady(rng: np.random.Generator, duration_s: float, hr_bpm: float) -> tuple[float, ...]:
    """A metronome: every interval the same.

    >>> beats = np.array(steady(np.random.default_rng(0), 10.0, 75.0))
    >>> bool(np.allclose(np.diff(beats), 0.8, atol=2e-6)), bool(beats[0] <= -3)
    (True, True)
    """
    return _laid(repeat(60.0 / hr_bpm), duration_s, rng.uniform())


def by_rate(
    rng: np.random.Generator,
    duration_s: float,
    rate_bpm: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    jitter: float = SINUS_JITTER,
) -> tuple[float, ...]:
    """Beats of a rate that changes with time.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
        Length of the video, seconds.
    rate_bpm : callable
        Beats a minute at times in seconds (array in, array out).
    jitter : float
        Standard deviation of each beat's place, as a share of its interval.

    >>> beats = np.array(by_rate(np.random.default_rng(0), 30.0, lambda t: 60 + 2 * t, jitter=0))
    >>> [round(60 / float(np.diff(beats)[np.searchsorted(beats, at)])) for at in (0, 30)]
    [63, 121]
    """
    t = np.arange(-MARGIN_S - 4, duration_s + MARGIN_S + 4, 0.002)
    rate_hz = np.asarray(rate_bpm(t), np.float64) / 60
    phase = np.concatenate([[0.0], np.cumsum((rate_hz[1:] + rate_hz[:-1]) / 2) * 0.002])
    numbers = np.arange(1, np.floor(phase[-1])) + rng.uniform(-0.5, 0.5)
    numbers = numbers + np.clip(jitter * rng.standard_normal(numbers.size), -0.3, 0.3)
    beats = np.interp(numbers, phase, t)
    first = max(int(np.searchsorted(beats, -MARGIN_S)) - 1, 0)
    last = int(np.searchsorted(beats, duration_s + MARGIN_S)) + 1
    return tuple(beats[first:last].round(6).tolist())


def ramp(
    rng: np.random.Generator, duration_s: float, from_bpm: float, to_bpm: float
) -> tuple[float, ...]:
    """A rate that rises or falls evenly over the video.

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
    """After exercise: from one rate towards another, exponentially.

    >>> beats = np.diff(recovery(np.random.default_rng(0), 30.0, 150.0, 90.0, 20.0))
    >>> bool(beats[:4].mean() < beats[-4:].mean())
    True
    """

    def rate(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return to_bpm + (from_bpm - to_bpm) * np.exp(-np.maximum(t, 0) / tau_s)

    return by_rate(rng, duration_s, rate)


def jump(
    rng: np.random.Generator,
    duration_s: float,
    from_bpm: float,
    to_bpm: float,
    at_s: float,
    over_s: float = 2.0,
) -> tuple[float, ...]:
    """Standing up, a fright: one rate until ``at_s``, another ``over_s`` seconds later.

    >>> beats = np.array(jump(np.random.default_rng(0), 30.0, 62.0, 95.0, 15.0))
    >>> intervals = np.diff(beats)
    >>> [round(60 / intervals[part].mean(), -1) for part in (beats[1:] < 15, beats[:-1] > 17)]
    [np.float64(60.0), np.float64(100.0)]
    """

    def rate(t: NDArray[np.float64]) -> NDArray[np.float64]:
        share = np.clip((t - at_s) / over_s, 0, 1)
        return from_bpm + (to_bpm - from_bpm) * share * share * (3 - 2 * share)

    return by_rate(rng, duration_s, rate)


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
    """A short row of intervals, again and again: bigeminy, trigeminy.

    >>> beats = np.diff(pattern(np.random.default_rng(0), 10.0, (0.56, 1.04), jitter=0))
    >>> sorted(set(beats.round(2).tolist()))
    [0.56, 1.04]
    """
    start = int(rng.integers(len(intervals_s)))
    turned = [*intervals_s[start:], *intervals_s[:start]]
    return _laid(_varied(rng, cycle(turned), jitter), duration_s, rng.uniform())


def early_beats(
    rng: np.random.Generator,
    duration_s: float,
    hr_bpm: float,
    share: float,
    coupling: float = 0.65,
) -> tuple[float, ...]:
    """Ventricular early beats with compensatory pauses: the mean rate stays ``hr_bpm``.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s, hr_bpm : float
    share : float
        How many beats are early, 0-0.4.
    coupling : float
        The interval before an early beat, as a share of an ordinary one; the one
        after it makes up for it.

    >>> beats = np.diff(early_beats(np.random.default_rng(0), 60.0, 75.0, share=0.25))
    >>> bool(beats.min() < 0.6), bool(beats.max() > 1.0)
    (True, True)
    """
    usual = 60.0 / hr_bpm

    def intervals() -> Iterator[float]:
        while True:
            # an early beat takes two intervals, so that it comes `share` of all beats
            if rng.uniform() < share / (1 - share):
                early = float(np.clip(coupling + 0.05 * rng.standard_normal(), 0.45, 0.85))
                yield usual * early
                yield usual * (2 - early)
            else:
                yield usual

    return _laid(_varied(rng, intervals(), SINUS_JITTER), duration_s, rng.uniform())


def fibrillation(
    rng: np.random.Generator, duration_s: float, hr_bpm: float, spread: float = 0.22
) -> tuple[float, ...]:
    """Atrial fibrillation: irregular intervals without memory, Gamma-distributed.

    ``spread`` is their standard deviation as a share of the mean; no interval is
    shorter than 0.3 s, the node's own rest.

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

    return _laid(intervals(), duration_s, rng.uniform())


def recorded(
    rng: np.random.Generator,
    duration_s: float,
    intervals_ms: Sequence[float],
    hr_bpm: float | None = None,
) -> tuple[float, ...]:
    """A part of a recorded row of intervals, from a random beat on.

    Parameters
    ----------
    rng : np.random.Generator
    duration_s : float
    intervals_ms : sequence of float
        Intervals between beats, milliseconds. Too few: they go on backwards, so that
        nothing jumps where they end.
    hr_bpm : float, optional
        Mean rate to which the row is brought by one factor on all intervals.

    Raises
    ------
    UsageError
        Fewer than two intervals, or such as no heart has.

    >>> beats = np.diff(recorded(np.random.default_rng(0), 10.0, [800, 900, 1000]))
    >>> set(beats.round(1).tolist()) <= {0.8, 0.9, 1.0}
    True
    """
    row = np.asarray(intervals_ms, np.float64) / 1000
    if row.size < 2 or not bool(np.all((row > SHORTEST_S) & (row < LONGEST_S))):
        raise UsageError(
            f"rhythms: needs two or more intervals of {1000 * SHORTEST_S:g} to"
            f" {1000 * LONGEST_S:g} ms, got {row.size}"
        )
    if hr_bpm is not None:
        row = row * (60.0 / hr_bpm / row.mean())
    # as many as are surely enough lie behind the first
    needed = int((duration_s + 2 * MARGIN_S) / row.mean() * 1.3) + 2
    start = int(rng.integers(max(row.size - needed, 0) + 1))
    there = row[start:]
    endless = cycle([*there.tolist(), *there[::-1].tolist()])
    return _laid(chain(endless), duration_s, rng.uniform())
