"""Chunks of face crops, segment by segment, through a method."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

import numpy as np

from sspd.accel.process import trim_heap
from sspd.face.track import join_chunks
from sspd.methods import Method
from sspd.pipeline.executor import Executor, Feed
from sspd.types import FaceSegment, Frames, Signal


@dataclass(frozen=True, eq=False)
class SegmentWaveform:
    """A segment without its crops, and the waveform of its face, if there is one."""

    segment: FaceSegment
    wave: Signal | None


@dataclass
class RunningSegment:
    """A segment on its way: the method runs on a thread and is fed chunk by chunk."""

    feed: Feed
    chunks: list[FaceSegment] = field(default_factory=list)
    wave: Future[Signal | None] | None = None
    so_far: Signal | None = None
    busy_s: float = 0.0

    @property
    def end_s(self) -> float:
        """Time of its last frame; of a chunk without crops, where it starts."""
        last = self.chunks[-1]
        return float(last.frame_stats.t[-1]) if last.frame_stats.t.size else last.start_s

    def end(self) -> None:
        """Mark the end of the chunks."""
        if self.wave is not None:  # without a face there is no method that would listen
            self.feed.end()

    def waveform(self) -> SegmentWaveform:
        """Wait for the method, and return the segment with its waveform.

        Returns
        -------
        SegmentWaveform
        """
        wave = None if self.wave is None else self.wave.result()
        self.chunks = [join_chunks(self.chunks)]
        return SegmentWaveform(self.chunks[0], wave)

    def preview(self) -> SegmentWaveform:
        """Return the segment so far, with the waveform so far.

        Returns
        -------
        SegmentWaveform
        """
        done = self.wave is not None and self.wave.done()
        wave = self.wave.result() if self.wave is not None and done else self.so_far
        self.chunks = [join_chunks(self.chunks)]
        return SegmentWaveform(self.chunks[0], wave)


class SegmentRunner:
    """A method run over every segment of a video, whose chunks are fed to it.

    The chunks of one face are taken in the order in which they come, each as soon as
    the method has served the one before: few are held at a time.

    Parameters
    ----------
    method : Method
    executor : Executor
        Its threads end with it.
    with_updates : bool
        Whether waveforms so far are kept, see `RunningSegment.so_far`.
    """

    def __init__(self, method: Method, executor: Executor, *, with_updates: bool = False) -> None:
        self._method, self._executor, self._with_updates = method, executor, with_updates
        self._running: dict[int, RunningSegment] = {}
        self._ending: list[RunningSegment] = []
        self.segments: list[RunningSegment] = []
        self._forgotten_s, self.has_forgotten = 0.0, False

    @property
    def busy_s(self) -> float:
        """Seconds that the method worked."""
        return self._forgotten_s + sum(segment.busy_s for segment in self.segments)

    @property
    def running_faces(self) -> frozenset[int]:
        """Numbers of the faces that are seen now."""
        return frozenset(who for who, each in self._running.items() if each.wave is not None)

    def recent_faces(self, from_s: float) -> dict[int, list[SegmentWaveform]]:
        """Return the last segments of each face that is seen now, so far.

        Parameters
        ----------
        from_s : float
            Segments that ended before are left out, seconds.

        Returns
        -------
        dict of int to list of SegmentWaveform
            By the number of the face.
        """
        faces: dict[int, list[RunningSegment]] = {}
        for segment in self.segments:
            if segment.wave is not None and segment.end_s >= from_s:
                faces.setdefault(segment.chunks[0].face_id, []).append(segment)
        now = self.running_faces
        return {who: [s.preview() for s in own] for who, own in faces.items() if who in now}

    def feed(self, chunk: FaceSegment) -> None:
        """Send the next chunk to its method, as soon as there is room for it.

        Parameters
        ----------
        chunk : FaceSegment
            As `sspd.face.track.FaceChunker` gives them.

        Raises
        ------
        Exception
            What the method raised over a segment that ended.
        """
        segment = self._running.get(chunk.face_id)
        if segment is None or segment.chunks[0].segment_index != chunk.segment_index:
            self._end_those_before(chunk.start_s)
            segment = self._running[chunk.face_id] = self._begin(chunk)
        elif len(segment.chunks) == self._executor.buffers.lookahead_chunks:
            _wait_for(self._ending)
        none = Frames(chunk.faces.rgb[:0].copy(), np.zeros(0), chunk.faces.max_value)
        segment.chunks.append(replace(chunk, faces=none))
        if segment.wave is not None:
            segment.feed.put(chunk.faces)

    def settle(self) -> None:
        """Wait until every method has served what it was fed."""
        _wait_for(self._ending)
        for segment in self._running.values():
            if segment.wave is not None:
                segment.feed.settle()

    def forget(self, before_s: float) -> None:
        """Remove the segments that ended before a time; those that run stay.

        Parameters
        ----------
        before_s : float
            Seconds.
        """
        while self.segments and self.segments[0].end_s < before_s:
            first = self.segments[0]
            if any(each is first for each in (*self._ending, *self._running.values())):
                return
            self.has_forgotten = True
            self._forgotten_s += first.busy_s
            del self.segments[0]

    def end(self) -> None:
        """Mark the end of all segments, so that no thread waits for more."""
        for segment in self._running.values():
            segment.end()

    def close(self) -> list[SegmentWaveform]:
        """Wait for all methods.

        Returns
        -------
        list of SegmentWaveform
            In the order in which the segments began.
        """
        self.end()
        return [segment.waveform() for segment in self.segments]

    def _begin(self, chunk: FaceSegment) -> RunningSegment:
        segment = RunningSegment(Feed(self._executor.buffers.face_chunks))
        self.segments.append(segment)
        if chunk.box is not None:
            segment.wave = self._executor.submit(partial(self._run, segment))
        return segment

    def _end_those_before(self, start_s: float) -> None:
        """End the segments that are over.

        A person who is not seen any more must not keep a thread waiting: there are twice as
        many threads as faces at a time, not as many as faces in a video. What ends now may
        still work beside the new segments; what ended before is waited for.
        """
        over = [who for who, each in self._running.items() if each.end_s < start_s]
        if not over:
            return
        _wait_for(self._ending)
        for who in over:
            segment = self._running[who]
            segment.end()
            segment.chunks = [join_chunks(segment.chunks)]  # small ones fill a heap with gaps
        trim_heap()
        self._ending = [self._running.pop(who) for who in over]

    def _run(self, segment: RunningSegment) -> Signal | None:
        began, waited_s = time.perf_counter(), 0.0

        def faces() -> Iterator[Frames]:
            nonlocal waited_s
            items = iter(segment.feed.items())
            while True:
                before = time.perf_counter()
                item = next(items, None)
                waited_s += time.perf_counter() - before
                if item is None:
                    return
                yield cast(Frames, item)

        try:
            return self._waveform(faces(), segment)
        finally:
            segment.busy_s = time.perf_counter() - began - waited_s
            segment.feed.finished()

    def _waveform(self, faces: Iterable[Frames], segment: RunningSegment) -> Signal | None:
        stages = self._method.stages
        if stages is None:
            return self._method.run(faces)

        def report(so_far: Signal) -> None:
            segment.so_far = so_far

        if stages.crops is not None:
            faces = self._executor.ahead(stages.crops(faces), stages.ahead)
        return stages.waveform(faces, report if self._with_updates else None)


def _wait_for(ending: Iterable[RunningSegment]) -> None:
    """Wait until they are through; what a method raised there is raised."""
    for segment in ending:
        if segment.wave is not None:
            segment.wave.result()


def run_segments(
    chunks: Iterable[FaceSegment], method: Method, spent: dict[str, float] | None = None
) -> list[SegmentWaveform]:
    """Run a method over every segment of a video.

    Parameters
    ----------
    chunks : iterable of FaceSegment
        As `sspd.face.track.iter_face_chunks` gives them.
    method : Method
    spent : dict, optional
        The seconds that the method worked are added to its ``network``.

    Returns
    -------
    list of SegmentWaveform
        In the order in which the segments began.

    Examples
    --------
    >>> from sspd.methods import get_method
    >>> run_segments([], get_method("pos"))
    []
    """
    with Executor(side_by_side=True) as executor:
        runner = SegmentRunner(method, executor)
        try:
            for chunk in chunks:
                runner.feed(chunk)
        finally:
            runner.end()
    found = [segment.waveform() for segment in runner.segments]
    if spent is not None:
        spent["network"] += runner.busy_s
    return found
