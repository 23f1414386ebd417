"""The vitals of a face, from its segments and their waveforms: at the end, or so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sspd.pipeline.context import VideoContext
from sspd.pipeline.segments import SegmentWaveform
from sspd.report.labels import meanings
from sspd.report.result import Vitals
from sspd.signal import equalize_signal, join_signals
from sspd.types import (
    Box,
    FaceSegment,
    FaceSpan,
    MeasureOptions,
    RateBand,
    Signal,
    Update,
    WindowVitals,
)
from sspd.video.camera.states import CAMERA_STATES
from sspd.video.coding import Coding
from sspd.vitals import (
    SHORTEST_WAVEFORM_S,
    VideoFacts,
    analyze_beats,
    join_frame_stats,
    read_vitals,
    read_windows,
)
from sspd.vitals.neighbours import lean_on_neighbours, rate_bands
from sspd.vitals.new_frames import mark_repeats, new_fps, repeat_warnings


def face_vitals(context: VideoContext, face_id: int, own: Sequence[SegmentWaveform]) -> Vitals:
    """Return the vitals of one face.

    Parameters
    ----------
    context : VideoContext
    face_id : int
    own : sequence of SegmentWaveform
        Its segments, see `sspd.pipeline.by_face.by_face`.

    Returns
    -------
    Vitals
    """
    segments = _marked(context.coding, own)
    fps, facts = _facts(context, segments)
    found = read_vitals(
        segments,
        [part.wave for part in own],
        window_s=context.options.window_s,
        step_s=context.options.step_s,
        facts=facts,
        confidence=context.confidence,
        least_confidence=context.options.min_confidence,
        equalizer=context.equalizer,
    )
    outline = context.outline
    repeats = repeat_warnings(outline.source, segments)
    beats = analyze_beats(found.signal, found.windows, found.unequalized)
    windows, bands, smoothed = _smoothed(context.options, found.windows)
    return replace(
        outline,
        duration_s=segments[-1].end_s - segments[0].start_s,
        fps=fps,
        windows=windows,
        rate_bands=bands,
        reasons=found.reasons,
        warnings=(*outline.warnings, *repeats, *beats.warnings, *smoothed),
        hrv=beats.hrv,
        respiration=beats.respiration,
        face_id=face_id,
        face_box=next((segment.box for segment in segments if segment.box), None),
        faces=_spans(segments, context.options.end_s),
        signal=found.signal,
        beats_s=beats.beats_s,
    )


def _smoothed(
    options: MeasureOptions, windows: tuple[WindowVitals, ...]
) -> tuple[tuple[WindowVitals, ...], tuple[RateBand, ...], list[str]]:
    """Return the windows, the bands and a sentence about it, where smoothing is asked for.

    Beats are taken from windows that were accepted by themselves.
    """
    if not options.smooth:
        return windows, (), []
    bands = rate_bands(windows)
    windows = lean_on_neighbours(windows, options.min_confidence)
    n = sum(window.smoothed for window in windows)
    said = f"{n} of {len(windows)} windows accepted because their neighbours predict their rate"
    return windows, bands, [said] if n else []


def update_now(
    context: VideoContext,
    face_id: int,
    own: Sequence[SegmentWaveform],
    time_s: float,
    reported_s: float,
) -> Update:
    """Return what is known of a face so far, read from its last seconds.

    Parameters
    ----------
    context : VideoContext
    face_id : int
    own : sequence of SegmentWaveform
        Its last segments, the last one with the waveform so far.
    time_s : float
        Time of the last frame, seconds.
    reported_s : float
        Samples of the waveform up to this time were in an earlier update, seconds.

    Returns
    -------
    Update
    """
    waves = [part.wave for part in own if part.wave is not None]
    box = own[-1].segment.box
    signal = join_signals(waves) if waves else None
    pulse = None if signal is None else equalize_signal(signal, context.equalizer)
    new = None if pulse is None else pulse.between(reported_s, np.inf)
    new = new if new is not None and len(new) else None
    window = None if signal is None else _last_window(context, own, signal)
    reasons = ("too_short",) if window is None else window.reasons
    return Update(time_s, face_id, box, window, reasons, hint_for(reasons), new)


def no_face(time_s: float, seen_before: bool) -> Update:
    """Return the update of a moment without a face.

    Parameters
    ----------
    time_s : float
        Seconds.
    seen_before : bool
        Whether there was a face earlier.

    Returns
    -------
    Update
    """
    reasons = ("face_lost" if seen_before else "no_face",)
    return Update(time_s, 0, None, None, reasons, hint_for(reasons), None)


def no_frames(time_s: float, state: str, seen_before: bool) -> Update:
    """Return the update of a moment in which a camera gives no frames.

    Parameters
    ----------
    time_s : float
        Seconds.
    state : str
        Of the camera, one of `sspd.video.camera.states.CAMERA_STATES`.
    seen_before : bool
        Whether there was a face earlier.

    Returns
    -------
    Update

    >>> no_frames(3.0, "unplugged", True).hint
    'The camera was unplugged. Plug it in again.'
    """
    words = CAMERA_STATES[state]
    update = no_face(time_s, seen_before)
    return replace(update, hint=f"{words.meaning} {words.help}".rstrip(), camera=state)


def final_update(vitals: Vitals) -> Update:
    """Return the last update of a face, with everything that was measured.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    Update
    """
    end_s = vitals.faces[-1].end_s if vitals.faces else vitals.duration_s
    box: Box | None = vitals.faces[-1].box if vitals.faces else None
    window = vitals.windows[-1] if vitals.windows else None
    reasons = vitals.reasons
    return Update(end_s, vitals.face_id, box, window, reasons, hint_for(reasons), None, vitals)


def hint_for(reasons: Sequence[str]) -> str | None:
    """Return what would help against the first reason, in one sentence.

    Parameters
    ----------
    reasons : sequence of str

    Returns
    -------
    str or None
        None where nothing was rejected.

    >>> hint_for([]) is None, bool(hint_for(["too_dark"]))
    (True, True)
    """
    words = meanings(reasons)
    return (words[0].help or words[0].meaning) if words else None


def _last_window(
    context: VideoContext, own: Sequence[SegmentWaveform], signal: Signal
) -> WindowVitals | None:
    """The reading of the last window of a waveform, or None where it is too short for one."""
    end_s = signal.start_s + signal.duration_s
    part = signal.between(end_s - context.options.window_s, np.inf)
    if part.duration_s < SHORTEST_WAVEFORM_S:
        return None
    segments = _marked(context.coding, own)
    windows = read_windows(
        part,
        join_frame_stats(segments),
        window_s=context.options.window_s,
        facts=_facts(context, segments)[1],
        confidence=context.confidence,
        least_confidence=context.options.min_confidence,
    )
    return windows[-1] if windows else None


def _marked(coding: Coding, own: Sequence[SegmentWaveform]) -> list[FaceSegment]:
    """Segments whose repeated frames are known as such."""
    one_way = coding.n_both_ways == 0
    return [mark_repeats(part.segment, coding.key_frames_s, one_way) for part in own]


def _spans(segments: Sequence[FaceSegment], end_s: float | None) -> tuple[FaceSpan, ...]:
    """Return times and boxes of the face; a segment ends one frame later, at most at ``end_s``."""
    asked_s = np.inf if end_s is None else end_s
    return tuple(FaceSpan(s.start_s, min(s.end_s, asked_s), s.box) for s in segments)


def _facts(
    context: VideoContext, segments: Sequence[FaceSegment]
) -> tuple[float | None, VideoFacts]:
    """New frames per second by their own timestamps, and how hard they were compressed."""
    info = context.info
    fps = new_fps([segment.frame_stats for segment in segments]) or info.fps
    facts = VideoFacts(clock_known=info.clock_known, key_frames_s=context.coding.key_frames_s)
    if not fps or not info.bit_rate:
        return fps, facts
    bits = info.bit_rate / (info.width * info.height * fps)
    return fps, replace(facts, bits_per_pixel=bits)
