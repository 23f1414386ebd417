"""Sources in place of a camera: a video that is played at its own speed, and a pipe."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sspd.types import Frames
from sspd.video.camera.av_device import AvDevice, open_stream_file
from sspd.video.camera.device import DeviceFacts, EndOfDevice, Locks, Shot
from sspd.video.camera.states import camera_error
from sspd.video.file import VideoFile

#: A frame that is not due yet is waited for in steps of this, seconds.
_SLEEP_S = 0.002
#: Time between two checks whether a pipe is still needed, seconds.
_LOOK_S = 0.1


class PlayedVideo:
    """A video file whose frames come when they are due: `sspd.video.camera.device.Device`.

    Its times are those of the file, put on the clock of this machine.

    Parameters
    ----------
    path : str or Path
    now : callable
        The clock, seconds.

    Raises
    ------
    SSPDError
        It is no video that can be read.
    CameraError
        It does not say how fast it was recorded, so it cannot be played.
    """

    def __init__(self, path: str | Path, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._file = VideoFile(path, chunk=1)
        info = self._file.info
        if not info.clock_known:
            self._file.close()
            raise camera_error(str(path), "missing", "it does not say how fast it was recorded")
        self.facts = DeviceFacts(str(path), info.codec, info.fps)
        self.settle_s = 0.0
        self._frames = self._file.frames()
        self._next: Frames | None = None
        self._began_s: float | None = None

    def read(self, wait_s: float) -> Shot | None:
        """Return the next frame as soon as it is due.

        Parameters
        ----------
        wait_s : float
            Seconds.

        Returns
        -------
        Shot or None
        """
        if self._next is None:
            self._next = next(self._frames, None)
            if self._next is None:
                raise EndOfDevice
        t = float(self._next.t[0])
        if self._began_s is None:
            self._began_s = self._now() - t
        due_s, until_s = self._began_s + t, self._now() + wait_s
        while self._now() < due_s:
            if self._now() >= until_s:
                return None
            time.sleep(_SLEEP_S)
        frames, self._next = self._next, None
        return Shot(frames.rgb[0], due_s)

    def lock(self) -> Locks:
        """Return that nothing changes by itself in a video.

        Returns
        -------
        Locks
        """
        return Locks(True, True)

    def close(self) -> None:
        """Close the file."""
        with suppress(ValueError):  # it is being decoded by a thread that was left alone
            self._frames.close()  # type: ignore[attr-defined]
        self._file.close()


class Pipe:
    """The reading end of a FIFO, as a file object that gives up when it is not wanted any more.

    Parameters
    ----------
    path : str or Path
    wanted : callable
        Whether it still is.

    Raises
    ------
    OSError
        It cannot be opened.
    """

    def __init__(self, path: str | Path, wanted: Callable[[], bool]) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._wanted, self._seen = wanted, False

    def read(self, size: int = -1) -> bytes:
        """Wait for data, and return it.

        Parameters
        ----------
        size : int
            Bytes, at most.

        Returns
        -------
        bytes
            Empty at the end, when its writers have closed it, or it is not wanted any more.
        """
        while self._wanted():
            ready, _, _ = select.select([self._descriptor], [], [], _LOOK_S)
            if not ready:
                continue
            try:
                data = os.read(self._descriptor, size if size > 0 else 1 << 16)
            except BlockingIOError:
                continue
            if data:
                self._seen = True
                return data
            if self._seen:
                return b""
            time.sleep(_LOOK_S)  # nobody writes yet
        return b""

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)


def open_pipe(path: str | Path, wanted: Callable[[], bool]) -> AvDevice:
    """Open a video that comes through a FIFO as it is captured.

    Parameters
    ----------
    path : str or Path
    wanted : callable
        Whether it still is.

    Returns
    -------
    AvDevice

    Raises
    ------
    OSError
        It cannot be opened, or is no video.
    EndOfDevice
        It is not wanted any more.
    """
    pipe = Pipe(path, wanted)
    try:
        return open_stream_file(pipe, str(path))
    except BaseException:
        pipe.close()
        if not wanted():
            raise EndOfDevice from None
        raise
