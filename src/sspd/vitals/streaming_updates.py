"""Looks at a growing waveform: its last window, beats, variability and breathing, each second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sspd.signal import equalize_signal
from sspd.signal.streaming_filter import filtered_now
from sspd.types import FrameStats, Signal, WindowVitals
from sspd.vitals.acceptance import still_scene
from sspd.vitals.beats import Rhythm, analyze_beats
from sspd.vitals.streaming import check_ahead, push_readout, settled, unfinished
from sspd.vitals.streaming_state import (
    RHYTHM_S,
    ReadoutSettings,
    ReadoutState,
    begin_readout,
)
from sspd.vitals.windows import SHORTEST_WAVEFORM_S, read_window

#: Time between two updates, seconds of the waveform.
UPDATE_S = 1.0


@dataclass(frozen=True, eq=False)
class ReadoutUpdate:
    """State of a growing waveform at one moment."""

    end_s: float
    """End of the samples that it rests on, seconds."""
    window: WindowVitals | None
    """The last seconds, at most one window of them; None: fewer than 8 s since the last gap."""
    rhythm: Rhythm
    """Beats, variability and breathing of the last five minutes."""
    complete: tuple[WindowVitals, ...]
    """Windows that became complete since the update before."""
    final: bool = False
    """True if the waveform has ended; then ``complete`` has all windows that were left."""


def pulse_now(state: ReadoutState) -> Signal | None:
    """Return the last seconds of the filtered waveform, as if it ended now.

    Parameters
    ----------
    state : ReadoutState

    Returns
    -------
    Signal or None
        At most one window long; None if there are fewer than 8 s since the last gap.

    >>> state, _ = push_readout(begin_readout(ReadoutSettings(30.0)), np.sin(np.arange(1200) / 4))
    >>> pulse_now(state)
    Signal(900 samples at 30 Hz from 10 s)
    """
    return _pulse(settled(state)[0])


def window_now(state: ReadoutState) -> WindowVitals | None:
    """Read the last seconds of a waveform, as if it ended now.

    Parameters
    ----------
    state : ReadoutState

    Returns
    -------
    WindowVitals or None
        Of at most one window; None if there are fewer than 8 s since the last gap.

    >>> wave = np.sin(2 * np.pi * 1.1 * np.arange(1200) / 30)
    >>> state, _ = push_readout(begin_readout(ReadoutSettings(30.0)), wave)
    >>> window = window_now(state)
    >>> window.start_s, window.end_s, round(window.hr_bpm, 1)
    (10.0, 40.0, 66.0)
    """
    return _window(settled(state)[0])


def rhythm_now(state: ReadoutState) -> Rhythm:
    """Return beats, variability and breathing of the last five minutes of a waveform.

    Parameters
    ----------
    state : ReadoutState

    Returns
    -------
    Rhythm
        As `sspd.vitals.analyze_beats` gives it for the windows that begin in them.

    >>> wave = np.sin(2 * np.pi * 1.1 * np.arange(1200) / 30)
    >>> state, _ = push_readout(begin_readout(ReadoutSettings(30.0)), wave)
    >>> rhythm_now(state).beats_s.size
    44
    """
    return _rhythm(settled(state)[0])


def stream_readout(
    chunks: Iterable[tuple[NDArray[np.float64], FrameStats | None]], settings: ReadoutSettings
) -> Iterator[ReadoutUpdate]:
    """Read a waveform while it grows.

    Parameters
    ----------
    chunks : iterable of (samples, frame statistics or None)
        See `push_readout`. How they are cut makes no difference.
    settings : ReadoutSettings

    Yields
    ------
    ReadoutUpdate
        One per second of the waveform, and one at its end.

    Raises
    ------
    UsageError
        As `push_readout`.

    >>> wave = np.sin(2 * np.pi * 1.1 * np.arange(900) / 30)
    >>> chunks = [(wave[:500], None), (wave[500:], None)]
    >>> updates = list(stream_readout(chunks, ReadoutSettings(fs=30.0)))
    >>> len(updates), round(updates[20].window.hr_bpm), updates[-1].final
    (31, 66, True)
    """
    state = begin_readout(settings)
    rows = still_scene(np.zeros(0))
    n, k = 0, 1
    complete: list[WindowVitals] = []
    for values, more in chunks:
        rows = rows if more is None or not more.t.size else rows.followed_by(more)
        check_ahead(rows, settings.start_s + (n + values.size) / settings.fs)
        while values.size:
            due = int(np.ceil(k * UPDATE_S * settings.fs - 1e-9))
            now, values = values[: due - n], values[due - n :]
            n += now.size
            # frames after the last sample wait, so that an update does not depend on the cuts
            end_s = settings.start_s + n / settings.fs - 1e-9
            known = rows.between(-np.inf, end_s)
            rows = rows.between(end_s, np.inf)
            state, windows = push_readout(state, now, known)
            complete += windows
            if n == due:
                yield _update(state, tuple(complete))
                k, complete = k + 1, []
    end, windows = settled(push_readout(state, np.zeros(0), rows)[0])
    rest = (*complete, *windows, *unfinished(end))
    yield replace(_update(end, rest), final=True)


def _update(state: ReadoutState, complete: tuple[WindowVitals, ...]) -> ReadoutUpdate:
    now = settled(state)[0]
    return ReadoutUpdate(now.end_s, _window(now), _rhythm(now), complete)


def _pulse(now: ReadoutState) -> Signal | None:
    run, fs = now.run, now.settings.fs
    if run is None or run.n_samples / fs < SHORTEST_WAVEFORM_S:
        return None
    first = max(0, run.n_samples - round(now.settings.window_s * fs))
    return Signal(filtered_now(run, first), fs, now.run_start_s + first / fs)


def _window(now: ReadoutState) -> WindowVitals | None:
    filtered, settings = _pulse(now), now.settings
    if filtered is None:
        return None
    found = read_window(
        filtered,
        now.frame_stats,
        facts=settings.facts,
        confidence=settings.confidence,
        least_confidence=settings.least_confidence,
    )
    return replace(found, start_s=filtered.start_s, end_s=now.end_s)


def _rhythm(now: ReadoutState) -> Rhythm:
    start_s = now.end_s - now.recent.size / now.settings.fs
    recent = Signal(now.recent, now.settings.fs, start_s)
    windows = [w for w in (*now.windows, *unfinished(now)) if w.start_s >= now.end_s - RHYTHM_S]
    equalizer = now.settings.equalizer
    if equalizer is None or not recent.values.size:
        return analyze_beats(recent, windows)
    return analyze_beats(equalize_signal(recent, equalizer), windows, recent)
