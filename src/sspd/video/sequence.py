"""Films that are folders of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.containers import Frames
from sspd.errors import DecodeError, SourceError, UsageError


def read_pictures(
    files: Sequence[Path],
    t: NDArray[np.float64],
    *,
    bayer: str | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Pictures of a folder as RGB, each with its time, lazily.

    Parameters
    ----------
    files : sequence of Path
        In order of time.
    t : float64 array, shape (time,)
        Seconds, one a file, strictly rising.
    bayer : str, optional
        Not read here.
    start_s, end_s, chunk, warn
        As `sspd.video.read.read`.

    Raises
    ------
    UsageError
        At once, for a stretch or chunk that cannot be.
    SourceError, DecodeError
        A file is gone, or not a picture.
    """
    if chunk < 1:
        raise UsageError(f"chunk must be at least 1 picture, got {chunk}")
    if start_s < 0 or (end_s is not None and not end_s > start_s):
        raise UsageError(f"a stretch needs 0 <= start < end, got {start_s} s to {end_s} s")
    first, last = np.searchsorted(t, [start_s, np.inf if end_s is None else end_s]).tolist()
    return _read(files[first:last], t[first:last], chunk)


def _read(files: Sequence[Path], t: NDArray[np.float64], chunk: int) -> Iterator[Frames]:
    for start in range(0, len(files), chunk):
        part = [_picture(file) for file in files[start : start + chunk]]
        yield Frames(np.stack(part), t[start : start + chunk])


def _picture(file: Path) -> NDArray[np.uint8]:
    try:
        data = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceError(f"{file}: {(error.strerror or 'cannot be read').lower()}") from error
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if bgr is None:
        raise DecodeError(f"{file}: not a picture that can be decoded")
    return np.asarray(bgr[..., ::-1], np.uint8)
