"""A live measurement: frames of a camera into a session, and what is known, moment by moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import hypot

import numpy as np

from sspd.face.crop import pad_box
from sspd.live.face_watch import FaceWatch
from sspd.live.gauges import Gauges, conditions, measure_gauges
from sspd.live.hints import HintState, next_hint
from sspd.live.phases import LOST_S, Phase, Seen, next_phase
from sspd.live.recorder import Recorder, on_ticks
from sspd.live.view import LiveView
from sspd.live.waveform import LiveWaveform
from sspd.methods import Method
from sspd.pipeline.camera import CameraSource
from sspd.pipeline.drain import pushed
from sspd.pipeline.session import Session
from sspd.report.result import Vitals
from sspd.types import Box, Frames, MeasureOptions, Update
from sspd.video.bounds import GAP_S
from sspd.video.camera.states import WITH_FRAMES

#: Time between two views without an update, and between two measurements of the gauges, seconds.
VIEW_S, GAUGE_S = 0.2, 0.2
#: Length of the waveform in a view, seconds.
SHOWN_S = 10.0
#: A face that is further from the box of its segment than this, in widths of it, has moved away.
MOVED = 0.35
#: Frames without the face are not measured, for so long at least that the segment ends with
#: them: its box is taken anew when the face is back, seconds.
PAUSE_S = GAP_S + 0.2


class LiveMeasurement:
    """One live measurement: iterate over `views`, then there are `results`.

    Parameters
    ----------
    camera : CameraSource
        Closed by whoever opened it.
    options : MeasureOptions
        ``end_s`` ends it, seconds since the first frame.
    method : Method
        See `sspd.pipeline.load_method`.
    recorder : Recorder or None
        Is given every frame that is measured.
    stopped : callable
        Whether it shall end now; asked at each frame.

    Attributes
    ----------
    results : list of Vitals
        Empty until it is done.
    """

    def __init__(
        self,
        camera: CameraSource,
        options: MeasureOptions,
        method: Method,
        *,
        recorder: Recorder | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._camera, self._options, self._method = camera, options, method
        self._recorder, self._stopped = recorder, stopped
        self._watch, self._wave = FaceWatch(options.box), LiveWaveform()
        self._phase, self._hint = Phase(), HintState()
        self._holding: frozenset[str] = frozenset()
        self._gauges: Gauges | None = None
        self._grey: tuple[float, np.ndarray] | None = None
        self._box: Box | None = None
        # until the first update nothing is known of a face, and nothing is to be said of it
        self._reasons: tuple[str, ...] | None = None
        self._confidence: float | None = None
        self._now_s = self._shown_s = 0.0
        self._face_s = self._last_s = -np.inf
        self._pause_until_s = -np.inf
        self.results: list[Vitals] = []

    def views(self) -> Iterator[LiveView]:
        """Measure, and yield what is known: at each update, and `VIEW_S` after the one before.

        Yields
        ------
        LiveView
            The last one is done, with the results.

        Raises
        ------
        CameraError
            The camera cannot be opened.
        SourceError
            It gave no frame that could be measured.
        """
        camera, options = self._camera, self._options
        keep_s = camera.keep_s
        with Session(options, source=camera, method=self._method, keep_s=keep_s) as session:
            for frames in camera.frames(options.start_s, options.end_s):
                if self._stopped():
                    break
                updates = self._take(session, frames)
                yield from self._views(updates)
            self.results = session.close()
        self._phase = next_phase(self._phase, Seen(self._now_s, over=True))
        yield self._view(None)

    def _take(self, session: Session, frames: Frames) -> list[Update]:
        """Push frames, unless the face is away; what else is to be seen in them is measured."""
        if not len(frames):
            self._now_s = max(self._now_s, self._camera.time_s)
            return pushed(session, self._camera, frames)
        frames = frames if self._recorder is None else on_ticks(frames)
        time_s = float(frames.t[0])
        self._now_s = max(self._now_s, time_s)
        self._look(frames.rgb[0], time_s)
        if time_s <= self._last_s or time_s < self._pause_until_s:
            return []
        self._last_s = time_s
        if self._recorder is not None:
            self._recorder.add(frames)
        return pushed(session, self._camera, frames)

    def _look(self, rgb: np.ndarray, time_s: float) -> None:
        watch = self._watch
        looked = watch.look(rgb, time_s, self._box)
        if watch.box is not None:
            self._face_s = time_s
        if looked and self._options.box is None and self._is_away(rgb, time_s):
            self._pause_until_s = time_s + PAUSE_S
            self._box = None
        if watch.box is None:
            self._gauges = self._grey = None
        elif self._grey is None or time_s - self._grey[0] >= GAUGE_S:
            self._gauge(rgb, watch.box, time_s)

    def _gauge(self, rgb: np.ndarray, box: Box, time_s: float) -> None:
        before = self._grey
        step_s = 0.0 if before is None else time_s - before[0]
        grey = None if before is None else before[1]
        self._gauges, now = measure_gauges(rgb, box, grey, step_s)
        self._grey = time_s, now

    def _is_away(self, rgb: np.ndarray, time_s: float) -> bool:
        """Return whether the face has left the box of its segment."""
        if self._box is None:
            return False
        if self._watch.box is None:
            return time_s - self._face_s >= LOST_S
        now, then = pad_box(self._watch.box, *rgb.shape[:2]), self._box
        x = (now.left + now.right - then.left - then.right) / 2
        y = (now.top + now.bottom - then.top - then.bottom) / 2
        return hypot(x, y) > MOVED * then.width

    def _views(self, updates: list[Update]) -> Iterator[LiveView]:
        for update in updates:
            if update.camera in WITH_FRAMES:
                self._box = update.box
            self._reasons = update.reasons
            self._wave.add(update)
            self._step(update)
            yield self._view(update)
        if not updates:
            self._step(None)
            if self._now_s - self._shown_s >= VIEW_S:
                yield self._view(None)

    def _step(self, update: Update | None) -> None:
        camera, now_s = self._camera.state, self._now_s
        paused = now_s < self._pause_until_s
        seen = Seen(
            now_s,
            frames=camera in WITH_FRAMES,
            face=self._watch.box is not None and not paused,
            is_update=update is not None,
            rate_bpm=None if update is None else update.hr_bpm,
        )
        self._phase = next_phase(self._phase, seen)
        self._holding = conditions(
            self._gauges, self._watch.faces, camera, self._reasons or (), self._holding
        )
        if self._reasons is None:
            self._holding -= {"face_the_camera"}
        self._hint = next_hint(self._hint, self._holding, now_s)

    def _view(self, update: Update | None) -> LiveView:
        now_s, end_s = self._now_s, self._options.end_s
        self._shown_s = now_s
        rate_bpm = self._phase.shown_bpm(max(now_s, self._camera.time_s))
        if update is not None:
            self._confidence = update.confidence
        waveform = self._wave.last(SHOWN_S)
        beats_s = self._wave.beats_s
        return LiveView(
            time_s=now_s,
            phase=self._phase.name,
            camera=self._camera.state,
            rate_bpm=rate_bpm,
            confidence=None if rate_bpm is None else self._confidence,
            hint=self._hint.name,
            gauges=self._gauges,
            waveform=waveform,
            beats_s=beats_s[beats_s >= waveform.start_s] if waveform is not None else beats_s,
            respiration=self._wave.respiration,
            left_s=None if end_s is None else max(0.0, end_s - now_s),
            update=update,
            latency_s=None if update is None else self._camera.time_s - update.time_s,
            results=tuple(self.results),
        )
