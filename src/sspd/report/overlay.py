"""Annotated video: the face box on the frames, and a panel with the waveform below."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.errors import OutputError, SourceError
from sspd.report.frame import draw_box, read_again
from sspd.report.overlay_panel import Panel, make_panel, panel_height
from sspd.types import Box, FaceSpan, Frames, Vitals
from sspd.video.write import write_h264

#: Constant rate factor of x264: good visual quality with a fifth of the bits that a video
#: needs for a measurement.
CRF = 20.0
#: Least width of the annotated video, pixels; a narrower video gets margins, so that the text
#: of the panel stays readable.
LEAST_WIDTH = 320


@dataclass(frozen=True)
class _Place:
    """Position of the video on the canvas, whose sides are even, pixels."""

    canvas: tuple[int, int]
    video: tuple[int, int]
    left: int


def write_overlay(vitals: Vitals, path: str | Path) -> None:
    """Write an annotated H.264 video with face box, heart rate and waveform, atomically.

    The video is decoded again, chunk by chunk. Each frame keeps its timestamp, counted from
    the first measured frame. There is no sound.

    Parameters
    ----------
    vitals : Vitals
        Result of the video at ``vitals.source``.
    path : str or Path
        An .mp4 file.

    Raises
    ------
    OutputError
        ``path`` cannot be written, is not an .mp4, or is the video itself.
    SourceError
        The video can no longer be read.

    >>> write_overlay(Vitals("a.mp4", "pos", None, 9.0, 30.0, ()), "a.avi")
    Traceback (most recent call last):
        ...
    sspd.errors.OutputError: a.avi: an annotated video is written as .mp4
    """
    target = Path(path)
    check_annotated(target)
    if target.resolve() == Path(vitals.source).resolve():
        raise OutputError(f"{path}: is the video itself, which would be lost")
    spans = vitals.faces or (FaceSpan(0.0, math.inf, vitals.face_box),)
    start_s = max(0.0, spans[0].start_s - 1e-6)
    end_s = spans[-1].end_s if spans[-1].end_s > start_s else None
    chunks = read_again(vitals, start_s, end_s)
    first = next(chunks, None)
    if first is None:
        raise SourceError(f"{vitals.source}: has no frame at {start_s:.2f} s any more")
    drawn = _annotated(vitals, spans, chain([first], chunks), first)
    # only a nominal rate; players use the timestamps
    write_h264(target, drawn, fps=min(max(vitals.fps or 30.0, 1.0), 1000.0), crf=CRF)


def check_annotated(path: str | Path) -> None:
    """Raise an error if a path is not that of an .mp4 file.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    OutputError
        Its suffix is not ``.mp4``.
    """
    if Path(path).suffix.lower() != ".mp4":
        raise OutputError(f"{path}: an annotated video is written as .mp4")


def _annotated(
    vitals: Vitals, spans: tuple[FaceSpan, ...], chunks: Iterator[Frames], first: Frames
) -> Iterator[Frames]:
    place = _placed(*first.rgb.shape[1:3])
    height, width = place.video
    panel = make_panel(vitals, width, height)
    starts = [span.start_s for span in spans]
    for chunk in chunks:
        rgb = np.zeros((len(chunk), *place.canvas, 3), np.uint8)
        for canvas, frame, t in zip(rgb, chunk.rgb, chunk.t.tolist(), strict=True):
            box = spans[max(0, bisect_right(starts, t + 1e-6) - 1)].box
            _paint(canvas, frame, place, box, panel, t)
        yield Frames(rgb, chunk.t - first.t[0])


def _placed(height: int, width: int) -> _Place:
    wide = max(LEAST_WIDTH, width)
    wide += wide % 2
    tall = height + panel_height(width, height)
    return _Place((tall + tall % 2, wide), (height, width), (wide - width) // 2)


def _paint(
    canvas: NDArray[np.uint8],
    frame: NDArray[np.uint8],
    place: _Place,
    box: Box | None,
    panel: Panel,
    t_s: float,
) -> None:
    height, width = place.video
    video = canvas[:height, place.left : place.left + width]
    video[:] = frame
    if box is not None:
        draw_box(video, box)
    panel.paint(canvas[height:], t_s)
