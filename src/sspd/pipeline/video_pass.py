"""One video read through once: frames, faces and waveforms, then the vitals of each face."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from sspd.accel.prefetch import ahead, begin, import_beside
from sspd.accel.process import give_back_memory
from sspd.errors import SourceError
from sspd.face.track import face_pieces
from sspd.methods import Method
from sspd.pipeline.segments import StretchWave, measure_stretches
from sspd.report.result import Vitals
from sspd.types import Box, ConfidenceSpec, FaceSegment, FaceSpan
from sspd.video.coding import Coding
from sspd.video.progress import Progress, telling
from sspd.video.read import VideoInfo, probe, read
from sspd.vitals import FilmFacts, read_film, read_rhythm
from sspd.vitals.new_frames import mark_repeats, new_fps, repeat_warnings

Item = TypeVar("Item")
#: Pictures that are read at a time: so few are still in the core's cache when faces are cut out.
CHUNK = 2
#: How many pieces may wait between faces and the method.
PIECES_AHEAD = 1


@dataclass(frozen=True, eq=False)
class VideoPass:
    """A video read through: the waveforms of its faces, and what was noticed."""

    info: VideoInfo
    coding: Coding
    end_s: float | None
    """Where it was asked to end."""
    stretches: list[StretchWave]
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
        begin(method.prepare)
    warnings: list[str] = []
    chunks = read(
        source,
        start_s=start_s,
        end_s=end_s,
        chunk=CHUNK,
        warn=warnings.append,
        fps=fps,
        coding=coding,
    )
    asked_s = info.duration_s if end_s is None else min(end_s, info.duration_s or end_s)
    if progress is not None:
        chunks = telling(chunks, progress, start_s, asked_s)
    # one thread for both: a picture that has to go to another core costs more than it gains
    pieces = face_pieces(
        _and_then(_timed(chunks, spent, "decode"), _prepare_end),
        size=method.size,
        box=box,
        end_s=info.duration_s if end_s is None else end_s,
        every=every,
    )
    faces = ahead(_timed(pieces, spent, "face"), PIECES_AHEAD)
    stretches = measure_stretches(faces, method, spent)
    give_back_memory()
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
    film: VideoPass, face_id: int, own: list[StretchWave], window_s: float, step_s: float | None
) -> Vitals:
    """Return the vitals of one face.

    Parameters
    ----------
    film : VideoPass
    face_id : int
    own : list of StretchWave
        Its segments.
    window_s, step_s : float
        See `sspd.measure`.
    """
    coding = film.coding
    one_way = coding.n_both_ways == 0
    segments = [mark_repeats(part.segment, coding.key_frames_s, one_way) for part in own]
    fps, facts = _facts(film.info, segments)
    facts = replace(facts, key_frames_s=coding.key_frames_s)
    waves = [part.wave for part in own]
    read_out = read_film(
        segments,
        waves,
        window_s=window_s,
        step_s=step_s,
        facts=facts,
        confidence=film.confidence,
    )
    repeats = repeat_warnings(film.told.source, segments)
    rhythm = read_rhythm(read_out.signal, read_out.windows)
    return replace(
        film.told,
        duration_s=segments[-1].end_s - segments[0].start_s,
        fps=fps,
        windows=read_out.windows,
        reasons=read_out.reasons,
        warnings=(*film.told.warnings, *repeats, *rhythm.warnings),
        hrv=rhythm.hrv,
        respiration=rhythm.respiration,
        face_id=face_id,
        face_box=next((segment.box for segment in segments if segment.box), None),
        faces=_spans(segments, film.end_s),
        signal=read_out.signal,
        beats_s=rhythm.beats_s,
    )


def _spans(segments: list[FaceSegment], end_s: float | None) -> tuple[FaceSpan, ...]:
    """Where the face was; a segment ends a frame's time late, not after ``end_s``."""
    asked_s = np.inf if end_s is None else end_s
    return tuple(FaceSpan(s.start_s, min(s.end_s, asked_s), s.box) for s in segments)


def _facts(info: VideoInfo, segments: list[FaceSegment]) -> tuple[float | None, FilmFacts]:
    """New frames per second by their own timestamps, and how hard they were compressed."""
    fps = new_fps([segment.scene for segment in segments]) or info.fps
    facts = FilmFacts(clock_known=info.clock_known)
    if not fps or not info.bit_rate:
        return fps, facts
    bits = info.bit_rate / (info.width * info.height * fps)
    return fps, replace(facts, bits_per_pixel=bits)


def _prepare_end() -> None:
    """Half a second for the filters, while the method still has work and no picture waits."""
    give_back_memory()
    import_beside("scipy.signal")


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
