"""A video as a source of frames, and what it states of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sspd.types.frames import Frames


@dataclass(frozen=True)
class VideoInfo:
    """Facts that a video states of itself.

    Parameters
    ----------
    width, height : int
        Pixels of an upright frame.
    fps : float or None
        Mean frames per second; None: not stated.
    duration_s : float or None
        Seconds; None: not stated, as of a camera.
    codec : str
        Name of the codec, such as ``"h264"``; ``"raw"`` for frames that come decoded.
    rotation : int
        Degrees clockwise by which stored frames are turned to stand upright: 0, 90, 180
        or 270.
    bit_rate : int or None
        Bits per second of the video stream, or of the container where only it states one.
    clock_known : bool
        Whether the times of its frames can be trusted, see `sspd.video.clock`.
    name : str
        What messages and results call it.

    >>> VideoInfo(480, 640, 29.97, 10.0, "hevc", 90, 8_000_000).rotation
    90
    """

    width: int
    height: int
    fps: float | None
    duration_s: float | None
    codec: str
    rotation: int = 0
    bit_rate: int | None = None
    clock_known: bool = True
    name: str = ""


@runtime_checkable
class VideoSource(Protocol):
    """Anything that gives frames with their times: a file, an array, a camera, a socket.

    A source may also have ``warnings`` (list of str, filled while frames are read) and
    ``coding`` (`sspd.video.coding.Coding`), as `sspd.video.file.VideoFile` has, and
    ``close()``, which is called when it is not read any more. A camera has ``state``
    (`sspd.video.camera.states`), ``time_s`` (seconds since its first frame, now) and ``keep_s``
    (how much of its measurement is kept for the result, seconds), as
    `sspd.pipeline.camera.CameraSource` has.
    """

    @property
    def info(self) -> VideoInfo:
        """Facts that the video states of itself."""

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Yield the frames with ``start_s <= t < end_s``, a few at a time, in order.

        Parameters
        ----------
        start_s, end_s : float
            Seconds since the first frame; ``end_s`` None: to the end.

        Yields
        ------
        Frames
            One or more frames, all of one size; times rise from one to the next as well. Of a
            camera, none where it gave none for a moment.
        """
