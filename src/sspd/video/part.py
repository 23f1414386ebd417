"""A part of a video file, read from a key frame before it: what a worker takes of a long video.

A part is right if it continues the part before, which `Seam` shows: the frame that ends the one
is the frame that begins the other, at the same time and with the same pixels. Whatever is
particular about a file (missing or falling timestamps, damage) is `trouble`: such a video is
measured as a whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sspd.errors import DecodeError
from sspd.types import Frames, VideoInfo
from sspd.video.bounds import GAP_S, MAX_SPAN_S, MIN_STEP_S
from sspd.video.clock import Clock, clock_of
from sspd.video.coding import Coding
from sspd.video.decode import check_span, cut_short, in_chunks, on_clock
from sspd.video.file import info_of
from sspd.video.rgb import converter
from sspd.video.source import decoded_frames, mean_rate, opened
from sspd.video.stored import Place
from sspd.video.tracks import tracks_note

#: Formats with an index of key frames, by FFmpeg's names: MP4 and QuickTime, Matroska and WebM.
INDEXED = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
#: The key frame is looked for this much before the part: an index may go by the order of
#: decoding, which is before the order of display, seconds.
LEAD_S = 2.0


class Seam(NamedTuple):
    """The frame at which two parts of a video meet."""

    t: float
    """Seconds of the video."""
    digest: str
    """Digest of its upright RGB."""


class VideoPart:
    """A part of a video file.

    Parameters
    ----------
    place : path or StoredVideo
    start_s, end_s : float
        Frames with ``start_s <= t < end_s``, seconds of the video; ``end_s`` None: to its end.
    chunk : int
        Frames that `frames` gives at a time, at most.

    Attributes
    ----------
    first, after : Seam or None
        The first frame of the part, and the first one after it; None: there is none.
    last_s : float or None
        Time of its last frame, seconds.
    gaps : list of (float, float)
        Times of the frames before and after each gap in the part, seconds.
    trouble : str or None
        Why this video is to be measured as a whole, a few words.
    warnings : list of str
        Warnings about the whole video.
    ending : list of str
        Warnings about the video's end.
    coding : Coding
    info : VideoInfo or None
        After the first frames.

    >>> list(VideoPart("no_such_video.mp4", 0.0, None).frames())
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """

    def __init__(
        self, place: Place, start_s: float, end_s: float | None, *, chunk: int = 32
    ) -> None:
        check_span(start_s, end_s, chunk)
        self._place, self._chunk = place, chunk
        self._path = place if isinstance(place, str | Path) else str(place)
        self._start_s, self._end_s = start_s, np.inf if end_s is None else end_s
        self.first: Seam | None = None
        self.after: Seam | None = None
        self.last_s: float | None = None
        self.gaps: list[tuple[float, float]] = []
        self.trouble: str | None = None
        self.warnings: list[str] = []
        self.ending: list[str] = []
        self.coding = Coding()
        self.info: VideoInfo | None = None

    def frames(self) -> Iterator[Frames]:
        """Decode the frames of the part.

        Yields
        ------
        Frames
            As `sspd.video.file.VideoFile.frames` gives them.

        Raises
        ------
        SourceError, DecodeError, NoVideoError
            As `sspd.video.file.VideoFile.info`.
        """
        with opened(self._place) as (container, stream):
            damage: list[str] = []
            decoded = decoded_frames(container, stream, damage)
            first = next(decoded, None)
            if first is None:
                raise DecodeError(f"{self._path}: no frame of this video can be decoded")
            clock = clock_of(container, stream, None, self._place)
            self.info = info_of(self._path, (container, stream, first), clock)
            notes = [f"{self._path}: {clock.note}"] if clock.note else []
            notes += [note] if (note := tracks_note(self._path, container, stream)) else []
            self.warnings = notes
            if self._start_s > 0 and self._seek((container, stream), first, clock):
                decoded = decoded_frames(container, stream, damage)
            timed = self._timed((container, stream), first, decoded, clock)
            for frames in in_chunks(self._path, first, timed, self._start_s, self._chunk):
                if self.first is None:
                    self.first = Seam(float(frames.t[0]), _digest(frames.rgb[0]))
                yield frames
            if damage:
                self.trouble = "damaged parts"

    def _seek(
        self, video: tuple[InputContainer, VideoStream], first: VideoFrame, clock: Clock
    ) -> bool:
        """Go to a key frame before the part; False: all before it has to be decoded too."""
        container, stream = video
        lead_s = self._start_s / clock.scale - LEAD_S
        if not stream.time_base or first.pts is None or lead_s <= 0:
            return False
        try:
            container.seek(first.pts + int(lead_s / stream.time_base), stream=stream)
        except FFmpegError:
            self.trouble = "no key frame can be found in it"
        return True

    def _timed(
        self,
        video: tuple[InputContainer, VideoStream],
        first: VideoFrame,
        rest: Iterator[VideoFrame],
        clock: Clock,
    ) -> Iterator[tuple[VideoFrame, float]]:
        """The frames of the part with their times, and what is to be known of them."""
        lead, decoded = self._start_s > 0, chain([first], rest)
        for frame, t in on_clock(self._path, decoded, mean_rate(video[1]), clock):
            if lead and (t is None or t < self._start_s):
                continue
            lead = False
            if t is None or (self.last_s is not None and t < self.last_s + MIN_STEP_S):
                self.trouble = "timestamps that do not rise"
                return
            if t >= MAX_SPAN_S:
                self.trouble = "timestamps beyond a day"
                return
            if t >= self._end_s:
                self.after = self._seam(first, frame, t)
                return
            if self.last_s is not None and t - self.last_s > GAP_S:
                self.gaps.append((self.last_s, t))
            self.last_s = t
            self.coding.add(frame, t)
            yield frame, t
        if missing := cut_short(self._path, video, self.last_s or 0.0, clock.scale):
            self.ending.append(missing)

    def _seam(self, first: VideoFrame, frame: VideoFrame, t: float) -> Seam:
        convert, (height, width) = converter(self._path, first)
        rgb = np.empty((height, width, 3), np.uint8)
        convert(frame, rgb)
        return Seam(t, _digest(rgb))


def _digest(rgb: NDArray[Any]) -> str:
    return hashlib.blake2b(rgb.tobytes(), digest_size=16).hexdigest()
