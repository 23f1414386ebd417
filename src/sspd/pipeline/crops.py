"""The face crops of a source alone, without a method: for training and for figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sspd.errors import SourceError
from sspd.face.stabilize import crop_px
from sspd.face.track import face_segments
from sspd.types import FaceSegment, Recording
from sspd.video.sources import open_source

#: Frames read at a time.
_CHUNK = 32


def face_crops(
    source: str | Path | Recording,
    *,
    size: int,
    stabilize: bool,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> Iterator[FaceSegment]:
    """Cut the largest face out of a source, a whole segment at a time.

    Parameters
    ----------
    source : path or Recording
    size : int
        Side of the faces that a network takes, pixels.
    stabilize : bool
        Whether the head will be stabilized: the crops are then finer, see
        `sspd.face.stabilize.crop_px`.
    start_s, end_s : float
        The span, seconds; ``end_s`` None: to the end.

    Yields
    ------
    FaceSegment
        All its crops in memory; one without a face has ``box`` None.

    Raises
    ------
    SSPDError
        The source cannot be read.
    """
    video = open_source(source, chunk=_CHUNK)
    try:
        stated_s = video.info.duration_s
        yield from face_segments(
            video.frames(start_s, end_s),
            size=crop_px(size, stabilize),
            end_s=stated_s if end_s is None else end_s,
        )
    finally:
        close = getattr(video, "close", None)
        if close is not None:
            close()


def first_face(
    source: str | Path | Recording,
    *,
    size: int,
    stabilize: bool,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> FaceSegment:
    """Cut out the first segment of a source that shows a face in two frames or more.

    Parameters
    ----------
    source, size, stabilize, start_s, end_s
        See `face_crops`.

    Returns
    -------
    FaceSegment

    Raises
    ------
    SourceError
        There is no face in the span.
    SSPDError
        The source cannot be read.
    """
    found = face_crops(source, size=size, stabilize=stabilize, start_s=start_s, end_s=end_s)
    for segment in found:
        if segment.box is not None and len(segment.faces) > 1:
            return segment
    name = source.video if isinstance(source, Recording) else source
    span_s = f"{start_s:g} s on" if end_s is None else f"{start_s:g} to {end_s:g} s"
    raise SourceError(f"{name}: no face from {span_s}")
