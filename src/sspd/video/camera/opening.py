"""Selection of a camera: a number, a device, an address, a pipe, or a video that is played."""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import av

from sspd.errors import SourceError, UsageError
from sspd.types.arguments import no_such_file
from sspd.video.camera.av_device import PROTOCOLS, camera_path, open_address, open_camera_device
from sspd.video.camera.cv_device import CvDevice
from sspd.video.camera.device import Device, OpenDevice
from sspd.video.camera.played import PlayedVideo, open_pipe
from sspd.video.camera.states import camera_error, error_state

#: Callback that says whether a device is still needed: a pipe waits no longer than that.
Wanted = Callable[[], bool]
_V4L2_PATH = re.compile(r"/dev/video(\d{1,3})")


class Camera(NamedTuple):
    """A camera that can be opened, again and again."""

    name: str
    open: Callable[[Wanted], Device]
    lasting: bool = True
    """True to retry when it cannot be opened; False for a file and a pipe."""
    device: Path | None = None
    """Path of its device in the file system, if it has one."""

    def check(self) -> None:
        """Raise an error if it is plain without opening it that it cannot be opened.

        Raises
        ------
        CameraError
            Its device is missing, or may not be read.
        """
        if self.device is None:
            return
        if not self.device.exists():
            raise camera_error(self.name, "missing", f"no {self.device}")
        if not os.access(self.device, os.R_OK | os.W_OK):
            raise camera_error(self.name, "denied", f"{self.device} may not be read")


def find_camera(which: int | str | Path, *, now: Callable[[], float] = time.monotonic) -> Camera:
    """Return the camera that is meant, without opening it.

    Parameters
    ----------
    which : int, str or Path
        Number of a camera, from 0; ``/dev/videoN``; an address that begins with ``rtsp://``,
        ``rtsps://``, ``http://`` or ``https://``; a FIFO; or a video file, which is played as
        if it came from a camera.
    now : callable
        The clock by which a video is played, seconds.

    Returns
    -------
    Camera

    Raises
    ------
    UsageError
        None of these.
    SourceError
        There is no such file.

    >>> find_camera(0).name, find_camera("rtsp://me:secret@host:8554/door").name
    ('camera 0', 'rtsp://host:8554/door')
    >>> find_camera(-1)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a camera is numbered from 0, got -1
    """
    if isinstance(which, bool) or not isinstance(which, int | str | Path):
        raise UsageError(f"a camera is a number, a path or an address, got {type(which).__name__}")
    text = str(which)
    if text.removeprefix("-").isdecimal():
        return _numbered(int(text))
    if found := _V4L2_PATH.fullmatch(text):
        return _numbered(int(found[1]), text)
    scheme = text.partition("://")[0].lower()
    if "://" in text:
        if scheme not in PROTOCOLS:
            raise UsageError(f"addresses of {', '.join(PROTOCOLS)} are opened, got {scheme!r}")
        name = without_password(text)
        return Camera(name, lambda _: open_address(text, name))
    path = Path(text).expanduser()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        raise SourceError(no_such_file(text)) from None
    if stat.S_ISFIFO(mode):
        return Camera(text, lambda wanted: open_pipe(path, wanted), lasting=False)
    return Camera(text, lambda _: PlayedVideo(path, now), lasting=False)


def without_password(address: str) -> str:
    """Return an address without user and password.

    Parameters
    ----------
    address : str

    Returns
    -------
    str

    >>> without_password("https://a:b@c.d/e?f=g")
    'https://c.d/e'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _numbered(number: int, name: str | None = None) -> Camera:
    if number < 0:
        raise UsageError(f"a camera is numbered from 0, got {number}")
    called = name or f"camera {number}"
    device = Path(f"/dev/video{number}") if sys.platform == "linux" else None
    return Camera(called, lambda _: _open_numbered(number, called), device=device)


def _open_numbered(number: int, name: str) -> Device:
    """Open a camera by PyAV, or where it has no interface to it, by OpenCV."""
    try:
        return open_camera_device(*camera_path(number), name)
    except OSError as error:
        state = error_state(error, False)
        if state in ("busy", "denied", "missing"):
            raise camera_error(name, state, (error.strerror or str(error)).lower()) from error
        return _by_opencv(number, name, error)
    except (ValueError, av.FFmpegError) as error:
        return _by_opencv(number, name, error)


def _by_opencv(number: int, name: str, first: Exception) -> Device:
    try:
        return CvDevice(number, name)
    except SourceError as second:
        raise second from first


def opener(camera: Camera, wanted: Wanted) -> OpenDevice:
    """Return a function that opens a camera.

    Parameters
    ----------
    camera : Camera
    wanted : callable
        Whether it still is.

    Returns
    -------
    callable
    """
    return partial(camera.open, wanted)
