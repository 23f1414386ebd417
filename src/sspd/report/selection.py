"""Select what plots of a result show: segment, beats, rejected parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sspd.signal import pieces
from sspd.types import Signal, Vitals, WindowVitals
from sspd.vitals import beat_waveforms, pulse_band

#: Seconds shown of the waveform at close range.
EXCERPT_S = 10.0
#: A piece of waveform shorter than this cannot be filtered, seconds.
LEAST_PIECE_S = 2.5


def in_pulse_band(vitals: Vitals) -> list[Signal]:
    """The waveform's pieces without gaps, each filtered to 0.5-4 Hz.

    >>> nothing = Vitals("a.mp4", "pos", None, 9.0, 30.0, ())
    >>> in_pulse_band(nothing)
    []
    """
    if vitals.signal is None:
        return []
    return [
        Signal(pulse_band(piece.values, piece.fs), piece.fs, piece.start_s)
        for piece in pieces(vitals.signal)
        if piece.duration_s >= LEAST_PIECE_S
    ]


def drawn_waveform(vitals: Vitals) -> list[Signal]:
    """The waveform's pieces as they are drawn, so that each beat is a maximum of one.

    Where the pulse is accepted this is what beats were read from, a band around the heart
    rate; elsewhere the waveform of `in_pulse_band`.

    >>> drawn_waveform(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()))
    []
    """
    waves = beat_waveforms(vitals.signal, vitals.windows)
    parts = []
    for piece in in_pulse_band(vitals):
        end_s, at_s = piece.start_s + piece.duration_s, piece.start_s
        for wave in waves:
            if piece.start_s - 1e-6 <= wave.start_s < end_s:
                parts += [piece.between(at_s, wave.start_s), wave]
                at_s = wave.start_s + wave.duration_s
        parts.append(piece.between(at_s, end_s) if at_s > piece.start_s else piece)
    return [part for part in parts if len(part) > 1]


def excerpt(vitals: Vitals, filtered: Sequence[Signal]) -> Signal | None:
    """`EXCERPT_S` from the middle of the video's middle window, a believed one if any.

    Parameters
    ----------
    vitals : Vitals
    filtered : sequence of Signal
        What `in_pulse_band` gave.

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
    """Times of the beats in a stretch, both ends included, seconds, shape (beats,).

    Parameters
    ----------
    vitals : Vitals
    start_s, end_s : float
        Seconds.

    >>> beats_between(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()), 0.0, 9.0)
    array([], dtype=float64)
    """
    beats = np.zeros(0) if vitals.beats_s is None else vitals.beats_s
    return beats[(beats >= start_s) & (beats <= end_s)]


def rejected_spans(windows: Sequence[WindowVitals]) -> list[tuple[float, float]]:
    """Stretches that some window covers but no accepted one, start and end, seconds.

    >>> good = WindowVitals(0.0, 30.0, 60.0, 60.5, 5.0, None, accepted=True)
    >>> bad = WindowVitals(20.0, 50.0, None, None, None, None, False, ("motion",))
    >>> rejected_spans([good, bad])
    [(30.0, 50.0)]
    """
    edges = np.unique([edge for w in windows for edge in (w.start_s, w.end_s)])
    accepted = _covered(edges, [w for w in windows if w.accepted])
    refused = _covered(edges, windows) & ~accepted
    turns = np.flatnonzero(np.diff(np.concatenate([[0], refused, [0]])))
    return [
        (float(edges[a]), float(edges[b])) for a, b in zip(turns[::2], turns[1::2], strict=True)
    ]


def _covered(edges: NDArray[np.float64], windows: Sequence[WindowVitals]) -> NDArray[np.bool_]:
    """Whether any window lies over each stretch from one edge to the next."""
    steps = np.zeros(edges.size, dtype=np.int64)
    np.add.at(steps, np.searchsorted(edges, [w.start_s for w in windows]), 1)
    np.add.at(steps, np.searchsorted(edges, [w.end_s for w in windows]), -1)
    return np.cumsum(steps)[:-1] > 0


def window_at(windows: Sequence[WindowVitals], t_s: float) -> WindowVitals | None:
    """The window that speaks for a moment: around it, accepted if any is, the most central.

    Parameters
    ----------
    windows : sequence of WindowVitals
    t_s : float
        Seconds.

    >>> good = WindowVitals(0.0, 30.0, 60.0, 60.5, 5.0, None, accepted=True)
    >>> bad = WindowVitals(20.0, 50.0, None, None, None, None, False, ("motion",))
    >>> [window_at([good, bad], t).accepted for t in (10.0, 25.0, 40.0)]
    [True, True, False]
    """
    around = [w for w in windows if w.start_s <= t_s < w.end_s]
    if not around:
        return None
    return min(around, key=lambda w: (not w.accepted, abs(w.start_s + w.end_s - 2 * t_s)))
