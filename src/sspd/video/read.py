"""A video file as upright RGB pictures with their times, chunk by chunk.

Time is the container's own (presentation timestamp times time base), counted from the
video's first picture. Colours come out as full-range RGB bytes through swscale, with
the matrix and range that the video states. Deeper videos (10-bit HEVC of phones) are
brought to 8 bits as they are: the transfer curve (HLG, PQ) is left alone, since only
changes over time are measured and both curves rise smoothly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sspd.accel.buffers import recycling_allocator
from sspd.errors import DecodeError, UsageError
from sspd.types import Frames
from sspd.video.bounds import bounded
from sspd.video.clock import Clock, check_fps, clock_of
from sspd.video.coding import Coding, noting
from sspd.video.picture import converter
from sspd.video.source import mean_rate, opened, pictures, stated_duration_s
from sspd.video.timestamps import repair_timestamps
from sspd.video.tracks import tracks_note

#: A chunk holds fewer pictures than asked where they would take more than this.
MAX_CHUNK_BYTES = 1 << 26
#: Where a video states more than this beyond what could be decoded, it was cut short.
MISSING_S = 1.5


@dataclass(frozen=True)
class VideoInfo:
    """What a video says of itself.

    Parameters
    ----------
    width, height : int
        Pixels of the upright picture.
    fps : float or None
        Mean pictures a second as the container states it.
    duration_s : float or None
        Seconds, as the container states it.
    codec : str
        Name of the codec, such as ``"h264"``.
    rotation : int
        Degrees clockwise by which stored pictures are turned to stand upright:
        0, 90, 180 or 270.
    bit_rate : int or None
        Bits a second of the video stream, or of the container where only it says.
    clock_known : bool
        Whether the times of its frames are worth anything, see `sspd.video.clock`.

    >>> VideoInfo(480, 640, 29.97, 10.0, "hevc", 90, 8_000_000).rotation
    90
    """

    width: int
    height: int
    fps: float | None
    duration_s: float | None
    codec: str
    rotation: int
    bit_rate: int | None
    clock_known: bool = True


def probe(path: str | Path, *, fps: float | None = None) -> VideoInfo:
    """Read what a video states, and its first picture's orientation.

    Parameters
    ----------
    path : str or Path
        The video.
    fps : float or None
        Frames per second as the user states them, see `read`.

    Returns
    -------
    VideoInfo
        ``duration_s`` by the clock that `read` goes by.

    Raises
    ------
    SourceError
        Missing, a folder, or larger than `MAX_SIDE` or `MAX_PIXELS`.
    DecodeError
        Not a video, or no picture of it can be decoded.
    NoVideoError
        No pictures in it.

    Examples
    --------
    >>> probe("no_such_video.mp4")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    with opened(path) as (container, stream):
        first = next(pictures(container, stream, []), None)
        if first is None:
            raise DecodeError(f"{path}: no frame of this video can be decoded")
        _, (height, width) = converter(path, first)
        clock, duration_s = clock_of(container, stream, fps), stated_duration_s(container, stream)
        if duration_s is not None:
            rate = mean_rate(stream)
            scale = rate / fps if fps and rate else clock.scale
            duration_s *= scale
        return VideoInfo(
            width=width,
            height=height,
            fps=mean_rate(stream),
            duration_s=duration_s,
            codec=stream.codec_context.name,
            rotation=-round(first.rotation / 90) * 90 % 360,
            bit_rate=stream.bit_rate or container.bit_rate or None,
            clock_known=clock.known,
        )


def read(
    path: str | Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    chunk: int = 32,
    warn: Callable[[str], None] | None = None,
    fps: float | None = None,
    coding: Coding | None = None,
) -> Iterator[Frames]:
    """Decode a video lazily into chunks of upright RGB pictures.

    Parameters
    ----------
    path : str or Path
        The video.
    start_s, end_s : float
        Only pictures with ``start_s <= t < end_s``, seconds of the video.
    chunk : int
        Pictures a chunk, at most; large pictures come in smaller chunks, so that a
        chunk stays under `MAX_CHUNK_BYTES`.
    warn : callable, optional
        Told, in one line each, what was wrong with a video that could still be read:
        cut short, damaged pictures, timestamps that were mended.
    fps : float, optional
        Frames per second: frame n is at n / fps, whatever the container says. Without it
        the clock is `sspd.video.clock.clock_of` the video.
    coding : Coding, optional
        Notes how each frame was coded, as it is decoded.

    Returns
    -------
    iterator of Frames
        uint8, ``t`` in seconds since the video's first picture, strictly rising: a
        picture whose timestamp repeats or falls behind is left out, a clock that starts
        anew goes on, missing timestamps are counted on at the mean rate. Times stay within
        the bounds of `sspd.video.bounds`.

    Raises
    ------
    UsageError
        At once, for a stretch, chunk or rate that cannot be.
    SourceError, DecodeError, NoVideoError
        With the first chunk, as `probe`.

    Examples
    --------
    >>> read("face.mp4", start_s=4.0, end_s=2.0)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a time span needs 0 <= start < end, got 4.0 s to 2.0 s
    """
    check_span(start_s, end_s, chunk)
    check_fps(fps)
    end_s = np.inf if end_s is None else end_s
    return _read(path, start_s, end_s, chunk, warn or (lambda _: None), fps, coding)


def check_span(start_s: float, end_s: float | None, chunk: int) -> None:
    """Refuse a stretch or chunk that cannot be (`UsageError`)."""
    if chunk < 1:
        raise UsageError(f"chunk must be at least 1 frame, got {chunk}")
    if start_s < 0 or (end_s is not None and not end_s > start_s):
        raise UsageError(f"a time span needs 0 <= start < end, got {start_s} s to {end_s} s")


def _read(
    path: str | Path,
    start_s: float,
    end_s: float,
    chunk: int,
    warn: Callable[[str], None],
    fps: float | None,
    coding: Coding | None,
) -> Iterator[Frames]:
    with opened(path) as (container, stream):
        damage: list[str] = []
        decoded = pictures(container, stream, damage)
        first = next(decoded, None)
        if first is None:
            raise DecodeError(f"{path}: no frame of this video can be decoded")
        clock = clock_of(container, stream, fps)
        if clock.note:
            warn(f"{path}: {clock.note}")
        seconds = _on_clock(path, chain([first], decoded), mean_rate(stream), clock)
        scale = clock.scale if fps is None else (mean_rate(stream) or 0.0) / fps
        timed = bounded(
            path, _selected(path, (container, stream), seconds, end_s, warn, scale), warn
        )
        if note := tracks_note(path, container, stream):
            warn(note)
        yield from in_chunks(path, first, noting(timed, coding), start_s, chunk)
        if damage:
            warn(f"{path}: {len(damage)} damaged parts left out ({damage[0]})")


def in_chunks(
    path: str | Path,
    first: VideoFrame,
    timed: Iterable[tuple[VideoFrame, float]],
    start_s: float,
    chunk: int,
) -> Iterator[Frames]:
    """Decoded pictures with their times as upright RGB; those before `start_s` are left out."""
    convert, (height, width) = converter(path, first)
    n = max(1, min(chunk, MAX_CHUNK_BYTES // (3 * height * width)))
    take, times = recycling_allocator(), list[float]()
    rgb = take((n, height, width, 3), np.uint8)
    for picture, t in timed:
        if t < start_s:
            continue
        convert(picture, rgb[len(times)])
        times.append(t)
        if len(times) == n:
            yield Frames(rgb, np.array(times))
            rgb, times = take(rgb.shape, np.uint8), []
    if times:
        yield Frames(rgb[: len(times)], np.array(times))


def _selected(
    path: str | Path,
    video: tuple[InputContainer, VideoStream],
    seconds: Iterable[tuple[VideoFrame, float | None]],
    end_s: float,
    warn: Callable[[str], None],
    scale: float,
) -> Iterator[tuple[VideoFrame, float]]:
    """Pictures before `end_s` with their times; tells of what was left out or cut short."""
    dropped, last_s = 0, 0.0
    for picture, t in seconds:
        if t is None:
            dropped += 1
            continue
        if t >= end_s:
            break
        last_s = t
        yield picture, t
    else:
        stated_s = scale * (stated_duration_s(*video) or 0.0)
        if stated_s - last_s > MISSING_S * max(scale, 1.0):
            warn(f"{path}: cut short, {last_s:.1f} s of the {stated_s:.1f} s it states can be read")
    if dropped:
        warn(f"{path}: {dropped} frames left out, their timestamps do not rise")


def _on_clock(
    path: str | Path, decoded: Iterable[VideoFrame], rate: float | None, clock: Clock
) -> Iterator[tuple[VideoFrame, float | None]]:
    if clock.fps is not None:
        yield from zip(decoded, (n / clock.fps for n in count()), strict=False)
        return
    for picture, t in _seconds(path, decoded, rate):
        yield picture, None if t is None else t * clock.scale


def _seconds(
    path: str | Path, decoded: Iterable[VideoFrame], rate: float | None
) -> Iterator[tuple[VideoFrame, float | None]]:
    waiting: deque[VideoFrame] = deque()  # one at most; itertools.tee would hold dozens

    def timestamps() -> Iterator[float | None]:
        for picture in decoded:
            waiting.append(picture)
            yield picture.time if picture.pts is not None and picture.time_base else None

    try:
        for t in repair_timestamps(timestamps(), 1 / rate if rate else None):
            yield waiting.popleft(), t
    except DecodeError as error:
        raise DecodeError(f"{path}: {error}") from None
