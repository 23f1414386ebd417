"""States of a camera: named from errors and from what came lately."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from sspd.errors import CameraError

#: A camera that gave no frame for this long is stalled, seconds. With `sspd.pipeline.camera`'s
#: own steps the state is named within 2 s.
STALL_S = 1.5
#: Fewer new frames per second than this are too slow for any heart rate, Hz.
LEAST_NEW_FPS = 12.0
#: The rates of new and of dropped frames are those of this time, seconds.
RATE_SPAN_S = 2.0
#: Fraction of dropped frames above which this machine is too slow for the camera.
MOST_DROPPED = 0.25


class CameraWords(NamedTuple):
    """Meaning of a state, and advice."""

    meaning: str
    help: str


#: All states. `running` is the good one; with `too_slow` and `overloaded` frames still come.
CAMERA_STATES: Mapping[str, CameraWords] = MappingProxyType(
    {
        "opening": CameraWords("The camera is being opened.", ""),
        "running": CameraWords("The camera gives frames.", ""),
        "too_slow": CameraWords(
            "The camera gives fewer than 12 new frames per second.",
            "Use more light, or a faster camera.",
        ),
        "overloaded": CameraWords(
            "This computer is too slow for all frames.",
            "Close other programs, or use --method pos.",
        ),
        "stalled": CameraWords(
            "The camera gives no frames.", "Wait a moment, or plug it in again."
        ),
        "unplugged": CameraWords("The camera was unplugged.", "Plug it in again."),
        "missing": CameraWords("There is no such camera.", "Plug it in, or choose another one."),
        "busy": CameraWords("Another program uses the camera.", "Close that program."),
        "denied": CameraWords(
            "The camera may not be used.", "Allow it in the settings of the system."
        ),
        "ended": CameraWords("There are no more frames.", ""),
    }
)
#: States in which frames come that can be measured.
WITH_FRAMES = frozenset({"running", "too_slow", "overloaded"})

_BY_NUMBER = {
    errno.EBUSY: "busy",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
}
_GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR}


@dataclass(frozen=True)
class CameraStatus:
    """Facts from which the state of a camera follows.

    Parameters
    ----------
    error : str or None
        State that the last error named; None since the camera was opened.
    since_s : float
        Time since the last frame, or without any since the beginning, seconds.
    new_fps : float or None
        New frames per second lately; None: not known yet.
    dropped : float
        Fraction of the frames that were dropped lately, 0 to 1.
    seen : bool
        Whether there was a frame since it was opened.
    ended : bool
        Whether there will be no more.
    """

    error: str | None = None
    since_s: float = 0.0
    new_fps: float | None = None
    dropped: float = 0.0
    seen: bool = False
    ended: bool = False


def camera_state(status: CameraStatus) -> str:
    """Return the state of a camera.

    Parameters
    ----------
    status : CameraStatus

    Returns
    -------
    str
        One of `CAMERA_STATES`.

    >>> camera_state(CameraStatus(seen=True, since_s=0.03, new_fps=29.9))
    'running'
    >>> camera_state(CameraStatus(seen=True, since_s=1.6, new_fps=29.9))
    'stalled'
    """
    if status.ended:
        return "ended"
    if status.error is not None:
        return status.error
    if status.since_s >= STALL_S:
        return "stalled"
    if not status.seen:
        return "opening"
    if status.new_fps is not None and status.new_fps < LEAST_NEW_FPS:
        return "too_slow"
    return "overloaded" if status.dropped > MOST_DROPPED else "running"


def error_state(error: BaseException, was_running: bool) -> str:
    """Return the state that an error of a camera names.

    Parameters
    ----------
    error : Exception
        Raised when it was opened or read.
    was_running : bool
        Whether it gave frames before.

    Returns
    -------
    str
        One of `CAMERA_STATES`.

    >>> error_state(PermissionError(errno.EACCES, "no"), False), error_state(OSError(), True)
    ('denied', 'unplugged')
    """
    if isinstance(error, CameraError):
        # a camera that was there and is not is unplugged
        return "unplugged" if was_running and error.state == "missing" else error.state
    number = getattr(error, "errno", None)
    if number in _BY_NUMBER:
        return _BY_NUMBER[number]
    if was_running:
        return "unplugged"
    return "missing" if number in _GONE else "stalled"


def camera_error(name: str, state: str, why: str = "") -> CameraError:
    """Return the error of a camera that could not be opened.

    Parameters
    ----------
    name : str
        Of the camera.
    state : str
        One of `CAMERA_STATES`.
    why : str
        What the system said.

    Returns
    -------
    CameraError

    >>> print(camera_error("camera 0", "busy"))
    camera 0: another program uses the camera (busy). Close that program.
    """
    words = CAMERA_STATES[state]
    meaning = words.meaning[:1].lower() + words.meaning[1:].rstrip(".")
    said = f"{state}: {why}" if why else state
    error = CameraError(f"{name}: {meaning} ({said}). {words.help}".rstrip())
    error.state = state
    return error
