"""A source read to its end through a session."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sspd.accel.prefetch import import_in_background
from sspd.accel.process import trim_heap
from sspd.methods import Method
from sspd.pipeline.executor import Buffers
from sspd.pipeline.loading import checked_method
from sspd.pipeline.reading import final_update
from sspd.pipeline.session import Session
from sspd.report.result import Vitals
from sspd.types import Frames, MeasureOptions, Update, VideoSource
from sspd.video.camera.states import WITH_FRAMES
from sspd.video.progress import Progress, with_progress
from sspd.video.sources import AnySource, open_source

#: An update of a camera that rests on frames older than this has no rate, seconds.
OLDEST_S = 3.0


def drain(
    source: AnySource,
    options: MeasureOptions,
    method: str | Method,
    progress: Progress | None = None,
    times: dict[str, Any] | None = None,
) -> list[Vitals]:
    """Push all frames of a source into a session, and close it.

    Parameters
    ----------
    source
        See `measure`.
    options : MeasureOptions
    method : str or Method
        A Method goes before the one that ``options`` name.
    progress : callable, optional
        See `measure`.
    times : dict, optional
        ``fs`` and ``timestamps_s``, see `measure`.

    Returns
    -------
    list of Vitals
        See `sspd.pipeline.Session.close`.

    Raises
    ------
    SSPDError
        As `measure`.
    """
    given = method if isinstance(method, Method) else None
    ready = checked_method(given, options)  # before a video is opened
    video = _opened(source, options, times)
    try:
        with Session(options, source=video, method=ready, updates=False) as session:
            for frames in _timed(video, options, session.spent_s, progress):
                session.push(frames)
            # half a second of imports for the filters, while the method still has work
            trim_heap()
            import_in_background("scipy.signal")
            return session.close(progress)
    finally:
        _close(video)


def updates_of(
    source: AnySource, options: MeasureOptions, method: Method | None, times: dict[str, Any]
) -> Iterator[Update]:
    """Push all frames of a source into a session, and give its updates, the final ones too.

    Parameters
    ----------
    source, options, times
        See `drain`.
    method : Method or None
        Goes before the one that ``options`` name.

    Yields
    ------
    Update
    """
    ready = checked_method(method, options)
    video = _opened(source, options, times)
    try:
        keep_s = getattr(video, "keep_s", None)
        with Session(options, source=video, method=ready, keep_s=keep_s) as session:
            for frames in video.frames(options.start_s, options.end_s):
                yield from pushed(session, video, frames)
            for vitals in session.close():
                yield replace(final_update(vitals), camera=getattr(video, "state", None))
    finally:
        _close(video)


def pushed(session: Session, video: VideoSource, frames: Frames) -> list[Update]:
    """Push frames of a source into a session, and say what became of its camera.

    Parameters
    ----------
    session : Session
    video : VideoSource
        Whose state belongs to the updates, where it is a camera.
    frames : Frames
        None of them, where the camera gave none for a moment.

    Returns
    -------
    list of Update
        Where no frames come, one that says so, about once per second.
    """
    state = getattr(video, "state", None)
    if state is None:
        return session.push(frames)
    found = [replace(update, camera=state) for update in session.push(frames)]
    now_s: float = getattr(video, "time_s", 0.0)
    if any(now_s - update.time_s > OLDEST_S for update in found):
        return session.without_frames(now_s, "overloaded")
    if len(frames) or state in WITH_FRAMES:
        return found
    return session.without_frames(now_s, state)


def _opened(
    source: AnySource, options: MeasureOptions, times: dict[str, Any] | None
) -> VideoSource:
    chunk = Buffers().decode_frames
    video = open_source(source, fps=options.fps, chunk=chunk, **(times or {}))
    try:
        _ = video.info  # what cannot be opened is said before anything else begins
    except BaseException:
        _close(video)
        raise
    return video


def _close(video: VideoSource) -> None:
    close = getattr(video, "close", None)
    if close is not None:
        close()


def _timed(
    video: VideoSource,
    options: MeasureOptions,
    spent_s: dict[str, float],
    progress: Progress | None,
) -> Iterator[Frames]:
    """The frames of a source, adding the time spent waiting for them."""
    start_s, end_s = options.start_s, options.end_s
    frames = video.frames(start_s, end_s)
    if progress is not None:
        stated_s = video.info.duration_s
        asked_s = stated_s if end_s is None else min(end_s, stated_s or end_s)
        frames = with_progress(frames, progress, start_s, asked_s)
    while True:
        before = time.perf_counter()
        found = next(frames, None)
        spent_s["decode"] += time.perf_counter() - before
        if found is None:
            return
        yield found
