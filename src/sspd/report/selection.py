"""Selection of what the plots of a result show: excerpt, beats, rejected spans."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sspd.signal import unbroken_runs
from sspd.types import Signal, Vitals, WindowVitals
from sspd.vitals import beat_waveforms, pulse_band

#: Length of the waveform excerpt, seconds.
EXCERPT_S = 10.0
#: Shortest part of a waveform that can be filtered, seconds.
LEAST_FILTERED_S = 2.5


def in_pulse_band(vitals: Vitals) -> list[Signal]:
    """Return the parts of the waveform between gaps, each filtered to 0.5-4 Hz.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    list of Signal

    >>> nothing = Vitals("a.mp4", "pos", None, 9.0, 30.0, ())
    >>> in_pulse_band(nothing)
    []
    """
    if vitals.signal is None:
        return []
    return [
        Signal(pulse_band(part.values, part.fs), part.fs, part.start_s)
        for part in unbroken_runs(vitals.signal)
        if part.duration_s >= LEAST_FILTERED_S
    ]


def drawn_waveform(vitals: Vitals) -> list[Signal]:
    """Return the waveform as it is drawn, so that each beat is a maximum.

    In accepted windows it is filtered to a band around the heart rate, as for the detection of
    beats; elsewhere it is that of `in_pulse_band`.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    list of Signal
        In order of time, without gaps inside.

    >>> drawn_waveform(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()))
    []
    """
    waves = beat_waveforms(vitals.signal, vitals.windows)
    parts = []
    for span in in_pulse_band(vitals):
        end_s, at_s = span.start_s + span.duration_s, span.start_s
        for wave in waves:
            if span.start_s - 1e-6 <= wave.start_s < end_s:
                parts += [span.between(at_s, wave.start_s), wave]
                at_s = wave.start_s + wave.duration_s
        parts.append(span.between(at_s, end_s) if at_s > span.start_s else span)
    return [part for part in parts if len(part) > 1]


def excerpt(vitals: Vitals, filtered: Sequence[Signal]) -> Signal | None:
    """Return `EXCERPT_S` from the middle of the middle window, an accepted one if any.

    Parameters
    ----------
    vitals : Vitals
    filtered : sequence of Signal
        From `in_pulse_band` or `drawn_waveform`.

    Returns
    -------
    Signal or None
        None without a waveform.

    >>> excerpt(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()), []) is None
    True
    """
    if not filtered:
        return None
    good = [window for window in vitals.windows if window.accepted] or list(vitals.windows)
    if good:
        centre = good[len(good) // 2]
        start_s = max(centre.start_s, (centre.start_s + centre.end_s - EXCERPT_S) / 2)
        part = max((p.between(start_s, start_s + EXCERPT_S) for p in filtered), key=len)
        if len(part):
            return part
    longest = max(filtered, key=len)
    return longest.between(longest.start_s, longest.start_s + EXCERPT_S)


def beats_between(vitals: Vitals, start_s: float, end_s: float) -> NDArray[np.float64]:
    """Return the times of the beats in a time span, both ends included.

    Parameters
    ----------
    vitals : Vitals
    start_s, end_s : float
        Seconds.

    Returns
    -------
    float64 array, shape (beats,)
        Seconds.

    >>> beats_between(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()), 0.0, 9.0)
    array([], dtype=float64)
    """
    beats = np.zeros(0) if vitals.beats_s is None else vitals.beats_s
    return beats[(beats >= start_s) & (beats <= end_s)]


def rejected_spans(windows: Sequence[WindowVitals]) -> list[tuple[float, float]]:
    """Return the time spans that rejected windows cover and no accepted one.

    Parameters
    ----------
    windows : sequence of WindowVitals

    Returns
    -------
    list of (start_s, end_s)
        Seconds.

    >>> good = WindowVitals(0.0, 30.0, 60.0, 60.5, 5.0, None, accepted=True)
    >>> bad = WindowVitals(20.0, 50.0, None, None, None, None, False, ("motion",))
    >>> rejected_spans([good, bad])
    [(30.0, 50.0)]
    """
    edges = np.unique([edge for w in windows for edge in (w.start_s, w.end_s)])
    accepted = _covered(edges, [w for w in windows if w.accepted])
    rejected = _covered(edges, windows) & ~accepted
    turns = np.flatnonzero(np.diff(np.concatenate([[0], rejected, [0]])))
    return [
        (float(edges[a]), float(edges[b])) for a, b in zip(turns[::2], turns[1::2], strict=True)
    ]


def _covered(edges: NDArray[np.float64], windows: Sequence[WindowVitals]) -> NDArray[np.bool_]:
    """Return for each span between two edges whether any window covers it."""
    steps = np.zeros(edges.size, dtype=np.int64)
    np.add.at(steps, np.searchsorted(edges, [w.start_s for w in windows]), 1)
    np.add.at(steps, np.searchsorted(edges, [w.end_s for w in windows]), -1)
    return np.cumsum(steps)[:-1] > 0


def window_at(windows: Sequence[WindowVitals], t_s: float) -> WindowVitals | None:
    """Return the window to show at a time: accepted if possible, then the most central.

    Parameters
    ----------
    windows : sequence of WindowVitals
    t_s : float
        Seconds.

    Returns
    -------
    WindowVitals or None
        None if no window contains the time.

    >>> good = WindowVitals(0.0, 30.0, 60.0, 60.5, 5.0, None, accepted=True)
    >>> bad = WindowVitals(20.0, 50.0, None, None, None, None, False, ("motion",))
    >>> [window_at([good, bad], t).accepted for t in (10.0, 25.0, 40.0)]
    [True, True, False]
    """
    around = [w for w in windows if w.start_s <= t_s < w.end_s]
    if not around:
        return None
    return min(around, key=lambda w: (not w.accepted, abs(w.start_s + w.end_s - 2 * t_s)))
