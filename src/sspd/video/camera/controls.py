"""Controls of a V4L2 camera: exposure and white balance made to stand still, and given back.

The numbers are those of the Linux kernel's interface (linux/videodev2.h, linux/v4l2-controls.h).
"""

from __future__ import annotations

import os
import struct
import sys
from contextlib import suppress

from sspd.video.camera.device import Locks

_QUERY = struct.Struct("=II32siiiiI8x")
_VALUE = struct.Struct("=Ii")
_DISABLED, _READ_ONLY, _INACTIVE = 0x1, 0x4, 0x10
_BASE, _CAMERA = 0x00980900, 0x009A0900
#: Automatic white balance and gain; exposure: automatic, its time, and whether it may slow the
#: camera down in dim light.
WHITE_BALANCE, GAIN_AUTO = _BASE + 12, _BASE + 18
TEMPERATURE, GAIN = _BASE + 26, _BASE + 19
EXPOSURE_AUTO, EXPOSURE_TIME, EXPOSURE_SLOWS = _CAMERA + 1, _CAMERA + 2, _CAMERA + 3
#: A camera's automatic controls get this long before they are locked, seconds.
SETTLE_S = 1.5
#: `EXPOSURE_AUTO` of a fixed exposure.
MANUAL = 1


def _request(number: int, size: int) -> int:
    return (3 << 30) | (size << 16) | (ord("V") << 8) | number


class V4l2Controls:
    """Controls of one camera, through a descriptor of their own.

    Parameters
    ----------
    path : str
        Such as ``/dev/video0``.

    Raises
    ------
    OSError
        It cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
        self._before: dict[int, int] = {}

    def get(self, control: int) -> int | None:
        """Return the value of a control, or None where there is no such control.

        Parameters
        ----------
        control : int

        Returns
        -------
        int or None
        """
        found = self._ask(27, _VALUE.pack(control, 0))
        return None if found is None else int(_VALUE.unpack(found)[1])

    def can_set(self, control: int) -> bool:
        """Return whether a control is there and may be set.

        Parameters
        ----------
        control : int

        Returns
        -------
        bool
        """
        found = self._ask(36, _QUERY.pack(control, 0, b"", 0, 0, 0, 0, 0))
        return found is not None and not _QUERY.unpack(found)[7] & (_DISABLED | _READ_ONLY)

    def set(self, control: int, value: int) -> bool:
        """Set a control, and remember what it was; return whether it has the value now.

        Parameters
        ----------
        control : int
        value : int

        Returns
        -------
        bool
        """
        before = self.get(control) if self.can_set(control) else None
        if before is None:
            return False
        self._before.setdefault(control, before)
        return self._write(control, value)

    def lock(self) -> Locks:
        """Make exposure and white balance stay as they are now.

        A camera that is set to manual goes to the exposure time that was set last by hand;
        so the automatic one is read before, and set.

        Returns
        -------
        Locks
        """
        time, gain = self.get(EXPOSURE_TIME), self.get(GAIN)
        temperature = self.get(TEMPERATURE)
        self.set(EXPOSURE_SLOWS, 0)
        exposure = self.set(EXPOSURE_AUTO, MANUAL)
        if exposure and time is not None:
            exposure = self.set(EXPOSURE_TIME, time)
        if self.can_set(GAIN_AUTO) and self.set(GAIN_AUTO, 0) and gain is not None:
            self.set(GAIN, gain)
        white = self.set(WHITE_BALANCE, 0)
        if white and temperature is not None:
            self.set(TEMPERATURE, temperature)
        return Locks(exposure, white)

    def close(self) -> None:
        """Set all controls as they were, and close the descriptor."""
        automatic = (EXPOSURE_AUTO, WHITE_BALANCE, GAIN_AUTO)
        # values first: they can only be set while the automatic control is off
        for control in sorted(self._before, key=lambda name: name in automatic):
            self._write(control, self._before[control])
        self._before = {}
        with suppress(OSError):
            os.close(self._descriptor)

    def _write(self, control: int, value: int) -> bool:
        return self._ask(28, _VALUE.pack(control, value)) is not None and self.get(control) == value

    def _ask(self, number: int, data: bytes) -> bytes | None:
        from fcntl import ioctl

        try:
            return ioctl(self._descriptor, _request(number, len(data)), data)
        except OSError:
            return None


def open_controls(path: str) -> V4l2Controls | None:
    """Open the controls of a camera, where the system has V4L2 and the camera has any.

    Parameters
    ----------
    path : str

    Returns
    -------
    V4l2Controls or None

    >>> open_controls("/dev/no-such-video") is None
    True
    """
    if sys.platform != "linux":
        return None
    try:
        return V4l2Controls(path)
    except OSError:
        return None


class CameraControls:
    """The controls of a camera, or that it has none.

    Parameters
    ----------
    path : str or None
        The camera's file; None: its controls cannot be reached.

    Attributes
    ----------
    settle_s : float
        See `sspd.video.camera.device.Device`.

    >>> CameraControls(None).lock() == Locks(), CameraControls(None).settle_s
    (True, 0.0)
    """

    def __init__(self, path: str | None) -> None:
        self._controls = None if path is None else open_controls(path)
        self.settle_s = SETTLE_S if self._controls else 0.0

    def lock(self) -> Locks:
        """Lock exposure and white balance, where the camera has such controls.

        Returns
        -------
        Locks
        """
        return Locks() if self._controls is None else self._controls.lock()

    def close(self) -> None:
        """Release the controls, set as they were; nothing the second time."""
        if self._controls is not None:
            self._controls.close()
            self._controls = None
