"""A film's face, stretch by stretch, each with one fixed box (the paper's choice)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sspd.containers import FIXED_POINT_MAX, Box, FaceSegment, Frames
from sspd.errors import UsageError
from sspd.face.crop import crop_resize, pad_box
from sspd.face.detect import detect_faces
from sspd.face.scene import Sight, gather, see

#: Where no face is found, the next look follows after this much film.
LOOK_EVERY_S = 0.5
#: A last segment shorter than this keeps the box of the one before.
SHORT_S = 10.0
_TINY_S = 1e-6


def face_segments(
    chunks: Iterable[Frames], *, size: int, segment_s: float = 30.0, box: Box | None = None
) -> Iterator[FaceSegment]:
    """Cut the largest face out of a film, lazily.

    A segment starts every `segment_s` seconds; its box is found on its first picture
    or, failing that, on a later one (a look every `LOOK_EVERY_S`), and stays. Pictures
    before the face is found make a stretch of their own, without a box. A last segment
    under `SHORT_S` keeps the box of the one before, which costs cropping the first
    `SHORT_S` of every later segment twice: the film's end is not known beforehand.

    Parameters
    ----------
    chunks : iterable of Frames
        The film, uint8, in order.
    size : int
        Side of the face pictures, pixels.
    segment_s : float
        Length of a segment, seconds.
    box : Box, optional
        Use this box throughout, as it is; nothing is detected.

    Yields
    ------
    FaceSegment
        In order of time, without gaps; ``box`` None where there is no face.

    Raises
    ------
    UsageError
        `box` does not lie inside the film's pictures, or `size` or `segment_s` is not
        positive.

    Examples
    --------
    >>> film = Frames(np.full((20, 48, 64, 3), 90, np.uint8), np.arange(20) / 10)
    >>> segment, = face_segments([film], size=8, box=Box(10, 10, 40, 40))
    >>> segment.start_s, round(segment.end_s, 3), segment.faces
    (0.0, 2.0, Frames(20 x 8x8, uint16/65280, 0.000-1.900 s))
    """
    if size < 1 or not segment_s > 0:
        raise UsageError(f"size and segment_s must be positive, got {size} and {segment_s}")
    origin_s: float | None = None
    boundary_s = next_look_s = 0.0
    now = rest = _Stretch(box)
    finished: list[FaceSegment] = []  # of this segment, while it may yet prove short
    for rgb, t in _pictures(chunks, box):
        if origin_s is None:
            origin_s = boundary_s = t
        if t >= boundary_s - _TINY_S:
            yield from [*finished, *_closed(now, size)]
            boundary_s += segment_s * (1 + (t + _TINY_S - boundary_s) // segment_s)
            finished, next_look_s = [], t
            now, rest = _Stretch(box), _Stretch(now.box if box is None else None)
        if now.box is None and t >= next_look_s - _TINY_S:
            if (found := _look(rgb)) is not None:
                finished += _closed(now, size)
                now = _Stretch(found)
            next_look_s = t + LOOK_EVERY_S
        _add(now, rgb, t, size)
        if rest.box is not None:
            _add(rest, rgb, t, size)
            if t - rest.t[0] >= SHORT_S - _TINY_S:
                rest = _Stretch(None)
        if rest.box is None:
            yield from finished
            finished = []
    yield from _closed(rest, size) if rest.box else [*finished, *_closed(now, size)]


@dataclass
class _Stretch:
    """Pictures gathered so far with one box."""

    box: Box | None
    t: list[float] = field(default_factory=list)
    faces: NDArray[np.uint16] = field(default_factory=lambda: np.empty((0,), np.uint16))
    sights: list[Sight] = field(default_factory=list)


def _pictures(
    chunks: Iterable[Frames], box: Box | None
) -> Iterator[tuple[NDArray[np.uint8], float]]:
    for chunk in chunks:
        if chunk.rgb.dtype != np.uint8:
            raise UsageError(f"a film's pictures are uint8, got {chunk.rgb.dtype}")
        height, width = chunk.rgb.shape[1:3]
        if box and not (0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height):
            raise UsageError(f"the box {tuple(box)} does not lie inside {width}x{height} pixels")
        yield from zip(chunk.rgb, chunk.t.tolist(), strict=True)


def _look(rgb: NDArray[np.uint8]) -> Box | None:
    faces = detect_faces(rgb)
    return pad_box(faces[0], *rgb.shape[:2]) if faces else None


def _add(stretch: _Stretch, rgb: NDArray[np.uint8], t: float, size: int) -> None:
    n = len(stretch.t)
    stretch.t.append(t)
    if stretch.box is None:
        return
    if n == stretch.faces.shape[0]:  # grown in place: a copy would double the memory
        stretch.faces.resize((max(64, n + n // 2), size, size, 3), refcheck=False)
    face = crop_resize(rgb, stretch.box, size)
    before = stretch.sights[-1].grey if stretch.sights else None
    stretch.sights.append(see(rgb, stretch.box, face, before))
    stretch.faces[n] = face * (FIXED_POINT_MAX / 255) + 0.5


def _closed(stretch: _Stretch, size: int) -> list[FaceSegment]:
    """Make the finished segment, or nothing of no pictures."""
    if not stretch.t:
        return []
    t = np.array(stretch.t)
    step_s = float(np.median(np.diff(t))) if len(t) > 1 else 0.0
    stretch.faces.resize((len(stretch.sights), size, size, 3), refcheck=False)
    seen = t[: len(stretch.sights)]
    return [
        FaceSegment(
            start_s=float(t[0]),
            end_s=float(t[-1]) + step_s,
            box=stretch.box,
            faces=Frames(stretch.faces, seen, FIXED_POINT_MAX),
            scene=gather(seen, stretch.sights),
        )
    ]
