"""Which stretches a rate is read from, and the reading of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sspd.errors import UsageError
from sspd.signal import pieces
from sspd.types import TRACK_STEP_S, ConfidenceSpec, FrameStats, Signal, WindowVitals
from sspd.vitals.acceptance import VideoFacts, rejection_reasons
from sspd.vitals.confidence import confidence_of
from sspd.vitals.heart_rate import Reading, follow_rate, pulse_band, read_half, read_rate
from sspd.vitals.quality_features import compute_quality_features

#: Nothing is read from a video of less than this, seconds.
SHORTEST_S = 8.0
#: What is left over at the end stands alone from this length on, seconds.
REMAINDER_S = 10.0
#: A waveform ends before its video does, seconds: by a frame's time, for the last frame's
#: time is where it begins (1/12 s at the slowest rate that is measured), by a step of the
#: grid that is not full (1/30 s), and by a difference of two frames (1/30 s).
GRACE_S = 0.15
#: So nothing is read from a waveform shorter than this, seconds.
SHORTEST_WAVEFORM_S = SHORTEST_S - GRACE_S


def cut_windows(
    start_s: float, end_s: float, window_s: float, step_s: float | None = None
) -> list[tuple[float, float]]:
    """Cut a stretch into windows.

    Parameters
    ----------
    start_s, end_s : float
        The stretch, seconds.
    window_s : float
        Length of a window, seconds, `SHORTEST_S` or more.
    step_s : float or None
        From one window's start to the next, seconds; None: ``window_s``.

    Returns
    -------
    list of (start_s, end_s)
        A remainder of 10 s or more is a window of its own, a shorter one joins the
        last; a stretch shorter than a window is one window. What is short of a window or
        of 10 s by `GRACE_S` or less counts as whole, and ends where the stretch does.

    Raises
    ------
    UsageError
        A window under 8 s, or a step that is not within the window.

    >>> cut_windows(0.0, 75.0, 30.0)
    [(0.0, 30.0), (30.0, 60.0), (60.0, 75.0)]
    >>> cut_windows(0.0, 65.0, 30.0)
    [(0.0, 30.0), (30.0, 65.0)]
    >>> cut_windows(0.0, 29.93, 10.0)
    [(0.0, 10.0), (10.0, 20.0), (20.0, 29.93)]
    """
    step = window_s if step_s is None else step_s
    if not window_s >= SHORTEST_S:
        raise UsageError(f"a window needs {SHORTEST_S:g} s or more, got {window_s:g} s")
    if not 0 < step <= window_s:
        raise UsageError(f"the step must be above 0 and within the window, got {step:g} s")
    count = int(np.floor((end_s - start_s - window_s + GRACE_S) / step)) + 1
    if count < 1:
        return [(start_s, end_s)]
    windows = [(start_s + k * step, start_s + k * step + window_s) for k in range(count)]
    rest = end_s - windows[-1][1]
    if rest >= REMAINDER_S - GRACE_S:
        windows.append((windows[-1][1], end_s))
    else:
        windows[-1] = (windows[-1][0], end_s)
    return windows


def read_windows(
    signal: Signal,
    frame_stats: FrameStats,
    *,
    window_s: float = 30.0,
    step_s: float | None = None,
    facts: VideoFacts | None = None,
    confidence: ConfidenceSpec | None = None,
) -> list[WindowVitals]:
    """Read every window of a waveform; no window reaches across a gap.

    Parameters
    ----------
    signal : Signal
        Unfiltered, NaN where there is no face.
    frame_stats : FrameStats
        What was seen beside the face, over the same stretch.
    window_s, step_s : float
        See `cut_windows`.
    facts : VideoFacts
        What is known of the video as a whole.
    confidence : ConfidenceSpec
        How the evidence for a reading is weighed; without it no confidence is given, and
        fixed rules alone decide.

    >>> from sspd.vitals.acceptance import still_scene
    >>> t = np.arange(900) / 30
    >>> wave = Signal(np.sin(2 * np.pi * 1.1 * t), fs=30.0)
    >>> window, = read_windows(wave, still_scene(t))
    >>> round(window.hr_bpm, 1), window.reasons
    (66.0, ())
    """
    rows: list[WindowVitals] = []
    for piece in pieces(signal):
        end_s = piece.start_s + piece.duration_s
        if piece.duration_s < SHORTEST_WAVEFORM_S:
            rows += unread_windows(piece.start_s, end_s, "too_short", window_s=window_s)
            continue
        filtered = Signal(pulse_band(piece.values, piece.fs), piece.fs, piece.start_s)
        for a, b in cut_windows(piece.start_s, end_s, window_s, step_s):
            part = filtered.between(a, b)
            rows.append(_read_window(part, frame_stats, a, b, facts or VideoFacts(), confidence))
    return rows


def _read_window(
    filtered: Signal,
    frame_stats: FrameStats,
    start_s: float,
    end_s: float,
    facts: VideoFacts,
    spec: ConfidenceSpec | None,
) -> WindowVitals:
    reading = read_rate(filtered.values, filtered.fs)
    reading = follow_rate(filtered.values, filtered.fs, reading)
    found = _judged(filtered, reading, frame_stats, facts, spec)
    if spec and found.reasons:
        # A doubted rate may be the double of the heart's: if its half is believed, it is.
        other = read_half(filtered.values, filtered.fs, reading)
        if other is not None:
            other = follow_rate(filtered.values, filtered.fs, other)
            half = _judged(filtered, other, frame_stats, facts, spec)
            found = half if half.accepted else found
    return replace(found, start_s=start_s, end_s=end_s)


def _judged(
    filtered: Signal,
    reading: Reading,
    frame_stats: FrameStats,
    facts: VideoFacts,
    spec: ConfidenceSpec | None,
) -> WindowVitals:
    """A reading of a window with what is thought of it."""
    start_s, end_s = filtered.start_s, filtered.start_s + filtered.duration_s
    evidence = compute_quality_features(filtered, reading, frame_stats)
    confidence = confidence_of(evidence, spec) if spec and evidence else None
    reasons = rejection_reasons(reading, frame_stats, start_s, end_s, facts, confidence, evidence)
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
    """The followed rate every `TRACK_STEP_S`; empty where it was not followed."""
    if reading.track is None:
        return ()
    step = max(1, round(TRACK_STEP_S * reading.track.fs))
    return tuple(round(60 * f_hz, 2) for f_hz in reading.track.f_hz[::step].tolist())


def unread_windows(
    start_s: float, end_s: float, reason: str, *, window_s: float = 30.0
) -> list[WindowVitals]:
    """Windows of a stretch from which nothing can be read, each with the reason.

    Parameters
    ----------
    start_s, end_s : float
        The stretch, seconds.
    reason : str
        One of `REASONS`.
    window_s : float
        Length of a window, seconds.

    >>> [w.reasons for w in unread_windows(0.0, 40.0, "no_face")]
    [('no_face',), ('no_face',)]
    """
    return [
        WindowVitals(a, b, None, None, None, None, accepted=False, reasons=(reason,))
        for a, b in cut_windows(start_s, end_s, window_s)
    ]


def accepted_runs(windows: Sequence[WindowVitals]) -> list[tuple[float, float, float, float]]:
    """Stretches covered by accepted windows that touch or overlap.

    Returns
    -------
    list of (start_s, end_s, slowest_bpm, fastest_bpm)

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
