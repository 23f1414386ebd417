"""A camera as a source of frames: one thread reads it, the newest frames wait, the rest goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from types import TracebackType

import numpy as np

from sspd.errors import UsageError
from sspd.pipeline.executor import Buffers, Executor, LatestQueue
from sspd.types import Frames, VideoInfo
from sspd.video.bounds import MAX_SPAN_S
from sspd.video.camera.opening import Camera, find_camera, opener
from sspd.video.camera.reading import CameraReader
from sspd.video.camera.states import RATE_SPAN_S, camera_error

#: Time without a frame after which empty frames are given, so that the consumer notices, seconds.
HEARTBEAT_S = 0.2
#: Longest wait for the first frame of a camera, seconds.
FIRST_FRAME_S = 10.0
#: A frame that waited longer than this is dropped, seconds: what is said of it would be old.
OLD_S = 1.8
#: Longest wait for a thread that a driver blocks, seconds.
_PATIENCE_S = 3.0
#: Part of a live measurement that is kept for its result, seconds: half an hour takes 9 MB.
KEEP_S = 1800.0


class CameraSource:
    """A camera: `sspd.types.VideoSource`, and a context manager.

    It is opened when `info` or `frames` is first asked for. Frames have their capture times, in
    seconds since the first one. A camera that fails is opened again until it works; the frames
    go on with a gap.

    Parameters
    ----------
    camera : sspd.video.camera.opening.Camera
    buffers : Buffers, optional
        How much may wait.
    now : callable
        The clock, seconds.

    Attributes
    ----------
    warnings : list of str
        What was noticed: controls that cannot be locked, a clock that runs wrong, frames that
        were dropped. Filled while frames are read.
    """

    #: Part of a live measurement that is kept for its result, seconds.
    keep_s = KEEP_S

    def __init__(
        self,
        camera: Camera,
        *,
        buffers: Buffers | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera, self._now = camera, now
        most = (buffers or Buffers()).camera_bytes
        self._queue: LatestQueue[Frames] = LatestQueue(most)
        self._executor = Executor(side_by_side=True, buffers=buffers)
        self._stop = Event()
        self._first: Frames | None = None
        self._started = self._closed = False
        self._info: VideoInfo | None = None
        self._late, self._late_s = 0, -np.inf
        self.warnings: list[str] = []
        self._reader = CameraReader(
            opener(camera, lambda: not self._stop.is_set()),
            camera.name,
            lambda frames: self._queue.put(frames, frames.rgb.nbytes),
            self._stop,
            lasting=camera.lasting,
            now=now,
        )

    def __enter__(self) -> CameraSource:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def info(self) -> VideoInfo:
        """Facts of the camera; the first time it waits for a frame.

        Raises
        ------
        CameraError
            It cannot be opened, or gives no frame.
        """
        if self._info is None:
            self._begin()
        assert self._info is not None
        return self._info

    def check(self) -> None:
        """Raise an error if it is plain without opening it that it cannot be opened.

        Raises
        ------
        CameraError
        """
        self._camera.check()

    @property
    def state(self) -> str:
        """State of the camera, one of `sspd.video.camera.states.CAMERA_STATES`."""
        state = self._reader.state()
        if state == "ended" and not self._queue.over:
            return "running"
        return "overloaded" if state == "running" and self._is_late() else state

    @property
    def time_s(self) -> float:
        """Seconds since the first frame was captured, by our clock; 0 before it."""
        began_s = self._reader.began_s
        return 0.0 if began_s is None else self._now() - began_s

    @property
    def counts(self) -> dict[str, int]:
        """Frames read, dropped because nobody took them, repeated; and how often it was opened."""
        names = ("frames", "dropped", "repeated", "opened")
        counts: dict[str, int] = {name: getattr(self._reader, name) for name in names}
        return counts | {"dropped": counts["dropped"] + self._late}

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Yield frames as they come, one at a time, until the camera is closed.

        Parameters
        ----------
        start_s, end_s : float
            Seconds since the first frame; ``end_s`` None: until it is closed, a day at most.

        Yields
        ------
        Frames
            None of them (of length 0) where the camera gave nothing for `HEARTBEAT_S`.

        Raises
        ------
        UsageError
            It was closed.
        CameraError
            As `info`.
        """
        info = self.info
        end_s = MAX_SPAN_S if end_s is None else end_s
        nothing = Frames(np.empty((0, info.height, info.width, 3), np.uint8), np.empty(0))
        first, self._first = self._first, None
        while not self._closed:
            frames = first if first is not None else self._queue.take(HEARTBEAT_S)
            first = None
            if frames is None:
                if self._queue.over or self.time_s >= end_s:
                    break
                yield nothing
            elif frames.t[0] >= end_s:
                break
            elif self.time_s - frames.t[0] > OLD_S:
                self._late, self._late_s = self._late + 1, self._now()
            elif frames.t[0] >= start_s:
                yield frames
            self._tell()
        self._tell_counts()

    def close(self) -> None:
        """Close the camera; threads and handles end with it."""
        self._closed = True
        self._stop.set()
        self._queue.end()
        self._executor.close(_PATIENCE_S)

    def _begin(self) -> None:
        if self._closed:
            raise UsageError(f"{self._camera.name}: was closed; open it again")
        if not self._started:
            self._started = True
            self._executor.submit(self._run)
        until_s = time.monotonic() + FIRST_FRAME_S
        while self._first is None and self._reader.failure is None:
            self._first = self._queue.take(HEARTBEAT_S)
            late = time.monotonic() > until_s or self._is_silent()
            if self._first is None and (self._queue.over or late):
                break
        if self._first is None:
            self.close()
            failure = self._reader.failure
            raise failure or camera_error(self._camera.name, self._state_without_frames())
        self._info = self._describe(self._first)

    def _run(self) -> None:
        try:
            self._reader.run()
        finally:
            self._queue.end()

    def _is_silent(self) -> bool:
        """True if an open camera gives no frames; a file may only be slow to decode."""
        reader = self._reader
        return self._camera.lasting and reader.opened > 0 and reader.state() == "stalled"

    def _state_without_frames(self) -> str:
        state = self._reader.state()
        return state if state not in ("opening", "running") else "stalled"

    def _describe(self, first: Frames) -> VideoInfo:
        facts = self._reader.facts
        return VideoInfo(
            width=first.rgb.shape[2],
            height=first.rgb.shape[1],
            fps=None if facts is None else facts.fps,
            duration_s=None,
            codec="raw" if facts is None else facts.codec,
            name=self._camera.name,
        )

    def _is_late(self) -> bool:
        """True if frames were dropped lately because they were too old."""
        return self._now() - self._late_s < RATE_SPAN_S

    def _tell(self) -> None:
        """Move what the reader noticed into the warnings, each line once."""
        for line in self._reader.notes[len(self.warnings) :]:
            self.warnings.append(line)

    def _tell_counts(self) -> None:
        self._tell()
        name, counts = self._camera.name, self.counts
        if counts["dropped"]:
            self.warnings.append(
                f"{name}: {counts['dropped']} of {counts['frames']} frames were dropped, as this"
                " computer was too slow for them"
            )
        if counts["opened"] > 1:
            self.warnings.append(f"{name}: had to be opened {counts['opened']} times")


def open_camera(which: int | str | Path = 0) -> CameraSource:
    """Open a camera, as a source for `sspd.stream` and `sspd.measure`.

    Parameters
    ----------
    which : int, str or Path
        Number of a camera, from 0; its device (``/dev/video2``); an address that begins with
        ``rtsp://``, ``rtsps://``, ``http://`` or ``https://``; a FIFO; or a video file, which is
        played at its own speed.

    Returns
    -------
    CameraSource
        To be closed; `sspd.stream` does it at its end.

    Raises
    ------
    UsageError
        None of these.
    SourceError
        There is no such file. A camera that cannot be opened says so when it is first read.

    Examples
    --------
    >>> for update in sspd.stream(sspd.open_camera(0)):        # doctest: +SKIP
    ...     print(update.hr_bpm, update.hint)
    >>> open_camera("no_such_video.mp4")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    return CameraSource(find_camera(which))
