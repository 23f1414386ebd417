"""How the frames of a video were coded, noted while they are decoded."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from av.video.frame import PictureType, VideoFrame


class Coding:
    """Which frames are key frames, and how many are predicted both ways.

    Small: eight bytes a key frame.
    """

    def __init__(self) -> None:
        self.n_frames = 0
        self.n_both_ways = 0
        self._key_s = array("d")

    def add(self, frame: VideoFrame, t: float) -> None:
        """Note a decoded frame and its time, seconds."""
        self.n_frames += 1
        if frame.key_frame:
            self._key_s.append(t)
        elif frame.pict_type == PictureType.B:
            self.n_both_ways += 1

    @property
    def key_frames_s(self) -> tuple[float, ...]:
        """Times of key frames; none where every frame is one, which tells nothing.

        >>> Coding().key_frames_s
        ()
        """
        return () if 2 * len(self._key_s) > self.n_frames else tuple(self._key_s)


def noting(
    timed: Iterable[tuple[VideoFrame, float]], coding: Coding | None
) -> Iterator[tuple[VideoFrame, float]]:
    """Pass decoded frames with their times on, and note each."""
    for frame, t in timed:
        if coding is not None:
            coding.add(frame, t)
        yield frame, t
