"""Videos stored as arrays of numbers: parts of them, and their pixel values as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.types import Frames
from sspd.video.rgb import checked_size

#: Rendered frames overshoot white a little; beyond this the values are not a range of 0 to 1.
OVERSHOOT = 1.5


def frame_range(n: int, hz: float, start_s: float, end_s: float | None) -> tuple[int, int]:
    """Return the index range of the frames with ``start_s <= t < end_s``.

    Parameters
    ----------
    n : int
        Number of frames.
    hz : float
        Frame rate, Hz.
    start_s, end_s : float or None
        Seconds; None: the end.

    Returns
    -------
    first, last : int
        The last index is exclusive.

    >>> frame_range(10, 5.0, 0.4, 1.0)
    (2, 5)
    """
    t = np.arange(n) / hz
    first, last = np.searchsorted(t, [start_s, np.inf if end_s is None else end_s]).tolist()
    return first, last


def check_shape(path: Path, shape: tuple[int, ...]) -> None:
    """Raise `SourceError` for a shape that is not (time, rows, columns, 3) or too large.

    Parameters
    ----------
    path : Path
        The file, for the message.
    shape : tuple of int
    """
    if len(shape) != 4 or shape[3] != 3:
        raise SourceError(f"{path}: frames of shape {shape}, not (time, rows, columns, 3)")
    checked_size(path, width=shape[2], height=shape[1])


def to_bytes(path: Path, frames: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert pixel values to bytes, from bytes or from numbers between 0 and 1.

    Parameters
    ----------
    path : Path
        The file, for the message.
    frames : array, any shape

    Returns
    -------
    uint8 array, same shape

    Raises
    ------
    SourceError
        The values are neither bytes nor between 0 and 1.

    >>> to_bytes(Path("a.mat"), np.array([0.0, 0.5, 1.02])).tolist()
    [0, 128, 255]
    """
    if frames.dtype == np.uint8:
        return np.asarray(frames)
    if frames.dtype.kind != "f":
        raise SourceError(f"{path}: frames of {frames.dtype}, not bytes or 0.0 to 1.0")
    if frames.size and not -OVERSHOOT < frames.min() <= frames.max() < OVERSHOOT:
        raise SourceError(f"{path}: pixel values that are not between 0.0 and 1.0")
    return np.asarray(np.rint(255 * frames.clip(0, 1)), np.uint8)


def iter_chunks(rgb: NDArray[np.uint8], first: int, hz: float, chunk: int) -> Iterator[Frames]:
    """Yield frames in chunks, with times from their index in the video.

    Parameters
    ----------
    rgb : uint8 array, shape (time, rows, columns, 3)
    first : int
        Index of the first frame in the video.
    hz : float
        Frame rate, Hz.
    chunk : int
        Frames in a chunk.

    Yields
    ------
    Frames
    """
    for at in range(0, len(rgb), chunk):
        part = np.ascontiguousarray(rgb[at : at + chunk])
        yield Frames(part, (first + at + np.arange(len(part))) / hz)
