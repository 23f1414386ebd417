"""Readings of a whole video: its joined waveform, all windows, and rejection reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.signal import equalize_signal, join_signals
from sspd.types import (
    ConfidenceSpec,
    EqualizerSpec,
    FaceSegment,
    FrameStats,
    Signal,
    WindowVitals,
)
from sspd.vitals.acceptance import REASONS, VideoFacts, still_scene
from sspd.vitals.streaming import close_readout, push_readout
from sspd.vitals.streaming_state import ROWS_AROUND_S, ReadoutSettings, begin_readout
from sspd.vitals.windows import unread_windows

#: A segment without a waveform that is shorter than this gets no window, seconds.
BRIEF_S = 1.0
#: A whole waveform goes through the streaming read-out in blocks of this many samples.
DRAIN_SAMPLES = 3600
#: Number of frames at the end and start of segments over which colours are matched.
MATCH_FRAMES = 8
#: Columns of `FrameStats` that contain colours.
COLOURS = ("face_rgb", "background_rgb", "quarters_rgb")


@dataclass(frozen=True, eq=False)
class VideoReading:
    """Waveform of a video, the readings of its windows, and rejection reasons."""

    signal: Signal | None
    """The pulse, equalized; None if no segment gave a waveform."""
    windows: tuple[WindowVitals, ...]
    """In order of time."""
    reasons: tuple[str, ...]
    """Empty if any window was accepted."""
    unequalized: Signal | None = None
    """The waveform from which the windows were read; None if that is `signal`."""


def join_frame_stats(segments: Sequence[FaceSegment]) -> FrameStats:
    """Join the frame statistics of all segments.

    Each segment has its own face box, which covers another part of the frame. Its colours are
    scaled so that they continue those of the segment before, as a step would look like a
    change of light.

    Parameters
    ----------
    segments : sequence of FaceSegment
        In order of time.

    Returns
    -------
    FrameStats

    >>> join_frame_stats([]).t.size
    0
    """
    if not segments:
        return still_scene(np.zeros(0))

    def column(name: str) -> NDArray[Any]:  # one at a time, as those of an hour are megabytes
        parts = [getattr(segment.frame_stats, name) for segment in segments]
        return np.concatenate(_matched(parts) if name in COLOURS else parts)

    return FrameStats(**{field.name: column(field.name) for field in fields(FrameStats)})


def _matched(parts: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Scale the colours of each segment so that they continue the segment before."""
    out: list[NDArray[np.float32]] = []
    ended: NDArray[np.float32] | None = None
    for part in parts:
        if len(part) and ended is not None:
            begun = part[:MATCH_FRAMES].mean(axis=0)
            known = np.isfinite(ended) & np.isfinite(begun) & (ended > 1) & (begun > 1)
            gain = np.divide(ended, begun, out=np.ones_like(begun), where=known)
            part = part * gain
        ended = part[-MATCH_FRAMES:].mean(axis=0) if len(part) else ended
        out.append(part)
    return out


def read_vitals(
    segments: Sequence[FaceSegment],
    waves: Sequence[Signal | None],
    *,
    window_s: float = 30.0,
    step_s: float | None = None,
    facts: VideoFacts | None = None,
    confidence: ConfidenceSpec | None = None,
    least_confidence: float | None = None,
    equalizer: EqualizerSpec | None = None,
) -> VideoReading:
    """Read every window of a video from the waveforms of its segments.

    Parameters
    ----------
    segments : sequence of FaceSegment
        In order of time; their frames are not used.
    waves : sequence of Signal or None
        Waveform of each segment, or None.
    window_s, step_s, facts, confidence, least_confidence
        See `read_windows`.
    equalizer : EqualizerSpec or None
        Applied to the joined waveform after the windows are read: the confidence is fitted to the
        waveform before it.

    Returns
    -------
    VideoReading
        Without reasons if any window is accepted; each window keeps its own.

    >>> read_vitals([], []).reasons
    ('no_face',)
    """
    windows = _unread(segments, waves)
    parts = [wave for wave in waves if wave is not None]
    signal = join_signals(parts) if parts else None
    if signal is not None:
        frame_stats = join_frame_stats(segments)
        windows += read_windows(
            signal,
            frame_stats,
            window_s=window_s,
            step_s=step_s,
            facts=facts,
            confidence=confidence,
            least_confidence=least_confidence,
        )
    windows.sort(key=lambda window: window.start_s)
    if any(window.accepted for window in windows):
        found = set()
    elif windows:
        found = {reason for window in windows for reason in window.reasons}
    else:
        found = {"too_short" if any(segment.box for segment in segments) else "no_face"}
    reasons = tuple(reason for reason in REASONS if reason in found)
    if signal is None or equalizer is None:
        return VideoReading(signal, tuple(windows), reasons)
    return VideoReading(equalize_signal(signal, equalizer), tuple(windows), reasons, signal)


def read_windows(
    signal: Signal,
    frame_stats: FrameStats,
    *,
    window_s: float = 30.0,
    step_s: float | None = None,
    facts: VideoFacts | None = None,
    confidence: ConfidenceSpec | None = None,
    least_confidence: float | None = None,
) -> list[WindowVitals]:
    """Read the heart rate in every window of a waveform; no window crosses a gap.

    Parameters
    ----------
    signal : Signal
        Unfiltered waveform, NaN where there is no face.
    frame_stats : FrameStats
        Statistics of the frames over the same time.
    window_s, step_s : float
        See `sspd.vitals.cut_windows`.
    facts : VideoFacts or None
        Properties of the whole video.
    confidence : ConfidenceSpec or None
        Weights of the quality features. None gives no confidence, and fixed rules decide
        about acceptance.
    least_confidence : float or None
        See `sspd.vitals.acceptance.rejection_reasons`.

    Returns
    -------
    list of WindowVitals
        One per window, in order of time.

    >>> t = np.arange(900) / 30
    >>> wave = Signal(np.sin(2 * np.pi * 1.1 * t), fs=30.0)
    >>> window, = read_windows(wave, still_scene(t))
    >>> round(window.hr_bpm, 1), window.reasons
    (66.0, ())
    """
    settings = ReadoutSettings(
        signal.fs,
        signal.start_s,
        window_s,
        step_s,
        facts or VideoFacts(),
        confidence,
        least_confidence,
    )
    state = begin_readout(settings)
    rows: list[WindowVitals] = []
    given_s = signal.start_s - ROWS_AROUND_S
    for first in range(0, len(signal), DRAIN_SAMPLES):
        values = signal.values[first : first + DRAIN_SAMPLES]
        end_s = signal.start_s + (first + values.size) / signal.fs + ROWS_AROUND_S
        state, windows = push_readout(state, values, frame_stats.between(given_s, end_s))
        rows += windows
        given_s = end_s
    return [*rows, *close_readout(state)]


def _unread(segments: Sequence[FaceSegment], waves: Sequence[Signal | None]) -> list[WindowVitals]:
    """Return the windows of the segments that gave no waveform."""
    rows: list[WindowVitals] = []
    met = False
    for segment, wave in zip(segments, waves, strict=True):
        met = met or segment.box is not None
        if wave is None and segment.end_s - segment.start_s >= BRIEF_S:
            reason = "too_short" if segment.box else "face_lost" if met else "no_face"
            rows += unread_windows(segment.start_s, segment.end_s, reason)
    return rows
