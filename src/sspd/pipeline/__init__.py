"""The rooms joined: a film goes in, vitals come out."""

from __future__ import annotations

from pathlib import Path

from sspd.containers.arguments import (
    BoxLike,
    Source,
    face_box,
    source_path,
    time_span,
    window_lengths,
)
from sspd.methods import Method, get_method
from sspd.methods.flow import by_face
from sspd.pipeline.video_pass import pass_video, vitals_of
from sspd.report.result import Vitals
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
    """Measure the pulse of the largest face in a film.

    Parameters
    ----------
    source : path
        A video file, as str, bytes or Path; ``~`` is the home folder.
    method : str or Method
        A name of `sspd.methods.method_names`, or what `sspd.methods.get_method` made
        of one (loaded once for many films).
    weights, precision
        See `sspd.methods.get_method`; not looked at where ``method`` is ready.
    window_s, step_s : float
        Windows from which a rate is read, seconds; ``step_s`` None: ``window_s``.
    start_s, end_s : float
        The part of the film to measure, seconds; ``end_s`` None: to its end.
    fps : float or None
        Frames per second, 1 to 1000: frame n is at n / fps, whatever the file says. A
        stream without a clock (raw H.264 and the like) has no rate without it.
    box : Box, sequence or array of 4 whole numbers, or None
        Where the face is: left, top, right, bottom, pixels of the upright video; None: it
        is looked for.
    progress : callable, optional
        Is told a phase (``reading``, ``network``, ``vitals``) and how much of it is done,
        0 to 1, a few times a second of video.

    Returns
    -------
    Vitals
        With ``signal`` and ``beats_s``. No face or no reliable pulse gives reasons,
        not an error.

    Raises
    ------
    SSPDError
        The film or the weights cannot be used, or an argument cannot be right.

    >>> measure("no_such_film.mp4", method="pos")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_film.mp4: no such file
    """
    start_s, end_s = time_span(start_s, end_s)
    window_s, step_s = window_lengths(window_s, step_s)
    cut_windows(0.0, 0.0, window_s, step_s)  # refuses what cannot be, at once
    place, where = source_path(source), face_box(box)
    check_fps(fps)
    ready = _ready(method, weights, precision)
    film = pass_video(place, ready, start_s, end_s, fps, where, every=False, progress=progress)
    ((face_id, own),) = by_face(film.stretches)
    return vitals_of(film, face_id, own, window_s, step_s)


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
    """Measure every face in a film, each for as long as it is there.

    Parameters
    ----------
    source, method, weights, window_s, step_s, start_s, end_s, fps, precision, progress
        See `measure`.

    Returns
    -------
    list of Vitals
        One a person, the largest face of the film's beginning first; ``face_id`` tells
        them apart. One without a pulse where there is no face at all.

    Raises
    ------
    SSPDError
        As `measure`.

    >>> measure_faces("no_such_film.mp4", method="pos")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_film.mp4: no such file
    """
    start_s, end_s = time_span(start_s, end_s)
    window_s, step_s = window_lengths(window_s, step_s)
    cut_windows(0.0, 0.0, window_s, step_s)
    check_fps(fps)
    ready = _ready(method, weights, precision)
    film = pass_video(
        source_path(source), ready, start_s, end_s, fps, None, every=True, progress=progress
    )
    return [
        vitals_of(film, face_id, own, window_s, step_s) for face_id, own in by_face(film.stretches)
    ]


def _ready(method: str | Method, weights: str | Path | None, precision: str) -> Method:
    ready = method
    if not isinstance(ready, Method):
        ready = get_method(ready, weights=weights, precision=precision)
    if ready.confidence is not None:
        check_terms(ready.confidence)  # now, not after an hour of film
    return ready
