"""Devices that stand in for a camera, for `benchmarks/live.py`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

from sspd.pipeline.camera import CameraSource
from sspd.types import Frames
from sspd.video.camera.device import DeviceFacts, EndOfDevice, Locks, Shot
from sspd.video.camera.opening import Camera

FS = 30.0


class Device:
    """Frames at their times, and what a fault does."""

    facts = DeviceFacts("played camera", "raw", FS)
    settle_s = 0.0

    def __init__(self, pictures: np.ndarray, n: int, then: object, fps: float = FS) -> None:
        self._pictures, self._n, self._then, self._fps = pictures, n, then, fps
        self._k, self._began_s = 0, time.monotonic()

    def read(self, wait_s: float) -> Shot | None:
        """Return the next frame when it is due."""
        fps = 8.0 if self._then == "slow" else self._fps
        if self._k >= self._n:
            if isinstance(self._then, BaseException):
                raise self._then
            if self._then == "end":
                raise EndOfDevice
            time.sleep(wait_s)
            return None
        due_s = self._began_s + self._k / fps
        early_s = due_s - time.monotonic()
        if early_s > wait_s:
            time.sleep(wait_s)
            return None
        time.sleep(max(0.0, early_s))
        k = self._k // 4 if self._then == "repeat" else self._k
        self._k += 1
        return Shot(self._pictures[k % len(self._pictures)], due_s)

    def lock(self) -> Locks:
        """Return that nothing changes by itself."""
        return Locks(True, True)

    def close(self) -> None:
        """Do nothing: there is no hardware."""


def camera_of(pictures: np.ndarray, parts: list[object]) -> Camera:
    """A camera whose openings play the parts, the last one again and again."""
    opened = itertools.count()

    def open_device(_: Callable[[], bool]) -> Device:
        part = parts[min(next(opened), len(parts) - 1)]
        if isinstance(part, BaseException):
            raise part
        assert isinstance(part, tuple)
        return Device(pictures, *part)

    return Camera("played camera", open_device)


class MarkedSource(CameraSource):
    """Notes the time of each frame, and the processor time at which it is taken."""

    def __init__(self, camera: Camera, now: Callable[[], float]) -> None:
        super().__init__(camera, now=now)
        self.marks: list[tuple[float, float]] = []

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Yield the frames of a camera, and note them."""
        for frames in super().frames(start_s, end_s):
            if len(frames):
                self.marks.append((float(frames.t[0]), time.process_time()))
            yield frames


class SteppedDevice(Device):
    """Gives the next frame when the one before was taken, on a clock of its own."""

    def __init__(self, pictures: np.ndarray, n: int) -> None:
        super().__init__(pictures, n, "end")
        self._now_s = 1000.0
        camera = Camera("stepped camera", lambda _: self, lasting=False)
        self.source = MarkedSource(camera, lambda: self._now_s)

    def read(self, wait_s: float) -> Shot | None:
        """Return the next frame, unless one waits."""
        if self.source._queue.waiting > 1:
            time.sleep(0.001)
            return None
        if self._k == self._n:
            raise EndOfDevice
        self._now_s = 1000.0 + self._k / FS
        self._k += 1
        return Shot(self._pictures[(self._k - 1) % len(self._pictures)], self._now_s)
