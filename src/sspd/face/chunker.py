"""Faces cut out of frames that are pushed, segment by segment, each with one fixed box."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sspd.accel.buffers import Allocator, recycling_allocator
from sspd.errors import UsageError
from sspd.face.crop import crop_resize, eight_bits, pad_box
from sspd.face.detect import detect_faces
from sspd.face.frame_stats import FrameStatsRow, measure_frame, stack_rows
from sspd.face.identity import FaceTracker
from sspd.face.recurrence import FrameMemory
from sspd.types import FIXED_POINT_MAX, Box, FaceSegment, Frames
from sspd.video.bounds import GAP_S

#: Length of a segment, seconds.
SEGMENT_S = 30.0
#: Time from one failed detection to the next, seconds of video.
DETECT_EVERY_S = 0.5
#: A remainder of the video shorter than this belongs to the segment before it, seconds.
SHORTEST_SEGMENT_S = 10.0
#: Frames in a chunk of crops: fewer take less memory, but each chunk costs time.
CROP_CHUNK_FRAMES = 16
#: Largest error of the duration that a video states, seconds.
_SLACK_S = 1.0
#: Times closer than this are the same, seconds.
TINY_S = 1e-6


class ChunkerState(NamedTuple):
    """Everything that a segment depends on beside its own frames."""

    boundary_s: float
    """Start of the segment, seconds; its first frame may be a little later."""
    known: tuple[tuple[int, Box], ...] = ()
    """Number and last place of each face before."""


class FaceChunker:
    """Faces cut out of frames that are pushed, see `sspd.face.track.iter_face_chunks`.

    Parameters
    ----------
    size, segment_s, box, end_s, every
        See `sspd.face.track.iter_face_chunks`.
    chunk_frames : int
        Frames in a chunk, at most; the crops do not depend on it.
    state : ChunkerState, optional
        The first frame begins a segment in the middle of a video, as if all before it had been
        pushed too; None: it is the first of the video.
    on_look : callable, optional
        Called after each detection with its time, seconds, and the padded boxes of the faces, the
        largest first.

    Raises
    ------
    UsageError
        `size` or `segment_s` is not positive.
    """

    def __init__(
        self,
        *,
        size: int,
        segment_s: float = SEGMENT_S,
        box: Box | None = None,
        end_s: float | None = None,
        every: bool = False,
        chunk_frames: int = CROP_CHUNK_FRAMES,
        state: ChunkerState | None = None,
        on_look: Callable[[float, list[Box]], object] | None = None,
    ) -> None:
        if size < 1 or not segment_s > 0:
            raise UsageError(f"size and segment_s must be positive, got {size} and {segment_s}")
        self._size, self._segment_s, self._box, self._end_s = size, segment_s, box, end_s
        known = {} if state is None else dict(state.known)
        self._tracker, self._allocate = FaceTracker(every, known), recycling_allocator()
        self._chunk_frames, self._on_look = chunk_frames, on_look
        self._boundary_s = 0.0 if state is None else state.boundary_s
        self._resumed, self._next_look_s = state is not None, 0.0
        self._now: list[OpenSegment] = []

    def push(self, frames: Frames) -> Iterator[FaceSegment]:
        """Process frames, and yield the chunks that are complete.

        Parameters
        ----------
        frames : Frames
            Later than those before, of the same size.

        Yields
        ------
        FaceSegment

        Raises
        ------
        UsageError
            The box does not lie inside the frames.
        """
        for rgb, white, t in _each_frame([frames], self._box):
            yield from self._begin_segment(t)
            if self._now[0].box is None and t >= self._next_look_s - TINY_S:
                yield from self._detect(rgb, white, t)
            for segment in self._now:
                _add(segment, rgb, white, t)
                if len(segment.rows) == self._chunk_frames:
                    yield _chunk_of(segment)

    def close(self) -> Iterator[FaceSegment]:
        """Yield the chunks that were not complete.

        Yields
        ------
        FaceSegment
        """
        now, self._now = self._now, []
        yield from _last_chunks(now)

    def _begin_segment(self, t: float) -> Iterator[FaceSegment]:
        """End the segments that are over at ``t``, and begin the next."""
        now = self._now
        gap = t - now[0].t[-1] > GAP_S if now else not self._resumed
        self._resumed = False
        self._boundary_s = t if gap else self._boundary_s
        over = t >= self._boundary_s - TINY_S
        if not (gap or (over and not _nearly_over(t, self._boundary_s, self._end_s))):
            return
        yield from _last_chunks(now)
        steps = 1 + (t + TINY_S - self._boundary_s) // self._segment_s
        self._boundary_s += self._segment_s * steps
        first = self._opened(self._box, 0, _next(now))
        self._now, self._next_look_s = [first], t

    def _opened(self, box: Box | None, face_id: int, number: int) -> OpenSegment:
        return OpenSegment(box, self._size, self._chunk_frames, face_id, number, self._allocate)

    def _detect(self, rgb: NDArray[Any], white: int, t: float) -> Iterator[FaceSegment]:
        """Look for faces; where there are, end the segment without one."""
        seen = detect_faces(eight_bits(rgb, white))
        boxes = [pad_box(b, *rgb.shape[:2]) for b in seen]
        if self._on_look is not None:
            self._on_look(t, boxes)
        found = self._tracker.assign(boxes)
        if found:
            now = self._now
            yield from _last_chunks(now)
            first = _next(now) if now[0].t else now[0].number
            self._now = [self._opened(b, who, first + k) for k, (who, b) in enumerate(found)]
        self._next_look_s = t + DETECT_EVERY_S


@dataclass
class OpenSegment:
    """A segment that still grows, and its frames that are in no chunk yet."""

    box: Box | None
    size: int
    chunk_frames: int
    face_id: int
    number: int
    allocate: Allocator
    t: list[float] = field(default_factory=list)
    faces: NDArray[np.uint16] = field(default_factory=lambda: np.empty((0,), np.uint16))
    rows: list[FrameStatsRow] = field(default_factory=list)
    grey: NDArray[np.float32] | None = None
    memory: FrameMemory = field(default_factory=FrameMemory)


def _next(segments: Sequence[OpenSegment]) -> int:
    return segments[-1].number + 1 if segments else 0


def _nearly_over(t: float, boundary_s: float, end_s: float | None) -> bool:
    """Return whether too little of the video is left for a segment of its own.

    A stated duration is ignored once the video goes on beyond it.
    """
    if end_s is None or t >= boundary_s + SHORTEST_SEGMENT_S:
        return False
    return -_SLACK_S < end_s - boundary_s < SHORTEST_SEGMENT_S - TINY_S


def _each_frame(
    chunks: Iterable[Frames], box: Box | None
) -> Iterator[tuple[NDArray[Any], int, float]]:
    """Yield each frame, its value of full white, and its time."""
    for chunk in chunks:
        height, width = chunk.rgb.shape[1:3]
        if box and not (0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height):
            raise UsageError(f"the box {tuple(box)} does not lie inside {width}x{height} pixels")
        for rgb, t in zip(chunk.rgb, chunk.t.tolist(), strict=True):
            yield rgb, chunk.max_value, t


def _add(segment: OpenSegment, rgb: NDArray[Any], white: int, t: float) -> None:
    segment.t.append(t)
    if segment.box is None:
        return
    if not segment.rows:
        segment.faces = segment.allocate(
            (segment.chunk_frames, segment.size, segment.size, 3), np.uint16
        )
    face = crop_resize(rgb, segment.box, segment.size, white)
    segment.faces[len(segment.rows)] = face * (FIXED_POINT_MAX / 255) + 0.5
    row = measure_frame(rgb, segment.box, face, segment.grey, white, segment.memory, t)
    segment.rows.append(row)
    segment.grey = row.grey


def _chunk_of(segment: OpenSegment) -> FaceSegment:
    """Return the crops since the last chunk."""
    n = len(segment.rows)
    step_s = float(np.median(np.diff(segment.t))) if len(segment.t) > 1 else 0.0
    seen = np.array(segment.t[len(segment.t) - n :])
    faces = segment.faces if n else np.empty((0, segment.size, segment.size, 3), np.uint16)
    chunk = FaceSegment(
        start_s=float(seen[0] if n else segment.t[0]),
        end_s=segment.t[-1] + step_s,
        box=segment.box,
        faces=Frames(faces[:n], seen, FIXED_POINT_MAX),
        frame_stats=stack_rows(seen, segment.rows),
        face_id=segment.face_id,
        segment_index=segment.number,
    )
    segment.rows = []
    return chunk


def _last_chunks(segments: Iterable[OpenSegment]) -> Iterator[FaceSegment]:
    """Yield the last chunk of each segment that has one."""
    for segment in segments:
        if segment.rows or (segment.box is None and segment.t):
            yield _chunk_of(segment)
