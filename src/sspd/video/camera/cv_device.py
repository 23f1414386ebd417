"""Cameras by OpenCV, where PyAV has no interface to them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sspd.video.camera.av_device import FPS, HEIGHT, WIDTH
from sspd.video.camera.controls import CameraControls
from sspd.video.camera.device import DeviceFacts, Locks, Shot
from sspd.video.camera.states import camera_error


class CvDevice:
    """A camera that OpenCV opened: `sspd.video.camera.device.Device`.

    OpenCV waits for a frame by itself, so `read` may take longer than asked.

    Parameters
    ----------
    number : int
        Of the camera, from 0.
    name : str
        For messages.

    Raises
    ------
    CameraError
        It cannot be opened; OpenCV does not say why, so the state is found from the device.

    >>> CvDevice(978, "camera 978")
    Traceback (most recent call last):
        ...
    sspd.errors.CameraError: camera 978: there is no such camera (missing). Plug it in, ...
    """

    def __init__(self, number: int, name: str) -> None:
        path = Path(f"/dev/video{number}")
        on_linux = sys.platform == "linux"
        if on_linux and not path.exists():
            raise camera_error(name, "missing")
        self._capture: Any = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            self._capture.release()
            raise camera_error(name, _why(path) if on_linux else "missing")
        for key, value in (
            (cv2.CAP_PROP_FRAME_WIDTH, WIDTH),
            (cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT),
            (cv2.CAP_PROP_FPS, FPS),
        ):
            self._capture.set(key, value)
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.facts = DeviceFacts(name, "raw", fps if fps > 0 else None)
        self._controls = CameraControls(str(path) if on_linux else None)
        self.settle_s = self._controls.settle_s

    def read(self, wait_s: float) -> Shot | None:
        """Return the next frame; OpenCV decides how long it waits.

        Parameters
        ----------
        wait_s : float
            Not used.

        Returns
        -------
        Shot or None
        """
        if not self._capture.grab():
            raise OSError("no frame can be read")
        milliseconds = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        good, bgr = self._capture.retrieve()
        if not good:
            return None
        rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        return Shot(rgb, milliseconds / 1000 if milliseconds > 0 else None)

    def lock(self) -> Locks:
        """Lock exposure and white balance, where the camera is one of V4L2.

        Returns
        -------
        Locks
        """
        return self._controls.lock()

    def close(self) -> None:
        """Release the camera; controls are as before."""
        self._controls.close()
        self._capture.release()


def _why(path: Path) -> str:
    """State of a device that is there and was not opened."""
    try:
        with path.open("rb"):
            return "busy"
    except PermissionError:
        return "denied"
    except OSError:
        return "busy"
