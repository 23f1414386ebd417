"""The loop that reads a camera, on a clock of the test's own: no thread, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import numpy as np
import pytest

from sspd.types import Frames
from sspd.video.camera.device import DeviceFacts, EndOfDevice, Locks, Shot
from sspd.video.camera.reading import BREAK_S, CameraReader


class Scripted:
    """A device whose frames arrive as time passes, with the times and sizes of functions."""

    facts = DeviceFacts("scripted", "raw", 30.0)
    settle_s = 0.0

    def __init__(self, n: int, fps: float, device_s: Callable[[float], float | None]) -> None:
        self._n, self._fps, self._device_s = n, fps, device_s
        self.k = 0
        self.side = 16

    def now(self) -> float:
        return 100.0 + self.k / self._fps

    def read(self, wait_s: float) -> Shot | None:
        if self.k == self._n:
            raise EndOfDevice
        self.k += 1
        rgb = np.full((self.side, self.side, 3), self.k % 256, np.uint8)
        return Shot(rgb, self._device_s(self.now()))

    def lock(self) -> Locks:
        return Locks(True, True)

    def close(self) -> None:
        pass


def _read(device: Scripted) -> tuple[CameraReader, list[Frames]]:
    found: list[Frames] = []

    def give(frames: Frames) -> bool:
        found.append(frames)
        return True

    reader = CameraReader(lambda: device, "scripted", give, Event(), now=device.now)
    reader.run()
    return reader, found


@pytest.mark.parametrize("rate", [0.5, 0.9, 1.1, 2.0])
def test_a_clock_that_runs_wrong_is_not_used(rate: float) -> None:
    """Its times would make every rate wrong; what was read with it is cut off by a gap."""
    device = Scripted(3000, 100.0, lambda now_s: 1e6 + rate * (now_s - 100.0))
    reader, found = _read(device)
    assert any("clock runs wrong" in line for line in reader.notes)
    t = np.concatenate([each.t for each in found])
    breaks = np.flatnonzero(np.diff(t) > 2.0)
    assert len(breaks) == 1
    assert breaks[0] / 100.0 < 8.0  # before the shortest window is complete
    assert np.diff(t)[breaks[0]] == pytest.approx(BREAK_S, abs=0.6)
    assert np.diff(t[breaks[0] + 1 :]) == pytest.approx(0.01, abs=1e-9)


def test_a_true_clock_is_kept() -> None:
    reader, found = _read(Scripted(1000, 30.0, lambda now_s: now_s - 77.0))
    assert reader.notes == []
    assert np.diff([each.t[0] for each in found]) == pytest.approx(1 / 30, abs=1e-9)


def test_times_that_repeat_are_left_out() -> None:
    _, found = _read(Scripted(100, 30.0, lambda now_s: round(now_s * 10) / 10 - 50.0))
    t = np.array([each.t[0] for each in found])
    assert (np.diff(t) > 0).all()


def test_without_times_of_its_own_frames_have_those_of_their_arrival() -> None:
    _, found = _read(Scripted(60, 25.0, lambda _: None))
    assert np.diff([each.t[0] for each in found]) == pytest.approx(0.04, abs=1e-9)


def test_frames_of_another_size_are_scaled_to_the_first() -> None:
    device = Scripted(20, 30.0, lambda now_s: now_s)

    def grown(frames: Frames) -> bool:
        device.side = 24
        sizes.append(frames.rgb.shape[1:3])
        return True

    sizes: list[tuple[int, ...]] = []
    CameraReader(lambda: device, "scripted", grown, Event(), now=device.now).run()
    assert set(sizes) == {(16, 16)}
    assert len(sizes) == 20
