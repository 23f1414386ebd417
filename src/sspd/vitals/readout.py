"""The stretches of a video, joined: every window, and why there is no number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.signal import join_signals
from sspd.types import ConfidenceSpec, FaceSegment, FrameStats, Signal, WindowVitals
from sspd.vitals.acceptance import REASONS, VideoFacts, still_scene
from sspd.vitals.windows import read_windows, unread_windows

#: A stretch that gave no waveform and is shorter than this is not worth a window, seconds.
BRIEF_S = 1.0
#: Pictures at a stretch's edge whose colours are brought together.
EDGE = 8
COLOURS = ("face_rgb", "background_rgb", "quarters_rgb")


@dataclass(frozen=True, eq=False)
class VideoReading:
    """What was read of a video: its waveform, windows in order, and its reasons."""

    signal: Signal | None
    windows: tuple[WindowVitals, ...]
    reasons: tuple[str, ...]


def join_frame_stats(segments: Sequence[FaceSegment]) -> FrameStats:
    """What was seen in all stretches, in one.

    Another box shows another part of the picture: its colours are brought to the level
    at which those before it ended, so that no step looks like a change of light.

    >>> join_frame_stats([]).t.size
    0
    """
    if not segments:
        return still_scene(np.zeros(0))

    def column(name: str) -> NDArray[Any]:  # one by one: an hour's are megabytes
        parts = [getattr(segment.frame_stats, name) for segment in segments]
        return np.concatenate(_levelled(parts) if name in COLOURS else parts)

    return FrameStats(**{field.name: column(field.name) for field in fields(FrameStats)})


def _levelled(parts: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Colours of one stretch after the other, each begun where the last one ended."""
    out: list[NDArray[np.float32]] = []
    ended: NDArray[np.float32] | None = None
    for part in parts:
        if len(part) and ended is not None:
            begun = part[:EDGE].mean(axis=0)
            known = np.isfinite(ended) & np.isfinite(begun) & (ended > 1) & (begun > 1)
            gain = np.divide(ended, begun, out=np.ones_like(begun), where=known)
            part = part * gain
        ended = part[-EDGE:].mean(axis=0) if len(part) else ended
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
) -> VideoReading:
    """Read every window of a video from its stretches and their waveforms.

    Parameters
    ----------
    segments : sequence of FaceSegment
        In order; their pictures are not looked at.
    waves : sequence of Signal or None
        The waveform of each, None where there is none.
    window_s, step_s, facts, confidence
        See `read_windows`.

    Returns
    -------
    VideoReading
        No reasons where any window is accepted: the windows keep theirs.

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
        )
    windows.sort(key=lambda window: window.start_s)
    if any(window.accepted for window in windows):
        found = set()
    elif windows:
        found = {reason for window in windows for reason in window.reasons}
    else:
        found = {"too_short" if any(segment.box for segment in segments) else "no_face"}
    reasons = tuple(reason for reason in REASONS if reason in found)
    return VideoReading(signal, tuple(windows), reasons)


def _unread(segments: Sequence[FaceSegment], waves: Sequence[Signal | None]) -> list[WindowVitals]:
    """Windows of the stretches that gave no waveform."""
    rows: list[WindowVitals] = []
    met = False
    for segment, wave in zip(segments, waves, strict=True):
        met = met or segment.box is not None
        if wave is None and segment.end_s - segment.start_s >= BRIEF_S:
            reason = "too_short" if segment.box else "face_lost" if met else "no_face"
            rows += unread_windows(segment.start_s, segment.end_s, reason)
    return rows
