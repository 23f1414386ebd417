"""Films whose pictures have times of their own, written beside the film."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.containers import Frames
from sspd.errors import DecodeError, UsageError
from sspd.video.picture import converter
from sspd.video.read import MAX_CHUNK_BYTES
from sspd.video.source import opened, pictures


def read_with_stamps(
    path: Path,
    t: NDArray[np.float64],
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Pictures in the order of decoding, each with the time that is given for it.

    Parameters
    ----------
    path : Path
        The film.
    t : float64 array, shape (time,)
        Seconds, one a picture. The shorter of film and times is the end; a picture whose
        time does not rise is left out.
    start_s, end_s, chunk, warn
        As `sspd.video.read.read`.

    Raises
    ------
    UsageError
        At once, for a stretch or chunk that cannot be.
    SourceError, DecodeError, NoVideoError
        With the first chunk.
    """
    if chunk < 1:
        raise UsageError(f"chunk must be at least 1 picture, got {chunk}")
    if start_s < 0 or (end_s is not None and not end_s > start_s):
        raise UsageError(f"a stretch needs 0 <= start < end, got {start_s} s to {end_s} s")
    return _read(path, t, start_s, np.inf if end_s is None else end_s, chunk, warn)


def _read(
    path: Path,
    t: NDArray[np.float64],
    start_s: float,
    end_s: float,
    chunk: int,
    warn: Callable[[str], None] | None,
) -> Iterator[Frames]:
    with opened(path) as (container, stream):
        damage: list[str] = []
        decoded = pictures(container, stream, damage)
        first = next(decoded, None)
        if first is None:
            raise DecodeError(f"{path}: no picture of this film can be decoded")
        convert, (height, width) = converter(path, first)
        n = max(1, min(chunk, MAX_CHUNK_BYTES // (3 * height * width)))
        rgb, times, last_s = [], list[float](), -np.inf
        for picture, stamp in zip(chain([first], decoded), t.tolist(), strict=False):
            if stamp >= end_s:
                break
            if stamp >= start_s and stamp > last_s:
                rgb.append(np.empty((height, width, 3), np.uint8))
                convert(picture, rgb[-1])
                times.append(stamp)
            last_s = max(last_s, stamp)
            if len(times) == n:
                yield Frames(np.stack(rgb), np.array(times))
                rgb, times = [], []
        if times:
            yield Frames(np.stack(rgb), np.array(times))
        if damage and warn:
            warn(f"{path}: {len(damage)} damaged parts left out ({damage[0]})")
