"""One part of a long video, measured."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sspd.accel.process import trim_heap
from sspd.face.chunker import FaceChunker
from sspd.methods import Method
from sspd.pipeline.executor import Buffers, Executor
from sspd.pipeline.parts.plan import PART_S, Look, PartFacts, PartRange, plan_parts
from sspd.pipeline.segments import SegmentRunner, SegmentWaveform
from sspd.types import FaceSegment, MeasureOptions, VideoInfo
from sspd.video.file import VideoFile
from sspd.video.part import INDEXED, VideoPart
from sspd.video.stored import Place


def asked_end_s(info: VideoInfo, options: MeasureOptions) -> float | None:
    """Return where a measurement is said to end, as face segments go by it.

    Parameters
    ----------
    info : VideoInfo
    options : MeasureOptions

    Returns
    -------
    float or None
        Seconds; None: unknown.
    """
    return info.duration_s if options.end_s is None else options.end_s


def parts_of(video: VideoFile, options: MeasureOptions, part_s: float = PART_S) -> list[PartRange]:
    """Return the parts in which a video is to be measured.

    Parameters
    ----------
    video : VideoFile
    options : MeasureOptions
    part_s : float
        Least length of a part, seconds.

    Returns
    -------
    list of PartRange
        Empty: as a whole. That is so for short videos, those without an index of key frames or
        a known length, and measurements that begin later or by a stated frame rate.

    Raises
    ------
    SSPDError
        It cannot be opened.
    """
    if options.start_s > 0 or options.fps is not None or video.format not in INDEXED:
        return []
    end_s, stated_s = asked_end_s(video.info, options), video.info.duration_s
    if end_s is None or stated_s is None:
        return []
    parts = plan_parts(min(end_s, stated_s), part_s)
    return parts if len(parts) > 1 else []


def measure_part(
    place: Place, part: PartRange, options: MeasureOptions, method: Method
) -> tuple[PartFacts, list[SegmentWaveform]]:
    """Measure the segments of one part of a video.

    Parameters
    ----------
    place : path or StoredVideo
    part : PartRange
    options : MeasureOptions
    method : Method

    Returns
    -------
    (PartFacts, list of SegmentWaveform)
        The segments in the order in which they began, without crops.

    Raises
    ------
    SSPDError
        The video cannot be read.
    """
    began, spent_s = time.perf_counter(), {"decode": 0.0, "face": 0.0, "network": 0.0}
    end_s = options.end_s if part.end_s is None else part.end_s
    video = VideoPart(place, part.start_s, end_s, chunk=Buffers().decode_frames)
    looks: list[Look] = []
    with Executor(side_by_side=True) as executor:
        runner = SegmentRunner(method, executor)
        if method.prepare is not None:
            executor.begin(method.prepare)
        try:
            for chunk in _chunks(video, part, options, method.size, (looks, spent_s)):
                runner.feed(chunk)
            segments = runner.close()
        finally:
            runner.end()
    trim_heap()
    spent_s["network"] = runner.busy_s
    spent_s["total"] = time.perf_counter() - began
    return _facts(part, video, looks, spent_s), segments


def _chunks(
    video: VideoPart,
    part: PartRange,
    options: MeasureOptions,
    size: int,
    notes: tuple[list[Look], dict[str, float]],
) -> Iterator[FaceSegment]:
    """Chunks of face crops; looks for faces and seconds of work are noted."""
    looks, spent_s = notes
    chunker: FaceChunker | None = None
    frames = video.frames()
    while True:
        before = time.perf_counter()
        found = next(frames, None)
        read = time.perf_counter()
        spent_s["decode"] += read - before
        if found is None:
            break
        if chunker is None:
            assert video.info is not None
            chunker = FaceChunker(
                size=size,
                box=options.box,
                end_s=asked_end_s(video.info, options),
                every=options.every_face,
                state=part.state,
                on_look=lambda t, boxes: looks.append(Look(t, boxes)),
            )
        yield from chunker.push(found)
        spent_s["face"] += time.perf_counter() - read
    yield from chunker.close() if chunker is not None else ()


def _facts(
    part: PartRange, video: VideoPart, looks: list[Look], spent_s: dict[str, float]
) -> PartFacts:
    return PartFacts(
        part,
        video.info,
        video.first,
        video.after,
        video.last_s,
        video.gaps,
        looks,
        video.coding.n_frames,
        video.coding.n_both_ways,
        video.coding.all_key_frames_s,
        video.warnings,
        video.ending,
        video.trouble,
        spent_s,
    )
