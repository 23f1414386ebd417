"""Faces that come in pieces, several at a time, through a method."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from queue import Full, Queue

import numpy as np

from sspd.accel.process import trim_heap
from sspd.face.identity import MAX_FACES
from sspd.face.track import join_chunks
from sspd.methods.method import Method
from sspd.types import FaceSegment, Frames, FrameStats, Signal
from sspd.video.bounds import GAP_S

#: Pieces that wait for the method; more would only take memory.
_WAITING = 1
#: Pieces of a new stretch that a method takes in while the one before still ends, or a
#: long video's memory would be that of the rare moment in which all of both waits.
LOOKAHEAD_CHUNKS = 3
_LOOK_S = 0.05
#: Neighbouring stretches lie a picture or two apart.
_BRIEF_S = 0.25


@dataclass(frozen=True, eq=False)
class SegmentWaveform:
    """A stretch without its pictures, and the waveform of its face, if there is one."""

    segment: FaceSegment
    wave: Signal | None


@dataclass
class RunningSegment:
    """A stretch on its way: the method runs in a thread and is fed piece by piece."""

    pieces: list[FaceSegment] = field(default_factory=list)
    waiting: Queue[Frames | None] = field(default_factory=lambda: Queue(_WAITING))
    wave: Future[Signal | None] | None = None
    busy_s: float = 0.0


def run_segments(
    pieces: Iterable[FaceSegment], method: Method, spent: dict[str, float] | None = None
) -> list[SegmentWaveform]:
    """Run a method over every stretch of a video.

    The pieces of one face are taken in the order in which they come, each as soon as
    the method has served the one before: few are held at a time.

    Parameters
    ----------
    pieces : iterable of FaceSegment
        As `sspd.face.track.iter_face_chunks` gives them.
    method : Method
    spent : dict, optional
        The seconds that the method worked are added to its ``network``.

    Returns
    -------
    list of SegmentWaveform
        In the order in which the stretches began.

    Examples
    --------
    >>> from sspd.methods import get_method
    >>> run_segments([], get_method("pos"))
    []
    """
    running: dict[int, RunningSegment] = {}
    ending: list[RunningSegment] = []
    stretches: list[RunningSegment] = []
    with ThreadPoolExecutor(2 * MAX_FACES) as pool:
        try:
            for piece in pieces:
                stretch = running.get(piece.face_id)
                if stretch is None or stretch.pieces[0].segment_index != piece.segment_index:
                    ending = _end_those_before(piece.start_s, running, ending)
                    stretch = running[piece.face_id] = RunningSegment()
                    stretches.append(stretch)
                    if piece.box is not None:
                        stretch.wave = pool.submit(_run, method, stretch)
                elif len(stretch.pieces) == LOOKAHEAD_CHUNKS:
                    _wait_for(ending)
                _feed(stretch, piece)
        finally:
            for stretch in running.values():  # whatever happened: no thread waits for more
                _put(stretch, None)
    if spent is not None:
        spent["network"] += sum(stretch.busy_s for stretch in stretches)
    return [
        SegmentWaveform(
            join_chunks(stretch.pieces), stretch.wave.result() if stretch.wave else None
        )
        for stretch in stretches
    ]


def _end_those_before(
    start_s: float, running: dict[int, RunningSegment], ending: list[RunningSegment]
) -> list[RunningSegment]:
    """End the stretches of segments that are over, and give them back.

    A person who is not seen any more must not keep a thread waiting: there are twice as many
    threads as faces at a time, not as many as faces in a video. What ends now may still work
    beside the new stretches; `ending`, what ended before, is waited for.
    """
    over = [who for who, each in running.items() if _last_s(each.pieces[-1]) < start_s]
    if not over:
        return ending
    _wait_for(ending)
    for who in over:
        _put(running[who], None)
        running[who].pieces = [join_chunks(running[who].pieces)]  # small ones fill a heap with gaps
    trim_heap()
    return [running.pop(who) for who in over]


def _wait_for(ending: Iterable[RunningSegment]) -> None:
    """Until they are through; what a method raised there is raised."""
    for stretch in ending:
        if stretch.wave is not None:
            stretch.wave.result()


def _last_s(piece: FaceSegment) -> float:
    """The time of its last picture; of a piece without faces, where it starts."""
    return float(piece.frame_stats.t[-1]) if piece.frame_stats.t.size else piece.start_s


def by_face(stretches: Sequence[SegmentWaveform]) -> list[tuple[int, list[SegmentWaveform]]]:
    """Sort stretches by face; each face's fill the video, without a box where it is not seen.

    A gap in the video's times (`sspd.video.bounds.GAP_S`) is filled by nothing.

    Parameters
    ----------
    stretches : sequence of SegmentWaveform
        One or more, as `run_segments` gives them.

    Returns
    -------
    list of (face_id, stretches)
        By number. Face 0 without any box where no face was found at all.
    """
    seen = _seen(stretches)
    faces: dict[int, list[SegmentWaveform]] = {}
    for each in stretches:
        if each.segment.box is not None:
            faces.setdefault(each.segment.face_id, []).append(each)
    if not faces:
        return [(0, list(stretches))]
    return [(who, _without_holes(faces[who], seen)) for who in sorted(faces)]


def _seen(stretches: Sequence[SegmentWaveform]) -> list[tuple[float, float]]:
    """From when to when there are pictures, whoever is in them."""
    spans: list[tuple[float, float]] = []
    for each in sorted(stretches, key=lambda each: each.segment.start_s):
        start_s, end_s = each.segment.start_s, each.segment.end_s
        if spans and start_s - spans[-1][1] <= GAP_S:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end_s))
        else:
            spans.append((start_s, end_s))
    return spans


def _without_holes(
    own: Sequence[SegmentWaveform], seen: Sequence[tuple[float, float]]
) -> list[SegmentWaveform]:
    whole: list[SegmentWaveform] = []
    waiting = deque(own)
    near = own[0].segment
    for start_s, end_s in seen:
        while waiting and waiting[0].segment.start_s <= end_s:
            near = waiting[0].segment
            whole += [*_hole(near, start_s, near.start_s), waiting.popleft()]
            start_s = near.end_s
        whole += _hole(near, start_s, end_s)
    return whole


def _hole(near: FaceSegment, start_s: float, end_s: float) -> list[SegmentWaveform]:
    """A stretch in which a face is not seen, where it lasts at all."""
    if end_s - start_s < _BRIEF_S:
        return []
    frame_stats = FrameStats(
        **{f.name: getattr(near.frame_stats, f.name)[:0] for f in fields(FrameStats)}
    )
    return [
        SegmentWaveform(
            replace(near, start_s=start_s, end_s=end_s, box=None, frame_stats=frame_stats), None
        )
    ]


def _feed(stretch: RunningSegment, piece: FaceSegment) -> None:
    none = Frames(piece.faces.rgb[:0].copy(), np.zeros(0), piece.faces.max_value)
    stretch.pieces.append(replace(piece, faces=none))
    _put(stretch, piece.faces)


def _put(stretch: RunningSegment, faces: Frames | None) -> None:
    """Wait until there is room; a method that has ended needs no more."""
    while stretch.wave is not None and not stretch.wave.done():
        try:
            stretch.waiting.put(faces, timeout=_LOOK_S)
        except Full:
            continue
        return


def _run(method: Method, stretch: RunningSegment) -> Signal | None:
    began, waited_s = time.perf_counter(), 0.0

    def faces() -> Iterator[Frames]:
        nonlocal waited_s
        while True:
            before = time.perf_counter()
            piece = stretch.waiting.get()
            waited_s += time.perf_counter() - before
            if piece is None:
                return
            yield piece

    try:
        return method.run(faces())
    finally:
        stretch.busy_s = time.perf_counter() - began - waited_s
