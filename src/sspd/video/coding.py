"""Coding of a video's frames, recorded during decoding."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from av.video.frame import PictureType, VideoFrame


class Coding:
    """Times of key frames, and number of bidirectionally predicted frames.

    Takes eight bytes per key frame.
    """

    def __init__(self) -> None:
        self.n_frames = 0
        self.n_both_ways = 0
        self._key_s = array("d")

    def add(self, frame: VideoFrame, t: float) -> None:
        """Record a decoded frame.

        Parameters
        ----------
        frame : av.video.frame.VideoFrame
        t : float
            Its timestamp, seconds.
        """
        self.n_frames += 1
        if frame.key_frame:
            self._key_s.append(t)
        elif frame.pict_type == PictureType.B:
            self.n_both_ways += 1

    def extend(self, n_frames: int, n_both_ways: int, key_s: Iterable[float]) -> None:
        """Record the frames of a later part of the video.

        Parameters
        ----------
        n_frames, n_both_ways : int
            Frames, and those of them that are predicted bidirectionally.
        key_s : iterable of float
            Times of its key frames, seconds.
        """
        self.n_frames += n_frames
        self.n_both_ways += n_both_ways
        self._key_s.extend(key_s)

    @property
    def all_key_frames_s(self) -> list[float]:
        """Times of key frames, seconds, also where most frames are."""
        return self._key_s.tolist()

    @property
    def key_frames_s(self) -> tuple[float, ...]:
        """Times of key frames, seconds; empty if most frames are key frames.

        >>> Coding().key_frames_s
        ()
        """
        return () if 2 * len(self._key_s) > self.n_frames else tuple(self._key_s)


def noting(
    timed: Iterable[tuple[VideoFrame, float]], coding: Coding | None
) -> Iterator[tuple[VideoFrame, float]]:
    """Yield decoded frames with their timestamps, and record the coding of each.

    Parameters
    ----------
    timed : iterable of (VideoFrame, float)
        Frames with timestamps, seconds.
    coding : Coding or None
        Record to extend.

    Yields
    ------
    (VideoFrame, float)
    """
    for frame, t in timed:
        if coding is not None:
            coding.add(frame, t)
        yield frame, t
