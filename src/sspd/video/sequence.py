"""Films that are folders of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.containers import Frames
from sspd.errors import DecodeError, SourceError
from sspd.video.picture import checked_size
from sspd.video.read import MAX_CHUNK_BYTES, check_stretch


def read_pictures(
    files: Sequence[Path],
    t: NDArray[np.float64],
    *,
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
    start_s, end_s, chunk, warn
        As `sspd.video.read.read`.

    Raises
    ------
    UsageError
        At once, for a stretch or chunk that cannot be.
    SourceError, DecodeError
        A file is gone, or not a picture.
    """
    check_stretch(start_s, end_s, chunk)
    first, last = np.searchsorted(t, [start_s, np.inf if end_s is None else end_s]).tolist()
    return _read(files[first:last], t[first:last], chunk)


def _read(files: Sequence[Path], t: NDArray[np.float64], chunk: int) -> Iterator[Frames]:
    start, n = 0, 1
    while start < len(files):
        part = [_picture(file) for file in files[start : start + n]]
        shape = part[0].shape
        for picture, file in zip(part, files[start:], strict=False):
            if picture.shape != shape:
                raise DecodeError(f"{file}: another size than the pictures before it")
        yield Frames(np.stack(part), t[start : start + n])
        start += n
        n = max(1, min(chunk, MAX_CHUNK_BYTES // part[0].nbytes))


def _picture(file: Path) -> NDArray[np.uint8]:
    try:
        data = np.frombuffer(file.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceError(f"{file}: {(error.strerror or 'cannot be read').lower()}") from error
    try:
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error:  # larger than OpenCV's own limit
        bgr = None
    if bgr is None:
        raise DecodeError(f"{file}: not a picture that can be decoded")
    checked_size(file, bgr.shape[1], bgr.shape[0])
    return np.asarray(bgr[..., ::-1], np.uint8)
