"""One decoded picture as upright RGB bytes."""

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

#: Wider or higher videos are refused: no camera of today makes them, hostile files do.
MAX_SIDE = 8192
#: Nor pictures of more pixels than 8K cinema has, with a little room: each takes 113 MB as
#: RGB, and a decoder holds several, of a file that may be a few kilobytes.
MAX_PIXELS = 8192 * 4608


def checked_size(path: str | Path, width: int, height: int) -> tuple[int, int]:
    """Give the size back, or raise `DecodeError` (none) or `SourceError` (too large)."""
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


def orientation(picture: VideoFrame) -> tuple[bool, bool, bool]:
    """Whether an upright picture wants a transposition, then mirroring of x, and of y.

    The display matrix (ISO 14496-12, 8.3.2) maps (x, y) to (a x + c y, b x + d y), y
    pointing down; only quarter turns and mirrors are obeyed.
    """
    side = picture.side_data.get("DISPLAYMATRIX")
    if side is None:
        return False, False, False
    a, b, _, c, d = np.frombuffer(memoryview(cast(Any, side)), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, c < 0, b < 0
    return False, a < 0, d < 0


def converter(
    path: str | Path, first: VideoFrame
) -> tuple[Callable[[VideoFrame, NDArray[np.uint8]], None], tuple[int, int]]:
    """Make the function that writes a picture, upright RGB, into an array.

    Size and orientation are the first picture's; later ones of another size are scaled
    to it.

    Returns
    -------
    convert : callable
        ``convert(picture, out)`` fills `out`, uint8 (height, width, 3).
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
    reformatter = VideoReformatter()  # keeps its tables; a picture's own would be made anew

    deep = first.format.components[0].bits > 8
    exact = Interpolation.ACCURATE_RND if deep else Interpolation(0)

    def convert(picture: VideoFrame, out: NDArray[np.uint8]) -> None:
        try:
            rgb = reformatter.reformat(
                picture,
                width,
                height,
                format="rgb24",
                dst_color_range=ColorRange.JPEG,
                interpolation=Interpolation.BILINEAR | exact,
                threads=1,  # more take longer to be told than a picture takes
            )
        except av.FFmpegError as error:
            raise DecodeError(f"{path}: frames of format {picture.format.name}: {error}") from None
        plane = rgb.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(height, plane.line_size)
        stored: NDArray[Any] = rows[:, : 3 * width].reshape(height, width, 3)
        if transpose:
            stored = cv2.transpose(stored)
        out[:] = stored if flip is None else cv2.flip(stored, flip)

    return convert, (width, height) if transpose else (height, width)
