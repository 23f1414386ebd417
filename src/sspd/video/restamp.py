"""Reading of a video with timestamps from another file, if its container has wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from operator import length_hint
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from sspd.errors import DecodeError
from sspd.types import Frames
from sspd.video.bounds import bounded
from sspd.video.decode import check_span, in_chunks
from sspd.video.source import decoded_frames, opened
from sspd.video.timestamps import SAME_TIME_S
from sspd.video.tracks import tracks_note


def read_with_timestamps(
    path: str | Path,
    t: NDArray[np.float64] | float,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Frames]:
    """Decode a video lazily, with given timestamps for its frames.

    The container's own timestamps are ignored. If there are more frames than timestamps, or
    fewer, the rest is not used.

    Parameters
    ----------
    path : str or Path
        The video.
    t : float64 array, shape (time,), or float
        Timestamp of each frame in display order, seconds. A frame with a timestamp that does
        not ascend is left out. A number is a frame rate, Hz.
    start_s, end_s, chunk
        As in `sspd.video.read.read`.
    warn : callable or None
        Called with one line each about damaged frames, frames that are left out, and unequal
        numbers of frames and timestamps; frames after `end_s` are not examined.

    Returns
    -------
    iterator of Frames
        uint8, with strictly ascending ``t``.

    Raises
    ------
    UsageError
        Immediately, for an invalid time span or chunk size.
    SourceError, DecodeError, NoVideoError
        With the first chunk.

    Examples
    --------
    >>> next(read_with_timestamps("no_such_video.avi", np.array([0.0, 0.1])))
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.avi: no such file
    """
    check_span(start_s, end_s, chunk)
    times = (n / t for n in count()) if isinstance(t, int | float) else iter(t.tolist())
    end_s = np.inf if end_s is None else end_s
    return _read(path, times, start_s, end_s, chunk, warn or (lambda _: None))


def _read(
    path: str | Path,
    times: Iterator[float],
    start_s: float,
    end_s: float,
    chunk: int,
    warn: Callable[[str], None],
) -> Iterator[Frames]:
    with opened(path) as video:
        damage: list[str] = []
        decoded = decoded_frames(*video, damage)
        first = next(decoded, None)
        if first is None:
            raise DecodeError(f"{path}: no frame of this video can be decoded")
        timed = _timed(path, chain([first], decoded), times, end_s, warn)
        timed = bounded(path, timed, warn)
        if note := tracks_note(path, *video):
            warn(note)
        yield from in_chunks(path, first, timed, start_s, chunk)
        if damage:
            # a lost frame shifts the timestamps of all frames after it
            warn(f"{path}: {len(damage)} damaged parts, times after them are early ({damage[0]})")


def _timed(
    path: str | Path,
    decoded: Iterable[VideoFrame],
    times: Iterator[float],
    end_s: float,
    warn: Callable[[str], None],
) -> Iterator[tuple[VideoFrame, float]]:
    """Yield the frames before `end_s` with their timestamps."""
    used, unused, dropped, latest = 0, 0, 0, -np.inf
    for frame in decoded:
        at = next(times, None)
        if at is None:
            unused += 1  # counted to the end, for the warning
        elif at >= end_s:
            break
        elif at <= latest + SAME_TIME_S:
            dropped += 1
        else:
            latest = at
            yield frame, at
        used += at is not None
    else:
        _warn_of_unused(path, used, unused, times, warn)
    if dropped:
        warn(f"{path}: {dropped} frames left out, their times do not rise")


def _warn_of_unused(
    path: str | Path,
    used: int,
    unused: int,
    times: Iterator[float],
    warn: Callable[[str], None],
) -> None:
    over = length_hint(times)  # 0 for an endless iterator
    if unused or over:
        warn(f"{path}: {used + unused} frames and {used + over} times; {used} of both are used")
