"""The rooms joined: a film goes in, vitals come out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from sspd.containers import Box, FaceSegment, Frames, Scene, Signal, Vitals, WindowVitals
from sspd.errors import SourceError
from sspd.face.track import face_segments
from sspd.methods import Method, get_method
from sspd.signal import join_signals
from sspd.video.read import VideoInfo, probe, read
from sspd.vitals import REASONS, FilmFacts, cut_windows, read_windows, unread_windows
from sspd.vitals.rhythm import read_rhythm

Item = TypeVar("Item")
#: A stretch that gave no waveform and is shorter than this is not worth a window.
BRIEF_S = 1.0


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
    chosen = (
        method
        if isinstance(method, Method)
        else get_method(method, weights=weights, precision=precision)
    )
    warnings: list[str] = []
    chunks = read(source, start_s=start_s, end_s=end_s, warn=warnings.append)
    segments = face_segments(_timed(chunks, spent, "decode"), size=chosen.size, box=box)
    seen: list[tuple[FaceSegment, Signal | None]] = []
    for segment in _timed(segments, spent, "face"):
        before = time.perf_counter()
        wave = chosen.run(segment) if segment.box is not None else None
        spent["network"] += time.perf_counter() - before
        # The pictures have served: an hour of them must not pile up.
        served = Frames(segment.faces.rgb[:0].copy(), np.zeros(0), segment.faces.max_value)
        seen.append((replace(segment, faces=served), wave))
    if not seen:
        raise SourceError(f"{source}: holds no pictures from {start_s:g} s on")
    vitals = _vitals(str(source), chosen, info, seen, window_s, step_s)
    spent["face"] -= spent["decode"]
    spent["total"] = time.perf_counter() - began
    return replace(vitals, warnings=(*warnings, *vitals.warnings), timing_s=spent)


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


def _vitals(
    source: str,
    method: Method,
    info: VideoInfo,
    seen: list[tuple[FaceSegment, Signal | None]],
    window_s: float,
    step_s: float | None,
) -> Vitals:
    """Waveforms of the stretches become the numbers of the film."""
    scene = _joined([segment.scene for segment, _ in seen])
    span_s = float(scene.t[-1] - scene.t[0])
    fps = (scene.t.size - 1) / span_s if span_s > 0 else info.fps
    bits = info.bit_rate / (info.width * info.height * fps) if info.bit_rate and fps else None
    parts = [wave for _, wave in seen if wave is not None]
    signal = join_signals(parts) if parts else None
    windows = _unread(seen)
    if signal is not None:
        facts = FilmFacts(bits_per_pixel=bits)
        windows += read_windows(signal, scene, window_s=window_s, step_s=step_s, facts=facts)
    windows.sort(key=lambda window: window.start_s)
    rhythm = read_rhythm(signal, windows)
    found = {reason for window in windows for reason in window.reasons}
    if any(window.accepted for window in windows):
        found = set()
    elif not windows:
        found = {"too_short" if any(segment.box for segment, _ in seen) else "no_face"}
    return Vitals(
        source=source,
        method=method.name,
        weights=method.weights,
        duration_s=seen[-1][0].end_s - seen[0][0].start_s,
        fps=fps,
        windows=tuple(windows),
        reasons=tuple(reason for reason in REASONS if reason in found),
        warnings=rhythm.warnings,
        hrv=rhythm.hrv,
        respiration_hz=rhythm.respiration_hz,
        face_box=next((segment.box for segment, _ in seen if segment.box), None),
        signal=signal,
        beats_s=rhythm.beats_s,
    )


def _joined(scenes: list[Scene]) -> Scene:
    names = [field.name for field in fields(Scene)]
    return Scene(**{name: np.concatenate([getattr(s, name) for s in scenes]) for name in names})


def _unread(seen: list[tuple[FaceSegment, Signal | None]]) -> list[WindowVitals]:
    """Windows of the stretches that gave no waveform."""
    rows: list[WindowVitals] = []
    met = False
    for segment, wave in seen:
        met = met or segment.box is not None
        if wave is None and segment.end_s - segment.start_s >= BRIEF_S:
            reason = "too_short" if segment.box else "face_lost" if met else "no_face"
            rows += unread_windows(segment.start_s, segment.end_s, reason)
    return rows
