"""Source of a video's timestamps: its container, its camera, the user, or unknown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sspd.video.made_up import rate_is_made_up
from sspd.video.stored import Place

if TYPE_CHECKING:  # a rate can be checked without the decoder
    from av.container import InputContainer
    from av.video.stream import VideoStream

#: FFmpeg's flag (avformat.h) of demuxers whose format has no timestamps: elementary streams
#: and the like. They count frames at a default of 25 a second.
NO_TIMESTAMPS = 0x0080
#: Metadata keys for the capture rate, Hz, of Android and QuickTime cameras and editors.
#: (``full-frame-rate-playback-intent`` says nothing about time: it is 0 in ordinary videos too,
#: and the timestamps of a slow-motion original are those of capture.)
CAPTURE_KEYS = ("com.android.capture.fps", "com.apple.quicktime.capture.fps")
#: Capture and stored rates with a smaller relative difference are the same: nominal rates are
#: rounded.
SAME_RATE = 0.05
#: From this ratio of capture to stored rate on, the video was slowed down, and below its inverse
#: sped up. In between, the camera may have exposed longer in dim light, while it states its
#: nominal rate.
SURE_RATIO = 1.9
#: Capture rates up to this are those of ordinary recording, not of slow motion, Hz.
ORDINARY_FPS = 31.0
#: The stored rate is constant if its mean and its base have a smaller relative difference.
CONSTANT_RATE = 0.005


@dataclass(frozen=True)
class Clock:
    """Rule by which the frames of a video get their timestamps.

    Parameters
    ----------
    known : bool
        False if the timestamps are not reliable, so that no rate can be read.
    scale : float
        Real seconds per second of the container's timestamps.
    fps : float or None
        Frame rate stated by the user, Hz: frame n is at n / fps, whatever the container says.
    note : str or None
        Warning for the user, one line.
    """

    known: bool = True
    scale: float = 1.0
    fps: float | None = None
    note: str | None = None


def clock_of(
    container: InputContainer,
    stream: VideoStream,
    fps: float | None = None,
    place: Place | None = None,
) -> Clock:
    """Determine the clock of an opened video.

    Parameters
    ----------
    container, stream
        See `sspd.video.source.opened`.
    fps : float or None
        Frame rate stated by the user, Hz.
    place : path or StoredVideo, optional
        What was opened; None: the file that the container names.

    Returns
    -------
    Clock
        With the user's rate if there is one. Unknown for elementary streams and files that
        state no rate, whose timestamps the demuxer invents. Scaled if the camera states a
        capture rate that differs from the stored one.
    """
    if fps is not None:
        return Clock(fps=fps)
    kind = container.format.name
    if container.format.flags & NO_TIMESTAMPS:
        return Clock(
            known=False,
            note=f"a stream without a clock ({kind}); --fps R states its frames per second",
        )
    if rate_is_made_up(place or container.name.removeprefix("file:"), kind):
        return Clock(
            known=False,
            note=f"states no frame rate ({kind}); --fps R states its frames per second",
        )
    tags = [container.metadata, stream.metadata]
    stated = next((tag[key] for key in CAPTURE_KEYS for tag in tags if tag.get(key)), None)
    mean = stream.average_rate or stream.guessed_rate
    if stated is None or not mean:
        return Clock()
    base = float(stream.base_rate or mean)
    constant = abs(float(mean) / base - 1) < CONSTANT_RATE
    return clock_of_capture(stated, float(mean), constant)


def clock_of_capture(stated: str, stored_fps: float, constant: bool) -> Clock:
    """Determine the clock from a stated capture rate and the stored frame rate.

    Parameters
    ----------
    stated : str
        Capture rate in the metadata, Hz.
    stored_fps : float
        Mean frame rate of the container's timestamps, Hz.
    constant : bool
        True if these timestamps are evenly spaced.

    Returns
    -------
    Clock

    >>> clock_of_capture("240.0", 30.0, constant=True).scale
    0.125
    >>> clock_of_capture("30.0", 21.7, constant=False)  # dim light
    Clock(known=True, scale=1.0, fps=None, note=None)
    >>> clock_of_capture("soon", 30.0, constant=True).known
    False
    """
    try:
        capture_fps = float(stated)
    except ValueError:
        capture_fps = math.nan
    if not (math.isfinite(capture_fps) and capture_fps > 0):
        return Clock(known=False, note=f"states a capture rate of {stated[:20]!r}")
    ratio = capture_fps / stored_fps
    rates = f"captured at {capture_fps:g} and stored at {stored_fps:.4g} frames per second"
    if abs(ratio - 1) <= SAME_RATE:
        return Clock()
    if ratio > 1 and not constant and (ratio < SURE_RATIO or capture_fps <= ORDINARY_FPS):
        return Clock()  # dim light: longer frames than nominal, with true timestamps
    if 1 / SURE_RATIO < ratio < SURE_RATIO or (ratio > 1 and capture_fps <= ORDINARY_FPS):
        return Clock(known=False, note=f"{rates}: whether it was slowed down is unknown")
    how = "slow motion" if ratio > 1 else "time lapse"
    return Clock(scale=1 / ratio, note=f"{how}, {rates}; times are those of capture")
