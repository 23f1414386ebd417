"""The rooms joined: a film goes in, vitals come out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from sspd.containers import Box, FaceSegment, Frames, Signal, Vitals
from sspd.errors import SourceError
from sspd.face.track import face_segments
from sspd.methods import Method, get_method
from sspd.video.read import VideoInfo, probe, read
from sspd.vitals import FilmFacts, cut_windows, join_scenes, read_film, read_rhythm

Item = TypeVar("Item")


def measure(
    source: str | Path,
    *,
    method: str | Method = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    box: Box | None = None,
    precision: str = "f32",
) -> Vitals:
    """Measure the pulse of the largest face in a film.

    Parameters
    ----------
    source : str or Path
        A film.
    method : str or Method
        A name of `sspd.methods.method_names`, or what `sspd.methods.get_method` made
        of one (loaded once for many films).
    weights, precision
        See `sspd.methods.get_method`; not looked at where ``method`` is ready.
    window_s, step_s : float
        Windows from which a rate is read, seconds; ``step_s`` None: ``window_s``.
    start_s, end_s : float
        The part of the film to measure, seconds; ``end_s`` None: to its end.
    box : Box or None
        Where the face is, pixels of the upright film; None: it is looked for.

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
    began, spent = time.perf_counter(), {"decode": 0.0, "face": 0.0, "network": 0.0}
    cut_windows(start_s, start_s, window_s, step_s)  # refuses what cannot be, at once
    info = probe(source)
    chosen = method
    if not isinstance(chosen, Method):
        chosen = get_method(chosen, weights=weights, precision=precision)
    warnings: list[str] = []
    chunks = read(source, start_s=start_s, end_s=end_s, warn=warnings.append)
    stretches = face_segments(_timed(chunks, spent, "decode"), size=chosen.size, box=box)
    segments, waves = _waveforms(_timed(stretches, spent, "face"), chosen, spent)
    if not segments:
        raise SourceError(f"{source}: holds no pictures from {start_s:g} s on")
    fps, facts = _facts(info, segments)
    read_out = read_film(segments, waves, window_s=window_s, step_s=step_s, facts=facts)
    rhythm = read_rhythm(read_out.signal, read_out.windows)
    spent["face"] -= spent["decode"]
    return Vitals(
        source=str(source),
        method=chosen.name,
        weights=chosen.weights,
        duration_s=segments[-1].end_s - segments[0].start_s,
        fps=fps,
        windows=read_out.windows,
        reasons=read_out.reasons,
        warnings=(*warnings, *rhythm.warnings),
        hrv=rhythm.hrv,
        respiration_hz=rhythm.respiration_hz,
        face_box=next((segment.box for segment in segments if segment.box), None),
        timing_s=spent | {"total": time.perf_counter() - began},
        signal=read_out.signal,
        beats_s=rhythm.beats_s,
    )


def _waveforms(
    stretches: Iterable[FaceSegment], method: Method, spent: dict[str, float]
) -> tuple[list[FaceSegment], list[Signal | None]]:
    """The method's waveform of each stretch, and the stretches without their pictures."""
    segments: list[FaceSegment] = []
    waves: list[Signal | None] = []
    for segment in stretches:
        before = time.perf_counter()
        waves.append(method.run(segment) if segment.box is not None else None)
        spent["network"] += time.perf_counter() - before
        # The pictures have served: an hour of them must not pile up.
        served = Frames(segment.faces.rgb[:0].copy(), np.zeros(0), segment.faces.max_value)
        segments.append(replace(segment, faces=served))
    return segments, waves


def _facts(info: VideoInfo, segments: list[FaceSegment]) -> tuple[float | None, FilmFacts]:
    """Pictures a second by their own stamps, and how hard they were compressed."""
    t = join_scenes(segments).t
    fps = (t.size - 1) / float(np.ptp(t)) if t.size > 1 else info.fps
    if not fps or not info.bit_rate:
        return fps, FilmFacts()
    return fps, FilmFacts(bits_per_pixel=info.bit_rate / (info.width * info.height * fps))


def _timed(items: Iterable[Item], spent: dict[str, float], name: str) -> Iterator[Item]:
    """Pass items on, adding the time spent waiting for them to ``spent[name]``."""
    iterator = iter(items)
    while True:
        before = time.perf_counter()
        item = next(iterator, None)
        spent[name] += time.perf_counter() - before
        if item is None:
            return
        yield item
