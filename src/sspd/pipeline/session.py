"""One measurement in progress: frames in, updates and vitals out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Literal

import numpy as np

from sspd.accel.process import trim_heap
from sspd.errors import SourceError, UsageError
from sspd.face.chunker import CROP_CHUNK_FRAMES, FaceChunker
from sspd.methods import Method
from sspd.pipeline.by_face import by_face
from sspd.pipeline.context import VideoContext, video_context
from sspd.pipeline.executor import Buffers, Executor
from sspd.pipeline.loading import checked_method
from sspd.pipeline.reading import face_vitals, no_face, no_frames, update_now
from sspd.pipeline.segments import SegmentRunner
from sspd.report.result import Vitals
from sspd.types import Frames, MeasureOptions, Update, VideoInfo, VideoSource
from sspd.video.coding import Coding

#: An update comes this often, seconds of the video.
UPDATE_S = 1.0


class Session:
    """One measurement in progress.

    Frames are pushed in order of time, any number at once: the result is the same, bit for
    bit. A session is closed once; `sspd.measure` and `sspd.stream` do both.

    Parameters
    ----------
    options : MeasureOptions, optional
        How to measure; by default as `sspd.measure` does.
    source : VideoSource, optional
        Where the frames come from: its ``info``, and its ``warnings`` and ``coding`` where
        it has them, belong to the result. Nothing is read from it.
    method : Method, optional
        The result of `sspd.get_method`, instead of ``options.method``.
    updates : bool
        Whether `push` returns updates. Without them stages run side by side, which is faster.
    buffers : Buffers, optional
        How much may wait between two stages.
    keep_s : float or None
        How much of the time before now the result rests on, seconds, so that a session of a day
        takes no more memory than one of an hour; None: everything. A minute or more.

    Raises
    ------
    SSPDError
        The method or its weights cannot be used.

    Examples
    --------
    >>> from sspd.types import Box
    >>> skin = Frames(np.full((300, 64, 64, 3), 120, np.uint8), np.arange(300) / 30)
    >>> with Session(MeasureOptions(method="pos", box=Box(0, 0, 64, 64))) as session:
    ...     updates = session.push(skin)
    ...     (vitals,) = session.close()
    >>> len(updates), vitals.hr_bpm is None
    (9, True)
    """

    def __init__(
        self,
        options: MeasureOptions | None = None,
        *,
        source: VideoSource | None = None,
        method: Method | None = None,
        updates: bool = True,
        buffers: Buffers | None = None,
        keep_s: float | None = None,
    ) -> None:
        self.options = options or MeasureOptions()
        self._method = checked_method(method, self.options)
        self._info: VideoInfo | None = None if source is None else source.info
        self._coding = getattr(source, "coding", None) or Coding()
        self._warnings = getattr(source, "warnings", None)
        self._updates = updates
        self._executor = Executor(side_by_side=not updates, buffers=buffers)
        self._runner = SegmentRunner(self._method, self._executor, with_updates=updates)
        self._chunker: FaceChunker | None = None
        self._closed = self._seen = False
        self._camera: str | None = None
        self._last: tuple[float, tuple[int, ...]] | None = None
        self._next_s = -np.inf
        self._reported_s: dict[int, float] = {}
        self._keep_s = keep_s
        self._began = time.perf_counter()
        self.spent_s = {"decode": 0.0, "face": 0.0, "network": 0.0, "total": 0.0}
        """Seconds of work by stage; who decodes adds to ``decode``."""
        if self._method.prepare is not None:
            self._executor.begin(self._method.prepare)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        self.abort()
        return False

    def push(self, frames: Frames) -> list[Update]:
        """Process frames.

        Parameters
        ----------
        frames : Frames
            Later than all before, of the same size. Those outside ``start_s`` to ``end_s`` of
            the options are left out.

        Returns
        -------
        list of Update
            What these frames decided: about one per second of video and face. Empty where
            the session was begun without updates.

        Raises
        ------
        UsageError
            The session is closed, frames of another size, times that do not rise, or a box
            outside the frames.
        """
        if self._closed:
            raise UsageError("this session is closed; begin another one")
        if not len(frames):
            return []
        began = time.perf_counter()
        try:
            return self._push(self._checked(frames))
        except BaseException:
            self.abort()
            raise
        finally:
            self.spent_s["face"] += time.perf_counter() - began

    def close(self, on_phase: Callable[[str, float], object] | None = None) -> list[Vitals]:
        """Measure what is left, and read everything.

        Parameters
        ----------
        on_phase : callable, optional
            Is given ``vitals`` and 0.0 when the waveforms are complete.

        Returns
        -------
        list of Vitals
            One per person, the largest face at the beginning first; one result without a
            pulse where there is no face.

        Raises
        ------
        UsageError
            The session is closed already.
        SourceError
            There were no frames.
        """
        if self._closed:
            raise UsageError("this session is closed; begin another one")
        try:
            for chunk in self._chunker.close() if self._chunker else ():
                self._runner.feed(chunk)
            segments = self._runner.close()
        finally:
            self.abort()
        trim_heap()
        name = self._info.name if self._info else "frames"
        if not segments or self._info is None:
            raise SourceError(f"{name}: holds no frames from {self.options.start_s:g} s on")
        if on_phase is not None:
            on_phase("vitals", 0.0)
        self.spent_s["network"] = self._runner.busy_s
        self.spent_s["total"] = time.perf_counter() - self._began
        context = self._context(self._info)
        return [face_vitals(context, face_id, own) for face_id, own in by_face(segments)]

    def without_frames(self, time_s: float, state: str) -> list[Update]:
        """Return what is known while a camera gives no frames: that there is no rate.

        Parameters
        ----------
        time_s : float
            Now, in the time of the frames, seconds.
        state : str
            Of the camera, one of `sspd.video.camera.states.CAMERA_STATES`.

        Returns
        -------
        list of Update
            One at once for each new state, then about one per second.
        """
        if state == self._camera and time_s < self._next_s:
            return []
        self._camera, self._next_s = state, time_s + UPDATE_S
        return [no_frames(time_s, state, self._seen)]

    def abort(self) -> None:
        """End all threads; nothing is measured any more."""
        self._closed = True
        self._runner.end()
        self._executor.close()

    def _checked(self, frames: Frames) -> Frames:
        last_s, size = self._last or (-np.inf, frames.rgb.shape[1:])
        if not frames.t[0] > last_s:
            raise UsageError(
                f"timestamps must rise: frames from {frames.t[0]:g} s on follow {last_s:g} s"
            )
        if frames.rgb.shape[1:] != size:
            (h, w, _), (height, width, _) = size, frames.rgb.shape[1:]
            raise UsageError(f"frames of {width}x{height} pixels follow frames of {w}x{h}")
        self._last = float(frames.t[-1]), size
        if self._info is None:
            self._info = VideoInfo(size[1], size[0], None, None, "raw", name="frames")
        end_s = np.inf if self.options.end_s is None else self.options.end_s
        wanted = (frames.t >= self.options.start_s) & (frames.t < end_s)
        if wanted.all():
            return frames
        return Frames(frames.rgb[wanted], frames.t[wanted], frames.max_value)

    def _push(self, frames: Frames) -> list[Update]:
        self._camera = None
        if self._chunker is None:
            self._chunker = self._begin_chunker()
        if self._keep_s is not None:
            self._runner.forget(float(frames.t[0]) - self._keep_s)
        if not self._updates:
            for chunk in self._chunker.push(frames):
                self._runner.feed(chunk)
            return []
        found: list[Update] = []
        for k in range(len(frames)):  # one by one: updates do not depend on how many come at once
            one = Frames(frames.rgb[k : k + 1], frames.t[k : k + 1], frames.max_value)
            for chunk in self._chunker.push(one):
                self._runner.feed(chunk)
            t = float(one.t[0])
            if t >= self._next_s:
                found += self._updates_at(t) if np.isfinite(self._next_s) else []
                self._next_s = t + UPDATE_S
        return found

    def _begin_chunker(self) -> FaceChunker:
        options, info = self.options, self._info
        stated_s = info.duration_s if info else None
        return FaceChunker(
            size=self._method.size,
            box=options.box,
            end_s=stated_s if options.end_s is None else options.end_s,
            every=options.every_face,
            # frame by frame, so that an update waits for no chunk to become full
            chunk_frames=1 if self._updates else CROP_CHUNK_FRAMES,
        )

    def _updates_at(self, time_s: float) -> Iterator[Update]:
        self._runner.settle()
        assert self._info is not None
        context = self._context(self._info)
        faces = self._runner.recent_faces(time_s - self.options.window_s)
        if not faces:
            yield no_face(time_s, self._seen)
        for face_id, own in faces.items():
            self._seen = True
            reported_s = self._reported_s.get(face_id, -np.inf)
            update = update_now(context, face_id, own, time_s, reported_s)
            if update.signal is not None:
                self._reported_s[face_id] = float(update.signal.t[-1]) + 0.5 / update.signal.fs
            yield update

    def _forgotten(self, name: str) -> Iterator[str]:
        if self._keep_s is not None and self._runner.has_forgotten:
            yield f"{name}: only its last {self._keep_s / 60:g} minutes are in the result"

    def _context(self, info: VideoInfo) -> VideoContext:
        warnings = (*(self._warnings or ()), *self._forgotten(info.name))
        so_far = warnings, self.spent_s
        return video_context(info, self._coding, self.options, self._method, *so_far)
