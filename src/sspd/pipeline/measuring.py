"""Measure a video from its beginning to its end: a session, drained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from numpy.typing import ArrayLike

from sspd.methods import Method
from sspd.pipeline.drain import drain, updates_of
from sspd.report.result import Vitals
from sspd.types import MeasureOptions, Update
from sspd.types.arguments import BoxLike, face_box
from sspd.video.progress import Progress
from sspd.video.sources import AnySource


def measure(
    source: AnySource,
    *,
    method: str | Method = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
    fs: float | None = None,
    timestamps_s: ArrayLike | None = None,
    box: BoxLike | None = None,
    precision: str = "f32",
    smooth: bool = False,
    min_confidence: float | None = None,
    progress: Progress | None = None,
) -> Vitals:
    """Measure the pulse of the largest face in a video.

    Parameters
    ----------
    source : path, array, iterable, binary file object, Recording or VideoSource
        A video file, or a folder of images, as str, bytes or Path (``~`` is the home folder);
        frames, as an array of shape (time, height, width, 3) or one after the other, RGB,
        uint8 or uint16; a file opened with ``"rb"``; a recording of a dataset; anything with
        ``info`` and ``frames`` (`sspd.types.VideoSource`).
    method : str or Method
        A name of `sspd.method_names`, or the result of `sspd.get_method` (loaded once for
        many videos).
    weights, precision
        See `sspd.get_method`; ignored if ``method`` is a Method.
    window_s, step_s : float
        Length of the windows that give one rate each, and time between their starts, seconds;
        ``step_s`` None: ``window_s``.
    start_s, end_s : float
        The part of the video to measure, seconds; ``end_s`` None: to its end.
    fps : float or None
        Of a video file: frames per second, 1 to 1000. Frame n is at n / fps, whatever the file
        says. A stream without a clock (raw H.264 and the like) has no rate without it.
    fs : float or None
        Of frames and folders of images: frames per second, Hz.
    timestamps_s : array-like, shape (time,), or None
        Of frames and folders of images: seconds of each, instead of ``fs``.
    box : Box, sequence or array of 4 whole numbers, or None
        Face box: left, top, right, bottom, pixels of the upright video; None: the face is
        detected.
    smooth : bool
        Let windows that are unsure lean on accepted neighbours. Those that are accepted in this
        way are ``smoothed``, one of the warnings counts them, and ``rate_bands`` has the rate of
        each window with its band.
    min_confidence : float or None
        Lowest confidence of an accepted window, 0 to 1; None: 0.6. What contradicts a pulse
        still rejects. The method needs a calibrated confidence.
    progress : callable, optional
        Called with a phase (``reading``, ``network``, ``vitals``) and its progress, 0 to 1,
        a few times per second of video.

    Returns
    -------
    Vitals
        With ``signal`` and ``beats_s``. If there is no face or no reliable pulse, it has
        ``reasons``; that is no error. An error that an iterable raises after some frames is
        one of its ``warnings``: what came before is measured.

    Raises
    ------
    SSPDError
        The video or the weights cannot be used, or an argument is invalid.

    Examples
    --------
    >>> measure("no_such_video.mp4", method="pos")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    options = _options(method, weights, precision, window_s, step_s, start_s, end_s, fps)
    options = replace(options, box=face_box(box), smooth=smooth, min_confidence=min_confidence)
    times = {"fs": fs, "timestamps_s": timestamps_s}
    return drain(source, options, method, progress, times)[0]


def measure_faces(
    source: AnySource,
    *,
    method: str | Method = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
    fs: float | None = None,
    timestamps_s: ArrayLike | None = None,
    precision: str = "f32",
    smooth: bool = False,
    min_confidence: float | None = None,
    progress: Progress | None = None,
) -> list[Vitals]:
    """Measure every face in a video, each for as long as it is visible.

    Parameters
    ----------
    source, method, weights, window_s, step_s, start_s, end_s, precision
        See `measure`.
    smooth, min_confidence, progress
        See `measure`.
    fps, fs, timestamps_s
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

    Examples
    --------
    >>> measure_faces("no_such_video.mp4", method="pos")
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: no_such_video.mp4: no such file
    """
    options = _options(method, weights, precision, window_s, step_s, start_s, end_s, fps)
    options = replace(options, every_face=True, smooth=smooth, min_confidence=min_confidence)
    return drain(source, options, method, progress, {"fs": fs, "timestamps_s": timestamps_s})


def stream(
    source: AnySource,
    *,
    method: str | Method = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
    fs: float | None = None,
    timestamps_s: ArrayLike | None = None,
    box: BoxLike | None = None,
    every_face: bool = False,
    precision: str = "f32",
    smooth: bool = False,
    min_confidence: float | None = None,
) -> Iterator[Update]:
    """Measure a video while it runs: about one update per second and face.

    Parameters
    ----------
    source, method, weights, window_s, step_s, start_s, end_s, box, precision
        See `measure`.
    smooth, min_confidence
        See `measure`; a window leans on others only in the final update.
    fps, fs, timestamps_s
        See `measure`.
    every_face : bool
        Every face, not the largest alone.

    Yields
    ------
    Update
        The last one of each face is ``final`` and has all its ``vitals``, the same as
        `measure` gives.

    Raises
    ------
    SSPDError
        As `measure`.

    Examples
    --------
    >>> import numpy as np
    >>> skin = (np.full((64, 64, 3), 120, np.uint8) for _ in range(90))
    >>> [u.final for u in stream(skin, fs=30.0, method="pos", box=(0, 0, 64, 64))]
    [False, False, True]
    """
    options = _options(method, weights, precision, window_s, step_s, start_s, end_s, fps)
    options = replace(options, box=face_box(box), every_face=every_face)
    options = replace(options, smooth=smooth, min_confidence=min_confidence)
    ready = method if isinstance(method, Method) else None
    return updates_of(source, options, ready, {"fs": fs, "timestamps_s": timestamps_s})


def _options(
    method: str | Method,
    weights: str | Path | None,
    precision: str,
    window_s: float,
    step_s: float | None,
    start_s: float,
    end_s: float | None,
    fps: float | None,
) -> MeasureOptions:
    return MeasureOptions(
        method=method.name if isinstance(method, Method) else method,
        weights=None if weights is None else str(weights),
        precision=precision,
        window_s=window_s,
        step_s=step_s,
        start_s=start_s,
        end_s=end_s,
        fps=fps,
    )
