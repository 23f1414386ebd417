"""One video read through once: frames, faces and waveforms, then the vitals of each face."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from sspd.accel.prefetch import import_in_background, prefetch, run_in_background
from sspd.accel.process import trim_heap
from sspd.errors import SourceError
from sspd.face.track import iter_face_chunks
from sspd.methods import Method
from sspd.pipeline.segments import SegmentWaveform, run_segments
from sspd.report.result import Vitals
from sspd.types import Box, ConfidenceSpec, FaceSegment, FaceSpan
from sspd.video.coding import Coding
from sspd.video.progress import Progress, telling
from sspd.video.read import VideoInfo, probe, read
from sspd.vitals import VideoFacts, analyze_beats, read_vitals
from sspd.vitals.new_frames import mark_repeats, new_fps, repeat_warnings

Item = TypeVar("Item")
#: Pictures that are read at a time: so few are still in the core's cache when faces are cut out.
DECODE_FRAMES = 2
#: How many pieces may wait between faces and the method.
FACE_CHUNKS_AHEAD = 1


@dataclass(frozen=True, eq=False)
class VideoPass:
    """A video read through: the waveforms of its faces, and what was noticed."""

    info: VideoInfo
    coding: Coding
    end_s: float | None
    """Where it was asked to end."""
    stretches: list[SegmentWaveform]
    told: Vitals
    """Names, warnings and times, without anything read."""
    confidence: ConfidenceSpec | None


def pass_video(
    source: str,
    method: Method,
    start_s: float,
    end_s: float | None,
    fps: float | None,
    box: Box | None,
    every: bool,
    progress: Progress | None,
) -> VideoPass:
    """Turn a video into frames, faces and waveforms, side by side, a few frames at a time.

    Parameters
    ----------
    source : str
        The video.
    method : Method
    start_s, end_s : float
        The part of it, seconds; ``end_s`` None: to its end.
    fps : float or None
        See `sspd.measure`.
    box : Box or None
        Where the face is; None: it is looked for.
    every : bool
        Every face, not the largest alone.
    progress : callable or None
        See `sspd.measure`.

    Returns
    -------
    VideoPass

    Raises
    ------
    SSPDError
        The video cannot be read, or holds no frames there.
    """
    began, spent = time.perf_counter(), dict.fromkeys(("decode", "face", "network"), 0.0)
    info, coding = probe(source, fps=fps), Coding()
    if method.prepare is not None:
        run_in_background(method.prepare)
    warnings: list[str] = []
    chunks = read(
        source,
        start_s=start_s,
        end_s=end_s,
        chunk=DECODE_FRAMES,
        warn=warnings.append,
        fps=fps,
        coding=coding,
    )
    asked_s = info.duration_s if end_s is None else min(end_s, info.duration_s or end_s)
    if progress is not None:
        chunks = telling(chunks, progress, start_s, asked_s)
    # one thread for both: a picture that has to go to another core costs more than it gains
    pieces = iter_face_chunks(
        _and_then(_timed(chunks, spent, "decode"), _prepare_end),
        size=method.size,
        box=box,
        end_s=info.duration_s if end_s is None else end_s,
        every=every,
    )
    faces = prefetch(_timed(pieces, spent, "face"), FACE_CHUNKS_AHEAD)
    stretches = run_segments(faces, method, spent)
    trim_heap()
    if not stretches:
        raise SourceError(f"{source}: holds no frames from {start_s:g} s on")
    if progress is not None:
        progress("vitals", 0.0)
    spent["face"] -= spent["decode"]
    spent["total"] = time.perf_counter() - began
    told = Vitals(
        source=str(source),
        method=method.name,
        weights=method.weights,
        duration_s=0.0,
        fps=info.fps,
        container_fps=info.fps,
        stated_fps=fps,
        windows=(),
        warnings=tuple(warnings),
        timing_s=spent,
    )
    return VideoPass(info, coding, end_s, stretches, told, method.confidence)


def vitals_of(
    video: VideoPass,
    face_id: int,
    own: list[SegmentWaveform],
    window_s: float,
    step_s: float | None,
) -> Vitals:
    """Return the vitals of one face.

    Parameters
    ----------
    video : VideoPass
    face_id : int
    own : list of SegmentWaveform
        Its segments.
    window_s, step_s : float
        See `sspd.measure`.
    """
    coding = video.coding
    one_way = coding.n_both_ways == 0
    segments = [mark_repeats(part.segment, coding.key_frames_s, one_way) for part in own]
    fps, facts = _facts(video.info, segments)
    facts = replace(facts, key_frames_s=coding.key_frames_s)
    waves = [part.wave for part in own]
    read_out = read_vitals(
        segments,
        waves,
        window_s=window_s,
        step_s=step_s,
        facts=facts,
        confidence=video.confidence,
    )
    repeats = repeat_warnings(video.told.source, segments)
    rhythm = analyze_beats(read_out.signal, read_out.windows)
    return replace(
        video.told,
        duration_s=segments[-1].end_s - segments[0].start_s,
        fps=fps,
        windows=read_out.windows,
        reasons=read_out.reasons,
        warnings=(*video.told.warnings, *repeats, *rhythm.warnings),
        hrv=rhythm.hrv,
        respiration=rhythm.respiration,
        face_id=face_id,
        face_box=next((segment.box for segment in segments if segment.box), None),
        faces=_spans(segments, video.end_s),
        signal=read_out.signal,
        beats_s=rhythm.beats_s,
    )


def _spans(segments: list[FaceSegment], end_s: float | None) -> tuple[FaceSpan, ...]:
    """Where the face was; a segment ends a frame's time late, not after ``end_s``."""
    asked_s = np.inf if end_s is None else end_s
    return tuple(FaceSpan(s.start_s, min(s.end_s, asked_s), s.box) for s in segments)


def _facts(info: VideoInfo, segments: list[FaceSegment]) -> tuple[float | None, VideoFacts]:
    """New frames per second by their own timestamps, and how hard they were compressed."""
    fps = new_fps([segment.frame_stats for segment in segments]) or info.fps
    facts = VideoFacts(clock_known=info.clock_known)
    if not fps or not info.bit_rate:
        return fps, facts
    bits = info.bit_rate / (info.width * info.height * fps)
    return fps, replace(facts, bits_per_pixel=bits)


def _prepare_end() -> None:
    """Half a second for the filters, while the method still has work and no picture waits."""
    trim_heap()
    import_in_background("scipy.signal")


def _and_then(items: Iterable[Item], work: Callable[[], object]) -> Iterator[Item]:
    """Pass items on, and do something after the last."""
    yield from items
    work()


def _timed(items: Iterable[Item], spent: dict[str, float], name: str) -> Iterator[Item]:
    """Pass items on, adding the time spent waiting for them to ``spent[name]``."""
    iterator = iter(items)
    while True:
        before = time.perf_counter()
        item = next(iterator, None)
        spent[name] += time.perf_counter() - before
        if item is None:
            return
        yield item
