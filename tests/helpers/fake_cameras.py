"""Devices that stand in for cameras: they give frames in time, and fail as they are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Event

import numpy as np

from sspd.pipeline.camera import CameraSource
from sspd.video.camera.device import Device, DeviceFacts, EndOfDevice, Locks, Shot
from sspd.video.camera.opening import Camera


@dataclass
class FakeCamera:
    """A camera in a script: each opening plays the next part of it.

    A part is an error that opening raises, or a number of frames, after which the device does
    ``then``: an error to raise, ``"stall"`` (gives nothing any more), or ``"end"``.
    """

    parts: list[tuple[int, object] | BaseException]
    picture: Callable[[int], np.ndarray] = field(default=lambda k: _grey(k))
    fps: float = 100.0
    speed: float = 1.0
    """Seconds of the device's own clock per second."""
    settle_s: float = 0.0
    locks: Locks = field(default_factory=lambda: Locks(True, True))
    open_now: int = 0
    opened: int = 0
    locked: int = 0
    n: int = 0

    def camera(self, lasting: bool = True) -> Camera:
        return Camera("fake camera", lambda wanted: self._open(), lasting)

    def _open(self) -> Device:
        self.opened += 1
        part = self.parts[min(self.opened, len(self.parts)) - 1]
        if isinstance(part, BaseException):
            raise part
        self.open_now += 1
        return _FakeDevice(self, *part)


class _FakeDevice:
    facts = DeviceFacts("fake camera", "raw", None)

    def __init__(self, camera: FakeCamera, n: int, then: object) -> None:
        self._camera, self._left, self._then = camera, n, then
        self._next_s = time.monotonic()
        self._began_s = self._next_s
        self.settle_s = camera.settle_s

    def read(self, wait_s: float) -> Shot | None:
        if self._left == 0:
            return self._after(wait_s)
        self._left -= 1
        camera = self._camera
        self._next_s += 1 / camera.fps
        Event().wait(max(0.0, self._next_s - time.monotonic()))
        camera.n += 1
        time_s = self._next_s
        if camera.speed != 1.0:  # a clock of its own
            time_s = 1e6 + (self._next_s - self._began_s) * camera.speed
        return Shot(camera.picture(camera.n - 1), time_s)

    def _after(self, wait_s: float) -> None:
        if isinstance(self._then, BaseException):
            raise self._then
        if self._then == "end":
            raise EndOfDevice
        Event().wait(wait_s)

    def lock(self) -> Locks:
        self._camera.locked += 1
        return self._camera.locks

    def close(self) -> None:
        self._camera.open_now -= 1


def _grey(k: int) -> np.ndarray:
    return np.full((48, 64, 3), 60 + k % 100, np.uint8)


def within(seconds: float) -> Iterator[None]:
    """Go on until the time is over, looking every hundredth of a second."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        yield
        Event().wait(0.01)


class SteppedCamera:
    """A camera whose next frame is due when the one before was taken, on a clock of its own.

    What is measured of it depends on no machine, however slow.
    """

    settle_s = 0.0

    facts = DeviceFacts("stepped camera", "raw", 30.0)

    def __init__(
        self,
        pictures: Iterable[np.ndarray],
        t: Iterable[float],
        gone: BaseException | None = None,
    ) -> None:
        """With an error it is gone at its end, for ever, and time goes on."""
        self._pictures = zip(pictures, t, strict=True)
        self._now_s, self._gone, self._gone_s = 1000.0, gone, np.inf
        camera = Camera("stepped camera", lambda _: self._open(), gone is not None)
        self.source = CameraSource(camera, now=self.now)

    def now(self) -> float:
        return self._now_s + max(0.0, time.monotonic() - self._gone_s)

    def _open(self) -> Device:
        if self._gone is not None and np.isfinite(self._gone_s):
            raise self._gone
        return self

    def read(self, wait_s: float) -> Shot | None:
        if self.source._queue.waiting > 1:
            Event().wait(0.001)
            return None
        rgb, t = next(self._pictures, (None, 0.0))
        if rgb is None:
            self._gone_s = time.monotonic()
            raise self._gone or EndOfDevice
        self._now_s = 1000.0 + t
        return Shot(rgb, self._now_s)

    def lock(self) -> Locks:
        return Locks(True, True)

    def close(self) -> None:
        pass
