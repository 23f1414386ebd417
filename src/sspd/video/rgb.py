"""Conversion of decoded frames to upright RGB."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from sspd.errors import DecodeError, SourceError

#: Largest width and height, pixels: no camera of today exceeds it, but crafted files do.
MAX_SIDE = 8192
#: Largest number of pixels of a frame, a little more than 8K cinema: a frame takes 113 MB as
#: RGB, and a decoder holds several, of a file that may have a few kilobytes.
MAX_PIXELS = 8192 * 4608


def checked_size(path: str | Path, width: int, height: int) -> tuple[int, int]:
    """Return the size of a frame, or raise an error if it is not acceptable.

    Parameters
    ----------
    path : str or Path
        For the message.
    width, height : int
        Pixels.

    Returns
    -------
    width, height : int

    Raises
    ------
    DecodeError
        The frame has no pixels.
    SourceError
        The frame is too large.
    """
    if width < 1 or height < 1:
        raise DecodeError(f"{path}: frames of {width}x{height} pixels cannot be decoded")
    if max(width, height) > MAX_SIDE:
        raise SourceError(
            f"{path}: frames of {width}x{height} pixels are larger than {MAX_SIDE} a side"
        )
    if width * height > MAX_PIXELS:
        raise SourceError(
            f"{path}: frames of {width}x{height} pixels are larger than 8K ({MAX_PIXELS} pixels)"
        )
    return width, height


def orientation(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """Return whether a frame must be transposed, then mirrored in x, and in y, to be upright.

    The display matrix (ISO 14496-12, 8.3.2) maps (x, y) to (a x + c y, b x + d y), with y
    pointing down. Only quarter turns and mirrors are applied.

    Parameters
    ----------
    frame : av.video.frame.VideoFrame

    Returns
    -------
    transpose, mirror_x, mirror_y : bool
    """
    side = frame.side_data.get("DISPLAYMATRIX")
    if side is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(memoryview(cast(Any, side)), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, c < 0, b < 0
    return False, a < 0, d < 0


def converter(
    path: str | Path, first: VideoFrame
) -> tuple[Callable[[VideoFrame, NDArray[np.uint8]], None], tuple[int, int]]:
    """Make a function that converts a frame to upright RGB in an array.

    Size and orientation are those of the first frame; later frames of another size are scaled
    to it.

    Parameters
    ----------
    path : str or Path
        For error messages.
    first : av.video.frame.VideoFrame
        First frame of the video.

    Returns
    -------
    convert : callable
        ``convert(frame, out)`` fills `out`, uint8 (height, width, 3).
    shape : tuple of int
        Upright height and width.

    Raises
    ------
    SourceError, DecodeError
        As `checked_size`; `convert` raises `DecodeError` for a format swscale cannot read.
    """
    width, height = checked_size(path, first.width, first.height)
    transpose, mirror_x, mirror_y = orientation(first)
    flip = {(True, True): -1, (True, False): 1, (False, True): 0}.get((mirror_x, mirror_y))
    reformatter = VideoReformatter()  # reused, as it keeps its tables

    deep = first.format.components[0].bits > 8
    exact = Interpolation.ACCURATE_RND if deep else Interpolation(0)

    def convert(frame: VideoFrame, out: NDArray[np.uint8]) -> None:
        try:
            rgb = reformatter.reformat(
                frame,
                width,
                height,
                format="rgb24",
                dst_color_range=ColorRange.JPEG,
                interpolation=Interpolation.BILINEAR | exact,
                threads=1,  # starting more threads takes longer than a frame
            )
        except av.FFmpegError as error:
            raise DecodeError(f"{path}: frames of format {frame.format.name}: {error}") from None
        plane = rgb.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(height, plane.line_size)
        stored: NDArray[Any] = rows[:, : 3 * width].reshape(height, width, 3)
        if transpose:
            stored = cv2.transpose(stored)
        out[:] = stored if flip is None else cv2.flip(stored, flip)

    return convert, (width, height) if transpose else (height, width)
