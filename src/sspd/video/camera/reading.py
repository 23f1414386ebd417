"""The loop that reads a camera: opens it, gives its frames on, notices trouble, tries again."""

from __future__ import annotations

import time
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from threading import Event, Lock

import av
import cv2
import numpy as np

from sspd.errors import SSPDError
from sspd.types import Frames
from sspd.video.bounds import MAX_SPAN_S, MIN_STEP_S
from sspd.video.camera.clock import CaptureClock
from sspd.video.camera.device import Device, DeviceFacts, EndOfDevice, OpenDevice, Shot
from sspd.video.camera.states import (
    RATE_SPAN_S,
    CameraStatus,
    camera_error,
    camera_state,
    error_state,
)

#: Longest wait for a device at a time, seconds.
WAIT_S = 0.1
#: A device that gave nothing for this long is opened anew, seconds.
REOPEN_S = 4.0
#: Time between two tries to open, at first and at most, seconds.
FIRST_RETRY_S, LAST_RETRY_S = 0.25, 2.0
#: Step in the frames' times after a clock is no longer trusted, seconds: more than a gap, so
#: that nothing is measured across it.
BREAK_S = 2.5
#: Repeated frames are noticed by every this-many-th row and column.
_SAMPLED = 8

#: Takes a frame; False where another one had to be dropped for it.
Give = Callable[[Frames], bool]


class CameraReader:
    """Reads a camera until it is stopped; `run` is called on a thread of its own.

    Parameters
    ----------
    open_device : callable
        Opens it.
    name : str
        Of the camera.
    give : callable
        Takes each frame, see `Give`.
    stop : threading.Event
        Set from outside to end.
    lasting : bool
        Whether to open it again after a failure.
    now : callable
        The clock, seconds.
    """

    def __init__(
        self,
        open_device: OpenDevice,
        name: str,
        give: Give,
        stop: Event,
        *,
        lasting: bool = True,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._name, self._give, self._stop = open_device, name, give, stop
        self._lasting, self._now = lasting, now
        self._lock = Lock()
        self._status, self._last_s = CameraStatus(), now()
        self._lately: deque[tuple[float, bool, bool]] = deque()
        self._began_s: float | None = None
        self._time_s, self._print = -1.0, 0
        self._size: tuple[int, int] | None = None
        self.facts: DeviceFacts | None = None
        self.failure: SSPDError | None = None
        """The error that kept it from ever being opened, or ended one that is not lasting."""
        self.notes: list[str] = []
        """Notices, one line each."""
        self.opened = self.frames = self.dropped = self.repeated = 0

    def status(self) -> CameraStatus:
        """Return the facts from which the state follows, from any thread.

        Returns
        -------
        CameraStatus
        """
        with self._lock:
            now_s = self._now()
            lately = [each for each in self._lately if each[0] > now_s - RATE_SPAN_S]
            status = replace(self._status, since_s=now_s - self._last_s)
        # a rate needs some time; of a stalled camera it is not known
        if not status.seen or not lately or now_s - lately[0][0] < RATE_SPAN_S / 2:
            return status
        new = sum(is_new for _, is_new, _ in lately)
        dropped = sum(is_dropped for _, _, is_dropped in lately)
        fps = new / (now_s - lately[0][0])
        return replace(status, new_fps=fps, dropped=dropped / len(lately))

    def state(self) -> str:
        """Return the state of the camera, from any thread.

        Returns
        -------
        str
            One of `sspd.video.camera.states.CAMERA_STATES`.
        """
        return camera_state(self.status())

    @property
    def began_s(self) -> float | None:
        """Time at which the first frame was captured, by our clock; times count from it."""
        return self._began_s

    def run(self) -> None:
        """Read until stopped, or until there will be no more frames."""
        pause_s = FIRST_RETRY_S
        while not self._stop.is_set():
            frames = self.frames
            try:
                with closing(self._open()) as device:
                    self._begin(device)
                    self._read(device)
            except EndOfDevice:
                self._set(ended=True)
                return
            except (OSError, ValueError, av.FFmpegError, cv2.error, SSPDError) as error:
                if not self._failed(error):
                    return
            pause_s = FIRST_RETRY_S if self.frames > frames else min(2 * pause_s, LAST_RETRY_S)
            self._stop.wait(pause_s)

    def _begin(self, device: Device) -> None:
        self.opened += 1
        with self._lock:
            self.facts = device.facts
            self._lately.clear()
            self._last_s = self._now()
            # the state of one that failed stays until it gives a frame
            self._status = CameraStatus(error=self._status.error)
        self._clock = CaptureClock()

    def _read(self, device: Device) -> None:
        """Read an open device until it is stopped, fails or gives nothing any more."""
        settled_s = self._now() + device.settle_s if device.settle_s else None
        last_s = self._now()
        while not self._stop.is_set():
            shot = device.read(WAIT_S)
            if shot is None:
                if self._now() - last_s > REOPEN_S and self._lasting:
                    self._set(error="stalled")
                    return
                continue
            last_s = self._now()
            if settled_s is None:
                self._pass_on(shot, last_s)
                continue
            self._seen(last_s, True, False)
            if last_s >= settled_s:
                settled_s = None
                if (note := device.lock().note()) is not None:
                    self._note(note)

    def _pass_on(self, shot: Shot, arrival_s: float) -> None:
        known = self._clock.known
        captured_s = self._clock.capture_s(shot.time_s, arrival_s)
        if self._began_s is None:
            self._began_s = captured_s
        if known and not self._clock.known:
            self._note("its clock runs wrong; its frames have the times at which they arrived")
            self._began_s = min(self._began_s, captured_s - self._time_s - BREAK_S)
        time_s = captured_s - self._began_s
        if time_s < self._time_s + MIN_STEP_S or time_s >= MAX_SPAN_S:
            return
        self._time_s = time_s
        rgb = shot.rgb
        self._size = self._size or (rgb.shape[1], rgb.shape[0])
        if (rgb.shape[1], rgb.shape[0]) != self._size:  # opened anew with another one
            rgb = np.asarray(cv2.resize(rgb, self._size, interpolation=cv2.INTER_AREA))
        is_new = self._is_new(rgb)
        room = self._give(Frames(rgb[None], np.array([time_s])))
        self.frames += 1
        self.dropped += not room
        self.repeated += not is_new
        self._seen(arrival_s, is_new, not room)

    def _is_new(self, rgb: np.ndarray) -> bool:
        before = self._print
        self._print = zlib.crc32(rgb[::_SAMPLED, ::_SAMPLED].tobytes())
        return self._print != before

    def _seen(self, arrival_s: float, is_new: bool, dropped: bool) -> None:
        with self._lock:
            self._last_s = arrival_s
            self._lately.append((arrival_s, is_new, dropped))
            while self._lately[0][0] < arrival_s - RATE_SPAN_S:
                self._lately.popleft()
            self._status = CameraStatus(seen=True)

    def _failed(self, error: BaseException) -> bool:
        """Name the state that follows from an error; whether to try again."""
        ran = self.frames > 0
        state = error_state(error, ran)
        self._set(error=state)
        if ran and self._lasting:
            return True
        why = str(getattr(error, "strerror", None) or error).lower()
        if ran:
            self._note(f"ended early: {why}")
            self._set(ended=True)
        elif isinstance(error, SSPDError):
            self.failure = error
        else:
            self.failure = camera_error(self._name, state, why)
            self.failure.__cause__ = error
        return False

    def _set(self, *, error: str | None = None, ended: bool = False) -> None:
        with self._lock:
            self._status = replace(self._status, error=error, ended=ended)

    def _note(self, line: str) -> None:
        text = f"{self._name}: {line}"
        if text not in self.notes:
            self.notes.append(text)
