"""Decoded frames with their times, chunk by chunk: selected, on the right clock, upright RGB."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sspd.accel.buffers import recycling_allocator
from sspd.errors import DecodeError, UsageError
from sspd.types import Frames
from sspd.video.clock import Clock
from sspd.video.rgb import converter
from sspd.video.source import stated_duration_s
from sspd.video.timestamps import repair_timestamps

#: A chunk holds fewer frames than asked where they would take more than this, bytes.
MAX_CHUNK_BYTES = 1 << 26
#: Stated duration beyond the decoded one from which on a video was cut short, seconds.
MISSING_S = 1.5


def check_span(start_s: float, end_s: float | None, chunk: int) -> None:
    """Raise an error for an impossible span or chunk size.

    Parameters
    ----------
    start_s, end_s : float
        Seconds; ``end_s`` None: to the end.
    chunk : int
        Frames.

    Raises
    ------
    UsageError
        The span is empty or begins before 0, or the chunk holds no frame.
    """
    if chunk < 1:
        raise UsageError(f"chunk must be at least 1 frame, got {chunk}")
    if start_s < 0 or (end_s is not None and not end_s > start_s):
        raise UsageError(f"a time span needs 0 <= start < end, got {start_s} s to {end_s} s")


def in_chunks(
    path: str | Path,
    first: VideoFrame,
    timed: Iterable[tuple[VideoFrame, float]],
    start_s: float,
    chunk: int,
) -> Iterator[Frames]:
    """Convert decoded frames to upright RGB, a few at a time.

    Parameters
    ----------
    path : str or Path
        For messages.
    first : av.VideoFrame
        Says the size of all.
    timed : iterable of (av.VideoFrame, float)
        Frames with their times, seconds.
    start_s : float
        Frames before it are left out, seconds.
    chunk : int
        Frames per chunk, at most; a chunk stays under `MAX_CHUNK_BYTES`.

    Yields
    ------
    Frames
        uint8.
    """
    convert, (height, width) = converter(path, first)
    n = max(1, min(chunk, MAX_CHUNK_BYTES // (3 * height * width)))
    take, times = recycling_allocator(), list[float]()
    rgb = take((n, height, width, 3), np.uint8)
    for frame, t in timed:
        if t < start_s:
            continue
        convert(frame, rgb[len(times)])
        times.append(t)
        if len(times) == n:
            yield Frames(rgb, np.array(times))
            rgb, times = take(rgb.shape, np.uint8), []
    if times:
        yield Frames(rgb[: len(times)], np.array(times))


def selected(
    path: str | Path,
    video: tuple[InputContainer, VideoStream],
    seconds: Iterable[tuple[VideoFrame, float | None]],
    end_s: float,
    warn: Callable[[str], object],
    scale: float,
) -> Iterator[tuple[VideoFrame, float]]:
    """Select the frames before a time; warn of what was left out or cut short.

    Parameters
    ----------
    path : str or Path
        For messages.
    video : (container, stream)
    seconds : iterable of (av.VideoFrame, float or None)
        As `on_clock` gives them.
    end_s : float
        Seconds.
    warn : callable
        Is given each warning, one line.
    scale : float
        Real seconds per second that the container states.

    Yields
    ------
    (av.VideoFrame, float)
    """
    dropped, last_s = 0, 0.0
    for frame, t in seconds:
        if t is None:
            dropped += 1
            continue
        if t >= end_s:
            break
        last_s = t
        yield frame, t
    else:
        if missing := cut_short(path, video, last_s, scale):
            warn(missing)
    if dropped:
        warn(f"{path}: {dropped} frames left out, their timestamps do not rise")


def cut_short(
    path: str | Path, video: tuple[InputContainer, VideoStream], last_s: float, scale: float
) -> str | None:
    """Return a line about a video that ends before it should.

    Parameters
    ----------
    path : str or Path
        For messages.
    video : (container, stream)
    last_s : float
        Time of its last frame, seconds.
    scale : float
        See `selected`.

    Returns
    -------
    str or None
        None: it ends where it says.
    """
    stated_s = scale * (stated_duration_s(*video) or 0.0)
    if stated_s - last_s <= MISSING_S * max(scale, 1.0):
        return None
    return f"{path}: cut short, {last_s:.1f} s of the {stated_s:.1f} s it states can be read"


def on_clock(
    path: str | Path, decoded: Iterable[VideoFrame], rate: float | None, clock: Clock
) -> Iterator[tuple[VideoFrame, float | None]]:
    """Yield decoded frames with their times by a clock.

    Parameters
    ----------
    path : str or Path
        For messages.
    decoded : iterable of av.VideoFrame
    rate : float or None
        Mean frames per second, for frames without a timestamp.
    clock : Clock

    Yields
    ------
    (av.VideoFrame, float or None)
        Seconds since the first frame; None where a timestamp repeats or falls.
    """
    if clock.fps is not None:
        yield from zip(decoded, (n / clock.fps for n in count()), strict=False)
        return
    for frame, t in _seconds(path, decoded, rate):
        yield frame, None if t is None else t * clock.scale


def _seconds(
    path: str | Path, decoded: Iterable[VideoFrame], rate: float | None
) -> Iterator[tuple[VideoFrame, float | None]]:
    waiting: deque[VideoFrame] = deque()  # one at most; itertools.tee would hold dozens

    def timestamps() -> Iterator[float | None]:
        for frame in decoded:
            waiting.append(frame)
            yield frame.time if frame.pts is not None and frame.time_base else None

    try:
        for t in repair_timestamps(timestamps(), 1 / rate if rate else None):
            yield waiting.popleft(), t
    except DecodeError as error:
        raise DecodeError(f"{path}: {error}") from None
