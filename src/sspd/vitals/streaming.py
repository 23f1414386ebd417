"""Reading of the windows of a waveform that is still growing, in bounded memory.

A state goes in, the next samples go in, the next state comes out, with the windows that are
complete: nothing that comes later changes them. What a whole waveform gives
(`sspd.vitals.read_windows`) is this, drained. A state is never changed, so that one may look at
what it would give if the waveform ended now (`sspd.vitals.streaming_updates`), and go on.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.join import runs
from sspd.signal.streaming_filter import (
    begin_filter,
    filtered_for_good,
    filtered_now,
    push_filter,
    settle_samples,
    trim_filter,
)
from sspd.types import FrameStats, Signal, WindowVitals
from sspd.types.equalizer import MOST_TAPS
from sspd.vitals.heart_rate import PASS_HZ
from sspd.vitals.streaming_state import MOST_AHEAD_S, RHYTHM_S, ROWS_AROUND_S, ReadoutState
from sspd.vitals.windows import (
    REMAINDER_S,
    SHORTEST_WAVEFORM_S,
    cut_windows,
    read_window,
    unread_windows,
)


def push_readout(
    state: ReadoutState, sig: ArrayLike, frame_stats: FrameStats | None = None
) -> tuple[ReadoutState, tuple[WindowVitals, ...]]:
    """Read further samples of a waveform.

    Parameters
    ----------
    state : ReadoutState
        Not changed.
    sig : array, shape (time,)
        The next samples, any number of them; NaN where there is no face.
    frame_stats : FrameStats or None
        The next frames: no later than the samples of their times. None: none.

    Returns
    -------
    state : ReadoutState
        The same, bit for bit, however the samples are cut.
    windows : tuple of WindowVitals
        Those that became complete, in order of time: 11 s and one more after their ends, when
        neither the filter nor a remainder changes them any more.

    Raises
    ------
    UsageError
        The samples have no single dimension, or the frames do not follow those before, or are
        over `MOST_AHEAD_S` ahead of the samples.

    >>> from sspd.vitals.streaming_state import ReadoutSettings, begin_readout
    >>> wave = np.sin(2 * np.pi * 1.1 * np.arange(1300) / 30)
    >>> state, windows = push_readout(begin_readout(ReadoutSettings(30.0)), wave)
    >>> [round(window.hr_bpm, 1) for window in windows]
    [66.0]
    """
    values = np.asarray(sig, np.float64)
    if values.ndim != 1:
        raise UsageError(f"a waveform has one dimension, got shape {values.shape}")
    if frame_stats is not None and frame_stats.t.size:
        state = _with_rows(state, values.size, frame_stats)
    waiting = np.concatenate([state.held, values])
    n = max(0, waiting.size - state.settings.held)
    state, windows = _advance(state, waiting[:n])
    return replace(state, held=waiting[n:].copy()), windows


def close_readout(state: ReadoutState) -> tuple[WindowVitals, ...]:
    """Return the windows that a waveform still has if it ends now.

    Parameters
    ----------
    state : ReadoutState

    Returns
    -------
    tuple of WindowVitals
        Those that `push_readout` did not give, in order of time.

    >>> from sspd.vitals.streaming_state import ReadoutSettings, begin_readout
    >>> state, _ = push_readout(begin_readout(ReadoutSettings(30.0)), np.zeros(30))
    >>> [window.reasons for window in close_readout(state)]
    [('too_short',)]
    """
    state, windows = settled(state)
    return (*windows, *unfinished(state))


def settled(state: ReadoutState) -> tuple[ReadoutState, tuple[WindowVitals, ...]]:
    """Process the samples that wait for frames, as if no frames came any more.

    Parameters
    ----------
    state : ReadoutState

    Returns
    -------
    state : ReadoutState
        For a look at it; what goes on is the state before.
    windows : tuple of WindowVitals
        Those that became complete.
    """
    done, windows = _advance(state, state.held)
    return replace(done, held=state.held[:0]), windows


def unfinished(state: ReadoutState) -> tuple[WindowVitals, ...]:
    """Read the windows of the last run that are not complete, as if it ended now.

    Parameters
    ----------
    state : ReadoutState
        From `settled`.

    Returns
    -------
    tuple of WindowVitals
    """
    if state.run is None:
        return ()
    settings, start_s, end_s = state.settings, state.run_start_s, state.end_s
    if state.run.n_samples / settings.fs < SHORTEST_WAVEFORM_S:
        return tuple(unread_windows(start_s, end_s, "too_short", window_s=settings.window_s))
    spans = cut_windows(start_s, end_s, settings.window_s, settings.step_s, first=state.n_read)
    if not spans:
        return ()
    first = _number(state, spans[0][0])
    values = filtered_now(state.run, first)
    filtered = Signal(values, settings.fs, start_s + first / settings.fs)
    return tuple(_read(state, filtered.between(a, b), a, b) for a, b in spans)


def check_ahead(frame_stats: FrameStats, end_s: float) -> None:
    """Raise an error for frames that are far ahead of a waveform.

    Parameters
    ----------
    frame_stats : FrameStats
    end_s : float
        End of the waveform, seconds.

    Raises
    ------
    UsageError
        The last frame is over `MOST_AHEAD_S` after it: they would pile up.

    >>> from sspd.vitals.acceptance import still_scene
    >>> check_ahead(still_scene(np.arange(30.0)), 10.0)
    """
    if frame_stats.t.size and frame_stats.t[-1] > end_s + MOST_AHEAD_S:
        raise UsageError(
            f"frame statistics at {frame_stats.t[-1]:g} s are over {MOST_AHEAD_S:g} s ahead of "
            f"the waveform, which ends at {end_s:g} s: push both together"
        )


def _with_rows(state: ReadoutState, n_more: int, rows: FrameStats) -> ReadoutState:
    known = state.frame_stats
    if known.t.size and not rows.t[0] > known.t[-1]:
        raise UsageError(
            f"frame statistics must follow: those from {rows.t[0]:g} s on come after "
            f"{known.t[-1]:g} s"
        )
    check_ahead(rows, state.end_s + (state.held.size + n_more) / state.settings.fs)
    return replace(state, frame_stats=known.followed_by(rows) if known.t.size else rows)


def _advance(
    state: ReadoutState, values: NDArray[np.float64]
) -> tuple[ReadoutState, tuple[WindowVitals, ...]]:
    found: list[WindowVitals] = []
    last = 0
    for first, end in runs(np.isfinite(values)):
        if first > last or (first == 0 and state.run is None):
            found += unfinished(state)
            state = _after_gap(state, first - last)
        state, windows = _extend(state, values[first:end])
        found += windows
        last = end
    if last < values.size:
        found += unfinished(state)
        state = replace(_after_gap(state, values.size - last), run=None)
    return _trimmed(state, values, found), tuple(found)


def _after_gap(state: ReadoutState, n_gap: int) -> ReadoutState:
    run = begin_filter(state.settings.fs, PASS_HZ)
    return replace(state, n_samples=state.n_samples + n_gap, run=run, n_read=0)


def _extend(
    state: ReadoutState, values: NDArray[np.float64]
) -> tuple[ReadoutState, list[WindowVitals]]:
    """Add samples to the run, and read the windows that are complete by them."""
    assert state.run is not None
    fs = state.settings.fs
    run = push_filter(state.run, values)
    state = replace(state, run=run, n_samples=state.n_samples + values.size)
    wait = max(settle_samples(fs, PASS_HZ), int(np.ceil(REMAINDER_S * fs)) + 1)
    windows: list[WindowVitals] = []
    while True:
        a, b = _span(state, state.n_read)
        first, end = _number(state, a), _number(state, b)
        if end + wait > run.n_samples:
            return state, windows
        values = filtered_for_good(run, first, end)
        part = Signal(values, fs, state.run_start_s + first / fs)
        windows.append(_read(state, part, a, b))
        state = replace(state, n_read=state.n_read + 1)


def _span(state: ReadoutState, k: int) -> tuple[float, float]:
    """Return start and end of a window of the run, seconds."""
    settings = state.settings
    step_s = settings.window_s if settings.step_s is None else settings.step_s
    start_s = state.run_start_s + k * step_s
    return start_s, start_s + settings.window_s


def _number(state: ReadoutState, time_s: float) -> int:
    """Return the number of the run's first sample from a time on, as `Signal.between`."""
    return max(0, int(np.ceil((time_s - 1e-9 - state.run_start_s) * state.settings.fs)))


def _read(state: ReadoutState, filtered: Signal, start_s: float, end_s: float) -> WindowVitals:
    settings = state.settings
    found = read_window(
        filtered,
        state.frame_stats,
        facts=settings.facts,
        confidence=settings.confidence,
        least_confidence=settings.least_confidence,
    )
    return replace(found, start_s=start_s, end_s=end_s)


def _trimmed(
    state: ReadoutState, values: NDArray[np.float64], found: list[WindowVitals]
) -> ReadoutState:
    """Forget what no later window needs."""
    settings, end_s = state.settings, state.end_s
    needed_s = end_s
    run = state.run
    if run is not None:
        needed_s = min(
            _span(state, state.n_read)[0], max(end_s - settings.window_s, state.run_start_s)
        )
        run = trim_filter(run, _number(state, needed_s))
    rows = state.frame_stats
    if rows.t.size and rows.t[0] < needed_s - 2 * ROWS_AROUND_S:
        rows = rows.between(needed_s - 2 * ROWS_AROUND_S, np.inf)
    # a little longer, as an equalizer needs neighbours
    n_recent = int(np.ceil(RHYTHM_S * settings.fs)) + MOST_TAPS
    return replace(
        state,
        run=run,
        frame_stats=rows,
        recent=np.concatenate([state.recent, values])[-n_recent:].copy(),
        windows=tuple(w for w in (*state.windows, *found) if w.start_s >= end_s - RHYTHM_S),
    )
