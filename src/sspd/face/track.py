"""Cut faces out of a video, in segments with one fixed box each (the paper's choice)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import groupby

import numpy as np

from sspd.face.chunker import SEGMENT_S, FaceChunker
from sspd.types import Box, FaceSegment, Frames, FrameStats


def iter_face_chunks(
    chunks: Iterable[Frames],
    *,
    size: int,
    segment_s: float = SEGMENT_S,
    box: Box | None = None,
    end_s: float | None = None,
    every: bool = False,
) -> Iterator[FaceSegment]:
    """Cut faces out of a video, chunk by chunk.

    A segment starts every `segment_s` seconds; its box is found on its first frame
    or, failing that, on a later one (one detection every `DETECT_EVERY_S`), and stays. Frames
    before a face is found make a segment of their own, without a box. A gap in the times
    longer than `GAP_S` ends a segment, and the next one starts after it. The face is the
    largest one, in later segments the same person's where that is still there.

    Parameters
    ----------
    chunks : iterable of Frames
        The video in order, of any depth.
    size : int
        Height and width of the crops, pixels.
    segment_s : float
        Length of a segment, seconds.
    box : Box, optional
        Use this box throughout, as it is; nothing is detected.
    end_s : float, optional
        Where the video is said to end: a last segment that would be shorter than
        `SHORTEST_SEGMENT_S` is not begun.
    every : bool
        Every face, not just one; a person who comes later is tracked from the next segment on.

    Yields
    ------
    FaceSegment
        `CROP_CHUNK_FRAMES` frames or fewer, in order of time, without a gap of more than `GAP_S`;
        chunks of one segment have the same ``segment_index``. ``box`` None, in one chunk, where
        there is no face.

    Raises
    ------
    UsageError
        `box` does not lie inside the video's frames, or `size` or `segment_s` is not
        positive.

    Examples
    --------
    >>> video = Frames(np.full((25, 48, 64, 3), 90, np.uint8), np.arange(25) / 10)
    >>> found = iter_face_chunks([video], size=8, box=Box(10, 10, 40, 40))
    >>> [(len(chunk.faces), chunk.segment_index) for chunk in found]
    [(16, 0), (9, 0)]
    """
    tracker = FaceChunker(size=size, segment_s=segment_s, box=box, end_s=end_s, every=every)
    for chunk in chunks:
        yield from tracker.push(chunk)
    yield from tracker.close()


def face_segments(
    chunks: Iterable[Frames],
    *,
    size: int,
    segment_s: float = SEGMENT_S,
    box: Box | None = None,
    end_s: float | None = None,
) -> Iterator[FaceSegment]:
    """Cut the largest face out of a video, a whole segment at a time.

    Parameters
    ----------
    chunks, size, segment_s, box, end_s
        See `iter_face_chunks`.

    Yields
    ------
    FaceSegment
        A segment, with all its crops in memory.

    Examples
    --------
    >>> video = Frames(np.full((20, 48, 64, 3), 90, np.uint8), np.arange(20) / 10)
    >>> segment, = face_segments([video], size=8, box=Box(10, 10, 40, 40))
    >>> segment.start_s, round(segment.end_s, 3), segment.faces
    (0.0, 2.0, Frames(20 x 8x8, uint16/65280, 0.000-1.900 s))
    """
    found = iter_face_chunks(chunks, size=size, segment_s=segment_s, box=box, end_s=end_s)
    for _, parts in groupby(found, key=lambda chunk: chunk.segment_index):
        yield join_chunks(list(parts))


def join_chunks(chunks: Sequence[FaceSegment]) -> FaceSegment:
    """Join the chunks of one segment.

    Parameters
    ----------
    chunks : sequence of FaceSegment
        One or more, in order.

    Returns
    -------
    FaceSegment

    >>> video = Frames(np.full((50, 48, 64, 3), 90, np.uint8), np.arange(50) / 10)
    >>> len(join_chunks(list(iter_face_chunks([video], size=8, box=Box(0, 0, 9, 9)))).faces)
    50
    """
    first = chunks[0]
    if len(chunks) == 1:
        return first
    faces = [chunk.faces for chunk in chunks]
    rgb, t = np.concatenate([f.rgb for f in faces]), np.concatenate([f.t for f in faces])
    names = [field.name for field in fields(FrameStats)]
    frame_stats = {
        name: np.concatenate([getattr(p.frame_stats, name) for p in chunks]) for name in names
    }
    joined = Frames(rgb, t, first.faces.max_value)
    return replace(
        first, end_s=chunks[-1].end_s, faces=joined, frame_stats=FrameStats(**frame_stats)
    )
