"""Frames of a video file, and what it states, as functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from sspd.types import Frames, VideoInfo
from sspd.types.spans import check_fps
from sspd.video.coding import Coding
from sspd.video.decode import check_span
from sspd.video.file import VideoFile


def probe(path: str | Path, *, fps: float | None = None) -> VideoInfo:
    """Read what a video states, and its first frame's orientation.

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
        Not a video, or no frame of it can be decoded.
    NoVideoError
        No frames in it.

    Examples
    --------
    >>> probe("no_such_video.mp4")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    with closing(VideoFile(path, fps=fps)) as video:
        return video.info


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
    """Decode a video lazily into chunks of upright RGB frames.

    Parameters
    ----------
    path : str or Path
        The video.
    start_s, end_s : float
        Only frames with ``start_s <= t < end_s``, seconds of the video.
    chunk : int
        Most frames of a chunk; large frames come in smaller chunks, so that a
        chunk stays under `MAX_CHUNK_BYTES`.
    warn : callable, optional
        Called with one line about each fault of a video that could still be read: cut short,
        damaged frames, timestamps that were repaired.
    fps : float, optional
        Frames per second: frame n is at n / fps, whatever the container says. Without it
        the clock is `sspd.video.clock.clock_of` the video.
    coding : Coding, optional
        Notes how each frame was coded, as it is decoded.

    Returns
    -------
    iterator of Frames
        uint8, ``t`` in seconds since the video's first frame, strictly rising: a
        frame whose timestamp repeats or falls behind is left out, a clock that starts
        anew goes on, missing timestamps are counted on at the mean rate. Times stay within
        the bounds of `sspd.video.bounds`.

    Raises
    ------
    UsageError
        At once, for an impossible time span, chunk or rate.
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
    video = VideoFile(path, fps=fps, chunk=chunk, coding=coding, warn=warn or (lambda _: None))
    return video.frames(start_s, end_s)
