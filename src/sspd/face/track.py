"""A video's faces, stretch by stretch, each with one fixed box (the paper's choice)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.accel.buffers import Allocator, recycling_allocator
from sspd.errors import UsageError
from sspd.face.crop import crop_resize, eight_bits, pad_box
from sspd.face.detect import detect_faces
from sspd.face.frame_stats import FrameStatsRow, measure_frame, stack_rows
from sspd.face.identity import FaceTracker
from sspd.face.recurrence import FrameMemory
from sspd.types import FIXED_POINT_MAX, Box, FaceSegment, Frames, FrameStats
from sspd.video.bounds import GAP_S

#: Length of a segment, seconds.
SEGMENT_S = 30.0
#: Where no face is found, the next look follows after this much video.
DETECT_EVERY_S = 0.5
#: A rest of the video shorter than this belongs to the segment before it.
SHORT_S = 10.0
#: Pictures in a piece: fewer take less memory, each piece its time.
CROP_CHUNK_FRAMES = 16
#: What a video says of its length may be so wrong, seconds.
_SLACK_S = 1.0
_TINY_S = 1e-6


def iter_face_chunks(
    chunks: Iterable[Frames],
    *,
    size: int,
    segment_s: float = SEGMENT_S,
    box: Box | None = None,
    end_s: float | None = None,
    every: bool = False,
) -> Iterator[FaceSegment]:
    """Cut faces out of a video, piece by piece.

    A segment starts every `segment_s` seconds; its box is found on its first picture
    or, failing that, on a later one (a look every `DETECT_EVERY_S`), and stays. Pictures
    before a face is found make a stretch of their own, without a box. A gap in the times
    longer than `GAP_S` ends a segment, and the next one starts behind it. The face is the
    largest one, in later segments the same person's where that is still there.

    Parameters
    ----------
    chunks : iterable of Frames
        The video in order, of any depth.
    size : int
        Side of the face pictures, pixels.
    segment_s : float
        Length of a segment, seconds.
    box : Box, optional
        Use this box throughout, as it is; nothing is detected.
    end_s : float, optional
        Where the video is said to end: a last segment that would be shorter than
        `SHORT_S` is not begun.
    every : bool
        Every face, not just one; who comes in later waits for the next segment.

    Yields
    ------
    FaceSegment
        `CROP_CHUNK_FRAMES` pictures or fewer, in order of time, without a gap of more than `GAP_S`;
        pieces of one stretch have the same ``stretch``. ``box`` None, in one piece, where
        there is no face.

    Raises
    ------
    UsageError
        `box` does not lie inside the video's pictures, or `size` or `segment_s` is not
        positive.

    Examples
    --------
    >>> video = Frames(np.full((25, 48, 64, 3), 90, np.uint8), np.arange(25) / 10)
    >>> pieces = iter_face_chunks([video], size=8, box=Box(10, 10, 40, 40))
    >>> [(len(piece.faces), piece.segment_index) for piece in pieces]
    [(16, 0), (9, 0)]
    """
    if size < 1 or not segment_s > 0:
        raise UsageError(f"size and segment_s must be positive, got {size} and {segment_s}")
    people, take = FaceTracker(every), recycling_allocator()
    boundary_s = next_look_s = 0.0
    now: list[OpenSegment] = []
    for rgb, white, t in _pictures(chunks, box):
        gap = not now or t - now[0].t[-1] > GAP_S
        boundary_s = t if gap else boundary_s
        if gap or (t >= boundary_s - _TINY_S and not _nearly_over(t, boundary_s, end_s)):
            yield from _closed(now)
            boundary_s += segment_s * (1 + (t + _TINY_S - boundary_s) // segment_s)
            now, next_look_s = [OpenSegment(box, size, 0, _next(now), take)], t
        if now[0].box is None and t >= next_look_s - _TINY_S:
            seen = detect_faces(eight_bits(rgb, white))
            found = people.assign([pad_box(b, *rgb.shape[:2]) for b in seen])
            if found:
                yield from _closed(now)
                first = _next(now) if now[0].t else now[0].number
                now = [
                    OpenSegment(b, size, who, first + k, take) for k, (who, b) in enumerate(found)
                ]
            next_look_s = t + DETECT_EVERY_S
        for stretch in now:
            _add(stretch, rgb, white, t)
            if len(stretch.sights) == CROP_CHUNK_FRAMES:
                yield _piece(stretch)
    yield from _closed(now)


def face_segments(
    chunks: Iterable[Frames],
    *,
    size: int,
    segment_s: float = SEGMENT_S,
    box: Box | None = None,
    end_s: float | None = None,
) -> Iterator[FaceSegment]:
    """Cut the largest face out of a video, a whole stretch at a time.

    Parameters
    ----------
    chunks, size, segment_s, box, end_s
        See `iter_face_chunks`.

    Yields
    ------
    FaceSegment
        A stretch, all its pictures in memory.

    Examples
    --------
    >>> video = Frames(np.full((20, 48, 64, 3), 90, np.uint8), np.arange(20) / 10)
    >>> segment, = face_segments([video], size=8, box=Box(10, 10, 40, 40))
    >>> segment.start_s, round(segment.end_s, 3), segment.faces
    (0.0, 2.0, Frames(20 x 8x8, uint16/65280, 0.000-1.900 s))
    """
    pieces = iter_face_chunks(chunks, size=size, segment_s=segment_s, box=box, end_s=end_s)
    for _, parts in groupby(pieces, key=lambda piece: piece.segment_index):
        yield join_chunks(list(parts))


def join_chunks(pieces: Sequence[FaceSegment]) -> FaceSegment:
    """The pieces of one stretch, one or more, in one.

    >>> video = Frames(np.full((50, 48, 64, 3), 90, np.uint8), np.arange(50) / 10)
    >>> len(join_chunks(list(iter_face_chunks([video], size=8, box=Box(0, 0, 9, 9)))).faces)
    50
    """
    first = pieces[0]
    if len(pieces) == 1:
        return first
    faces = [piece.faces for piece in pieces]
    rgb, t = np.concatenate([f.rgb for f in faces]), np.concatenate([f.t for f in faces])
    names = [field.name for field in fields(FrameStats)]
    frame_stats = {
        name: np.concatenate([getattr(p.frame_stats, name) for p in pieces]) for name in names
    }
    joined = Frames(rgb, t, first.faces.max_value)
    return replace(
        first, end_s=pieces[-1].end_s, faces=joined, frame_stats=FrameStats(**frame_stats)
    )


@dataclass
class OpenSegment:
    """A stretch so far; of what was seen, what no piece holds yet."""

    box: Box | None
    size: int
    face_id: int
    number: int
    take: Allocator
    t: list[float] = field(default_factory=list)
    faces: NDArray[np.uint16] = field(default_factory=lambda: np.empty((0,), np.uint16))
    sights: list[FrameStatsRow] = field(default_factory=list)
    grey: NDArray[np.float32] | None = None
    memory: FrameMemory = field(default_factory=FrameMemory)


def _next(stretches: Sequence[OpenSegment]) -> int:
    return stretches[-1].number + 1 if stretches else 0


def _nearly_over(t: float, boundary_s: float, end_s: float | None) -> bool:
    """Whether so little of the video is left that it makes no segment of its own.

    What a video says of its length is not believed any more when it goes on beyond it.
    """
    if end_s is None or t >= boundary_s + SHORT_S:
        return False
    return -_SLACK_S < end_s - boundary_s < SHORT_S - _TINY_S


def _pictures(
    chunks: Iterable[Frames], box: Box | None
) -> Iterator[tuple[NDArray[Any], int, float]]:
    """Each picture, its level of full white, and its time."""
    for chunk in chunks:
        height, width = chunk.rgb.shape[1:3]
        if box and not (0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height):
            raise UsageError(f"the box {tuple(box)} does not lie inside {width}x{height} pixels")
        for rgb, t in zip(chunk.rgb, chunk.t.tolist(), strict=True):
            yield rgb, chunk.max_value, t


def _add(stretch: OpenSegment, rgb: NDArray[Any], white: int, t: float) -> None:
    stretch.t.append(t)
    if stretch.box is None:
        return
    if not stretch.sights:
        stretch.faces = stretch.take((CROP_CHUNK_FRAMES, stretch.size, stretch.size, 3), np.uint16)
    face = crop_resize(rgb, stretch.box, stretch.size, white)
    stretch.faces[len(stretch.sights)] = face * (FIXED_POINT_MAX / 255) + 0.5
    sight = measure_frame(rgb, stretch.box, face, stretch.grey, white, stretch.memory, t)
    stretch.sights.append(sight)
    stretch.grey = sight.grey


def _piece(stretch: OpenSegment) -> FaceSegment:
    """Hand over what was gathered since the last piece."""
    n = len(stretch.sights)
    step_s = float(np.median(np.diff(stretch.t))) if len(stretch.t) > 1 else 0.0
    seen = np.array(stretch.t[len(stretch.t) - n :])
    faces = stretch.faces if n else np.empty((0, stretch.size, stretch.size, 3), np.uint16)
    piece = FaceSegment(
        start_s=float(seen[0] if n else stretch.t[0]),
        end_s=stretch.t[-1] + step_s,
        box=stretch.box,
        faces=Frames(faces[:n], seen, FIXED_POINT_MAX),
        frame_stats=stack_rows(seen, stretch.sights),
        face_id=stretch.face_id,
        segment_index=stretch.number,
    )
    stretch.sights = []
    return piece


def _closed(stretches: Iterable[OpenSegment]) -> Iterator[FaceSegment]:
    """The last piece of each, where there is one."""
    for stretch in stretches:
        if stretch.sights or (stretch.box is None and stretch.t):
            yield _piece(stretch)
