"""The protocol of a camera's device: opened, asked for frames, closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray


class Shot(NamedTuple):
    """One frame of a device.

    ``rgb`` is a uint8 array of shape (height, width, 3), upright; ``time_s`` is the time of its
    capture by the device's own clock, seconds, or None where it does not say.
    """

    rgb: NDArray[Any]
    time_s: float | None


@dataclass(frozen=True)
class DeviceFacts:
    """Facts of an open device.

    Parameters
    ----------
    name : str
        What messages call it.
    codec : str
        Of its frames, ``"raw"`` where they come uncoded.
    fps : float or None
        Frames per second that it states.
    """

    name: str
    codec: str = "raw"
    fps: float | None = None


@dataclass(frozen=True)
class Locks:
    """State of a camera's automatic controls: locked (True), not (False), or unknown (None)."""

    exposure: bool | None = None
    white_balance: bool | None = None

    def note(self) -> str | None:
        """Return what is not locked, in a sentence; None where both are.

        >>> Locks(exposure=True, white_balance=False).note()
        'its white balance cannot be locked, and may change during the measurement'
        """
        loose = {"exposure": self.exposure, "white balance": self.white_balance}
        names = [name for name, locked in loose.items() if not locked]
        if not names:
            return None
        return f"its {' and '.join(names)} cannot be locked, and may change during the measurement"


class EndOfDevice(Exception):  # noqa: N818 - an end, not an error
    """The device will give no more frames: the end of a video, or of a pipe."""


class Device(Protocol):
    """An open camera, or what stands in for one; one thread at a time uses it."""

    @property
    def facts(self) -> DeviceFacts:
        """Properties that the device states."""

    @property
    def settle_s(self) -> float:
        """Time that its automatic controls get before they are locked, seconds; 0: none."""

    def read(self, wait_s: float) -> Shot | None:
        """Return the next frame.

        Parameters
        ----------
        wait_s : float
            How long to wait for it, at most, as far as the device can be told, seconds.

        Returns
        -------
        Shot or None
            None: there is none yet.

        Raises
        ------
        EndOfDevice
            There will be none any more.
        Exception
            `OSError` and the like: it was unplugged, or failed.
        """

    def lock(self) -> Locks:
        """Make exposure and white balance stay as they are now.

        Returns
        -------
        Locks
        """

    def close(self) -> None:
        """Close the device; its automatic controls are as before."""


#: Opens a device; raises `OSError`, `sspd.errors.CameraError` and the like where it cannot.
OpenDevice = Callable[[], Device]
