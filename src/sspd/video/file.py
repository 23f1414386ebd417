"""A video file as a source of frames; it is opened once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sspd.errors import DecodeError
from sspd.types import Frames, VideoInfo
from sspd.types.spans import check_fps
from sspd.video.bounds import bounded
from sspd.video.clock import Clock, clock_of
from sspd.video.coding import Coding, noting
from sspd.video.decode import check_span, in_chunks, on_clock, selected
from sspd.video.rgb import converter
from sspd.video.source import decoded_frames, mean_rate, opened, stated_duration_s
from sspd.video.stored import Place
from sspd.video.tracks import tracks_note


class _Opened(NamedTuple):
    """An open container, its first frame decoded."""

    container: InputContainer
    stream: VideoStream
    first: VideoFrame
    rest: Iterator[VideoFrame]
    damage: list[str]
    clock: Clock


class VideoFile:
    """A video file: `sspd.types.VideoSource`.

    The file is opened when `info` or `frames` is first asked for, once for both. Each
    further call of `frames` opens it anew.

    Parameters
    ----------
    path : path or StoredVideo
    fps : float or None
        Frames per second: frame n is at n / fps, whatever the container says. Without it
        the clock is `sspd.video.clock.clock_of` the video.
    chunk : int
        Frames that `frames` gives at a time, at most.
    coding : Coding, optional
        Notes how each frame was coded, as it is decoded; a new one by default.
    warn : callable, optional
        Is given each warning, one line; by default they are kept in ``warnings``.

    Attributes
    ----------
    warnings : list of str
        What was wrong with a video that could still be read: cut short, damaged frames,
        timestamps that were repaired. Filled while frames are read.
    coding : Coding

    Raises
    ------
    UsageError
        A frame rate that cannot be.

    >>> VideoFile("no_such_video.mp4").info
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """

    def __init__(
        self,
        path: Place,
        *,
        fps: float | None = None,
        chunk: int = 32,
        coding: Coding | None = None,
        warn: Callable[[str], object] | None = None,
    ) -> None:
        check_fps(fps)
        check_span(0.0, None, chunk)
        self._place, self._fps, self._chunk = path, fps, chunk
        self._path = path if isinstance(path, str | Path) else str(path)  # for messages
        self.coding = Coding() if coding is None else coding
        self.warnings: list[str] = []
        self._warn = self.warnings.append if warn is None else warn
        self._stack = ExitStack()
        self._opened: _Opened | None = None
        self._info: VideoInfo | None = None

    @property
    def info(self) -> VideoInfo:
        """Facts that the file states, by the clock of `frames`.

        Raises
        ------
        SourceError
            Missing, a folder, or larger than `sspd.video.rgb.MAX_SIDE` or `MAX_PIXELS`.
        DecodeError
            Not a video, or no frame of it can be decoded.
        NoVideoError
            No video track in it.
        """
        if self._info is None:
            found = self._open()
            seen = found.container, found.stream, found.first
            self._info = info_of(self._path, seen, found.clock, self._fps)
        return self._info

    @property
    def format(self) -> str:
        """FFmpeg's name of the container's format.

        Raises
        ------
        SourceError, DecodeError, NoVideoError
            As `info`.
        """
        return str(self._open().container.format.name)

    @property
    def place(self) -> Place:
        """Whatever holds the file."""
        return self._place

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Decode frames lazily into chunks of upright RGB.

        Parameters
        ----------
        start_s, end_s : float
            Only frames with ``start_s <= t < end_s``, seconds of the video; ``end_s`` None:
            to its end.

        Yields
        ------
        Frames
            uint8; ``t`` in seconds since the first frame, strictly rising: a frame whose
            timestamp repeats or falls is left out, a clock that starts anew goes on, missing
            timestamps are counted on at the mean rate. Times stay within the bounds of
            `sspd.video.bounds`.

        Raises
        ------
        UsageError
            A span that cannot be.
        SourceError, DecodeError, NoVideoError
            As `info`.
        """
        check_span(start_s, end_s, self._chunk)
        found = self._open()
        self._opened = None  # its frames are used up: another call opens the file anew
        stack = self._stack.pop_all()
        with stack:
            yield from self._decoded(found, start_s, np.inf if end_s is None else end_s)

    def close(self) -> None:
        """Close the file, where it was opened and its frames were not read."""
        self._opened = None
        self._stack.close()

    def _decoded(self, found: _Opened, start_s: float, end_s: float) -> Iterator[Frames]:
        path, clock, rate = self._path, found.clock, mean_rate(found.stream)
        if clock.note:
            self._warn(f"{path}: {clock.note}")
        decoded = chain([found.first], found.rest)
        seconds = on_clock(path, decoded, rate, clock)
        scale = clock.scale if self._fps is None else (rate or 0.0) / self._fps
        place = (found.container, found.stream)
        timed = bounded(path, selected(path, place, seconds, end_s, self._warn, scale), self._warn)
        if note := tracks_note(path, *place):
            self._warn(note)
        timed = noting(timed, self.coding)
        yield from in_chunks(path, found.first, timed, start_s, self._chunk)
        if found.damage:
            self._warn(f"{path}: {len(found.damage)} damaged parts left out ({found.damage[0]})")

    def _open(self) -> _Opened:
        if self._opened is not None:
            return self._opened
        with ExitStack() as stack:
            container, stream = stack.enter_context(opened(self._place))
            damage: list[str] = []
            decoded = decoded_frames(container, stream, damage)
            first = next(decoded, None)
            if first is None:
                raise DecodeError(f"{self._path}: no frame of this video can be decoded")
            clock = clock_of(container, stream, self._fps, self._place)
            self._opened = _Opened(container, stream, first, decoded, damage, clock)
            self._stack = stack.pop_all()
        return self._opened


def info_of(
    path: str | Path,
    seen: tuple[InputContainer, VideoStream, VideoFrame],
    clock: Clock,
    fps: float | None = None,
) -> VideoInfo:
    """Return the facts that an open file states.

    Parameters
    ----------
    path : str or Path
        For messages.
    seen : (container, stream, frame)
        The last one is the first of the video.
    clock : Clock
    fps : float or None
        Frames per second as the user states them.

    Returns
    -------
    VideoInfo
    """
    container, stream, first = seen
    _, (height, width) = converter(path, first)
    duration_s = stated_duration_s(container, stream)
    if duration_s is not None:
        rate = mean_rate(stream)
        duration_s *= rate / fps if fps and rate else clock.scale
    return VideoInfo(
        width=width,
        height=height,
        fps=mean_rate(stream),
        duration_s=duration_s,
        codec=stream.codec_context.name,
        rotation=-round(first.rotation / 90) * 90 % 360,
        bit_rate=stream.bit_rate or container.bit_rate or None,
        clock_known=clock.known,
        name=str(path),
    )
