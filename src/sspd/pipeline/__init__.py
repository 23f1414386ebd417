"""Measure the pulse in a face video: decoding, faces, waveform and vitals joined."""

from __future__ import annotations

from pathlib import Path

from sspd.methods import Method, get_method
from sspd.pipeline.segments import by_face
from sspd.pipeline.video_pass import pass_video, vitals_of
from sspd.report.result import Vitals
from sspd.types.arguments import (
    BoxLike,
    Source,
    face_box,
    source_path,
    time_span,
    window_lengths,
)
from sspd.video.clock import check_fps
from sspd.video.progress import Progress
from sspd.vitals import check_terms, cut_windows


def measure(
    source: Source,
    *,
    method: str | Method = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
    box: BoxLike | None = None,
    precision: str = "f32",
    progress: Progress | None = None,
) -> Vitals:
    """Measure the pulse of the largest face in a video.

    Parameters
    ----------
    source : path
        A video file, as str, bytes or Path; ``~`` is the home folder.
    method : str or Method
        A name of `sspd.methods.method_names`, or the result of `sspd.methods.get_method`
        (loaded once for many videos).
    weights, precision
        See `sspd.methods.get_method`; ignored if ``method`` is a Method.
    window_s, step_s : float
        Length of the windows that give one rate each, and time between their starts, seconds;
        ``step_s`` None: ``window_s``.
    start_s, end_s : float
        The part of the video to measure, seconds; ``end_s`` None: to its end.
    fps : float or None
        Frames per second, 1 to 1000: frame n is at n / fps, whatever the file says. A
        stream without a clock (raw H.264 and the like) has no rate without it.
    box : Box, sequence or array of 4 whole numbers, or None
        Face box: left, top, right, bottom, pixels of the upright video; None: the face is
        detected.
    progress : callable, optional
        Called with a phase (``reading``, ``network``, ``vitals``) and its progress, 0 to 1,
        a few times per second of video.

    Returns
    -------
    Vitals
        With ``signal`` and ``beats_s``. If there is no face or no reliable pulse, it has
        ``reasons``; that is no error.

    Raises
    ------
    SSPDError
        The video or the weights cannot be used, or an argument is invalid.

    >>> measure("no_such_video.mp4", method="pos")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    start_s, end_s = time_span(start_s, end_s)
    window_s, step_s = window_lengths(window_s, step_s)
    cut_windows(0.0, 0.0, window_s, step_s)  # invalid lengths raise before the work
    place, where = source_path(source), face_box(box)
    check_fps(fps)
    ready = _ready(method, weights, precision)
    video = pass_video(place, ready, start_s, end_s, fps, where, every=False, progress=progress)
    ((face_id, own),) = by_face(video.stretches)
    return vitals_of(video, face_id, own, window_s, step_s)


def measure_faces(
    source: Source,
    *,
    method: str | Method = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
    precision: str = "f32",
    progress: Progress | None = None,
) -> list[Vitals]:
    """Measure every face in a video, each for as long as it is visible.

    Parameters
    ----------
    source, method, weights, window_s, step_s, start_s, end_s, fps, precision, progress
        See `measure`.

    Returns
    -------
    list of Vitals
        One per person, the largest face at the beginning of the video first, with different
        ``face_id``. If there is no face at all, one result without a pulse.

    Raises
    ------
    SSPDError
        As `measure`.

    >>> measure_faces("no_such_video.mp4", method="pos")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    start_s, end_s = time_span(start_s, end_s)
    window_s, step_s = window_lengths(window_s, step_s)
    cut_windows(0.0, 0.0, window_s, step_s)
    check_fps(fps)
    ready = _ready(method, weights, precision)
    video = pass_video(
        source_path(source), ready, start_s, end_s, fps, None, every=True, progress=progress
    )
    return [
        vitals_of(video, face_id, own, window_s, step_s)
        for face_id, own in by_face(video.stretches)
    ]


def _ready(method: str | Method, weights: str | Path | None, precision: str) -> Method:
    ready = method
    if not isinstance(ready, Method):
        ready = get_method(ready, weights=weights, precision=precision)
    if ready.confidence is not None:
        check_terms(ready.confidence)  # now, not after an hour of video
    return ready
