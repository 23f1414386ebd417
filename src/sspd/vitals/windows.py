"""Windows of a waveform, and the reading of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from sspd.types import TRACK_STEP_S, ConfidenceSpec, FrameStats, Signal, WindowVitals
from sspd.types.spans import SHORTEST_WINDOW_S, window_lengths
from sspd.vitals.acceptance import FLICKER, REASONS, VideoFacts, rejection_reasons
from sspd.vitals.confidence import confidence_of
from sspd.vitals.heart_rate import Reading, follow_rate, read_half, read_rate
from sspd.vitals.quality_features import compute_quality_features

#: A remainder at the end of at least this length is a window of its own, seconds.
REMAINDER_S = 10.0
#: A waveform may end this much before its video, seconds: by one frame, as a timestamp marks
#: the beginning of its frame (1/12 s at the slowest accepted rate), by an incomplete step of
#: the time grid (1/30 s), and by a difference of two frames (1/30 s).
END_TOLERANCE_S = 0.15
#: Shortest waveform that is read, seconds.
SHORTEST_WAVEFORM_S = SHORTEST_WINDOW_S - END_TOLERANCE_S


def cut_windows(
    start_s: float,
    end_s: float,
    window_s: float,
    step_s: float | None = None,
    *,
    first: int = 0,
) -> list[tuple[float, float]]:
    """Divide a time span into windows.

    Parameters
    ----------
    start_s, end_s : float
        The span, seconds.
    window_s : float
        Length of a window, seconds, `SHORTEST_WINDOW_S` or more.
    step_s : float or None
        Time between the starts of two windows, seconds; None means ``window_s``.
    first : int
        Number of the first window that is returned.

    Returns
    -------
    list of (start_s, end_s)
        A remainder of 10 s or more is a window of its own; a shorter one extends the last
        window. A span shorter than a window is one window. A part that lacks at most
        `END_TOLERANCE_S` of a window, or of 10 s, counts as complete and ends with the span.

    Raises
    ------
    UsageError
        The window is shorter than 8 s, or the step is not above 0 and within the window.

    >>> cut_windows(0.0, 75.0, 30.0)
    [(0.0, 30.0), (30.0, 60.0), (60.0, 75.0)]
    >>> cut_windows(0.0, 65.0, 30.0)
    [(0.0, 30.0), (30.0, 65.0)]
    >>> cut_windows(0.0, 29.93, 10.0)
    [(0.0, 10.0), (10.0, 20.0), (20.0, 29.93)]
    """
    window_s, step_s = window_lengths(window_s, step_s)
    step = window_s if step_s is None else step_s
    count = int(np.floor((end_s - start_s - window_s + END_TOLERANCE_S) / step)) + 1
    if count < 1:
        return [(start_s, end_s)]
    # the last one always: it may be extended, or followed by a remainder
    numbers = range(min(first, count - 1), count)
    windows = [(start_s + k * step, start_s + k * step + window_s) for k in numbers]
    rest = end_s - windows[-1][1]
    if rest >= REMAINDER_S - END_TOLERANCE_S:
        windows.append((windows[-1][1], end_s))
    else:
        windows[-1] = (windows[-1][0], end_s)
    return windows[max(0, first - count + 1) :]


def read_window(
    filtered: Signal,
    frame_stats: FrameStats,
    *,
    facts: VideoFacts | None = None,
    confidence: ConfidenceSpec | None = None,
    least_confidence: float | None = None,
) -> WindowVitals:
    """Read the heart rate of one window.

    Parameters
    ----------
    filtered : Signal
        The window, of a waveform that was filtered by `sspd.vitals.pulse_band` as a whole.
    frame_stats, facts, confidence, least_confidence
        See `sspd.vitals.read_windows`.

    Returns
    -------
    WindowVitals

    >>> from sspd.vitals import pulse_band
    >>> from sspd.vitals.acceptance import still_scene
    >>> wave = Signal(pulse_band(np.sin(2 * np.pi * 1.1 * np.arange(900) / 30), 30.0), 30.0)
    >>> round(read_window(wave, still_scene(wave.t)).hr_bpm, 1)
    66.0
    """
    assess = partial(
        _assess,
        filtered=filtered,
        frame_stats=frame_stats,
        facts=facts or VideoFacts(),
        spec=confidence,
        least_confidence=least_confidence,
    )
    return _read_window(filtered, assess, calibrated=confidence is not None)


def _read_window(
    filtered: Signal, assess: Callable[[Reading], WindowVitals], *, calibrated: bool
) -> WindowVitals:
    reading = read_rate(filtered.values, filtered.fs)
    reading = follow_rate(filtered.values, filtered.fs, reading)
    found = assess(reading)
    if calibrated and found.reasons:
        # A rejected rate may be twice the heart's: of the two, the more likely one is taken.
        other = read_half(filtered.values, filtered.fs, reading)
        if other is not None:
            half = assess(follow_rate(filtered.values, filtered.fs, other))
            if FLICKER in found.reasons:  # a light that changes at a rate may do so at its half
                half = _reject(half, FLICKER)
            found = half if half.accepted or _likelier(half, found) else found
    return found


def _reject(window: WindowVitals, reason: str) -> WindowVitals:
    """Return a window that is rejected for one more reason."""
    reasons = tuple(one for one in REASONS if one == reason or one in window.reasons)
    return replace(window, accepted=False, reasons=reasons)


def _likelier(one: WindowVitals, other: WindowVitals) -> bool:
    """Return whether the confidence of one reading is higher; unknown is lowest."""
    return (one.confidence or 0.0) > (other.confidence or 0.0)


def _assess(
    reading: Reading,
    *,
    filtered: Signal,
    frame_stats: FrameStats,
    facts: VideoFacts,
    spec: ConfidenceSpec | None,
    least_confidence: float | None,
) -> WindowVitals:
    """Return a window's reading with its confidence and rejection reasons."""
    start_s, end_s = filtered.start_s, filtered.start_s + filtered.duration_s
    features = compute_quality_features(filtered, reading, frame_stats)
    confidence = confidence_of(features, spec) if spec and features else None
    reasons = rejection_reasons(
        reading, frame_stats, start_s, end_s, facts, confidence, features, least_confidence
    )
    return WindowVitals(
        start_s=start_s,
        end_s=end_s,
        spectral_bpm=reading.spectral_bpm,
        peaks_bpm=reading.peaks_bpm,
        snr_db=reading.snr_db,
        confidence=confidence,
        accepted=not reasons,
        reasons=reasons,
        track_bpm=_track_bpm(reading),
    )


def _track_bpm(reading: Reading) -> tuple[float, ...]:
    """Return the tracked rate every `TRACK_STEP_S`; empty if the rate was not tracked."""
    if reading.track is None:
        return ()
    step = max(1, round(TRACK_STEP_S * reading.track.fs))
    return tuple(round(60 * f_hz, 2) for f_hz in reading.track.f_hz[::step].tolist())


def unread_windows(
    start_s: float, end_s: float, reason: str, *, window_s: float = 30.0
) -> list[WindowVitals]:
    """Return the windows of a time span that cannot be read, each with the reason.

    Parameters
    ----------
    start_s, end_s : float
        The span, seconds.
    reason : str
        One of `REASONS`.
    window_s : float
        Length of a window, seconds.

    Returns
    -------
    list of WindowVitals
        Rejected, without rates.

    >>> [w.reasons for w in unread_windows(0.0, 40.0, "no_face")]
    [('no_face',), ('no_face',)]
    """
    return [
        WindowVitals(a, b, None, None, None, None, accepted=False, reasons=(reason,))
        for a, b in cut_windows(start_s, end_s, window_s)
    ]


def accepted_runs(windows: Sequence[WindowVitals]) -> list[tuple[float, float, float, float]]:
    """Return the time spans that are covered by touching or overlapping accepted windows.

    Parameters
    ----------
    windows : sequence of WindowVitals
        In any order.

    Returns
    -------
    list of (start_s, end_s, slowest_bpm, fastest_bpm)
        In order of time, with the lowest and highest rate of each span.

    >>> w = WindowVitals(0.0, 30.0, 60.0, 60.5, 5.0, None, accepted=True)
    >>> v = WindowVitals(30.0, 60.0, 66.0, 66.1, 5.0, None, accepted=True)
    >>> accepted_runs([w, v])
    [(0.0, 60.0, 60.0, 66.0)]
    """
    runs: list[tuple[float, float, float, float]] = []
    for window in sorted(windows, key=lambda w: w.start_s):
        if window.hr_bpm is None:
            continue
        rates = (window.hr_bpm, *window.track_bpm)
        row = (window.start_s, window.end_s, min(rates), max(rates))
        if runs and row[0] <= runs[-1][1] + 1e-6:
            last = runs.pop()
            row = (last[0], max(last[1], row[1]), min(last[2], row[2]), max(last[3], row[3]))
        runs.append(row)
    return runs
