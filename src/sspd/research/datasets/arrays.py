"""Videos kept as arrays of numbers: stretches of them, and their levels as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.types import Frames
from sspd.video.picture import checked_size

#: Rendered pictures overshoot white a little; beyond this the numbers are no 0 to 1.
OVERSHOOT = 1.5


def places(n: int, hz: float, start_s: float, end_s: float | None) -> tuple[int, int]:
    """First and last place, exclusive, of the pictures with ``start_s <= t < end_s``.

    >>> places(10, 5.0, 0.4, 1.0)
    (2, 5)
    """
    t = np.arange(n) / hz
    first, last = np.searchsorted(t, [start_s, np.inf if end_s is None else end_s]).tolist()
    return first, last


def check_shape(path: Path, shape: tuple[int, ...]) -> None:
    """Raise `SourceError` for a shape that is not (time, rows, columns, 3) or too large."""
    if len(shape) != 4 or shape[3] != 3:
        raise SourceError(f"{path}: frames of shape {shape}, wanted (time, rows, columns, 3)")
    checked_size(path, width=shape[2], height=shape[1])


def levels(path: Path, pictures: NDArray[Any]) -> NDArray[np.uint8]:
    """Pictures as bytes, from bytes or from numbers between 0 and 1.

    >>> levels(Path("a.mat"), np.array([0.0, 0.5, 1.02])).tolist()
    [0, 128, 255]
    """
    if pictures.dtype == np.uint8:
        return np.asarray(pictures)
    if pictures.dtype.kind != "f":
        raise SourceError(f"{path}: frames of {pictures.dtype}, wanted bytes or 0.0 to 1.0")
    if pictures.size and not -OVERSHOOT < pictures.min() <= pictures.max() < OVERSHOOT:
        raise SourceError(f"{path}: levels that are not between 0.0 and 1.0")
    return np.asarray(np.rint(255 * pictures.clip(0, 1)), np.uint8)


def chunks(rgb: NDArray[np.uint8], first: int, hz: float, chunk: int) -> Iterator[Frames]:
    """Pictures in chunks, with times by their place in the video; the first has place `first`."""
    for at in range(0, len(rgb), chunk):
        part = np.ascontiguousarray(rgb[at : at + chunk])
        yield Frames(part, (first + at + np.arange(len(part))) / hz)
