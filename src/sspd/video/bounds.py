"""Bounds of timestamps, so that a crafted file cannot exhaust memory or time.

Timestamps in a file can be any numbers: an hour between two frames, a billion seconds, a
hundred thousand frames in one second. The memory of later steps grows with the duration (a
waveform on its grid) and with the frame rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

Frame = TypeVar("Frame")

#: A longer time without frames is a gap, at which segments end, seconds. The slowest measured
#: heart (40 beats per minute) beats once in 1.5 s.
GAP_S = 2.0
#: Longest video, seconds: a day, of which the waveform takes 21 MB.
MAX_SPAN_S = 86_400.0
#: Frames closer than this count as one, seconds: 2000 per second are more than cameras for
#: faces make, and the network's grid holds all frames of 1/15 s in memory.
MIN_STEP_S = 5e-4


def bounded(
    path: str | Path, timed: Iterable[tuple[Frame, float]], warn: Callable[[str], object]
) -> Iterator[tuple[Frame, float]]:
    """Yield frames with timestamps within bounds, and warn about the others and about gaps.

    Parameters
    ----------
    path : str or Path
        Name of the video, for the warnings.
    timed : iterable of (frame, seconds)
        Frames with ascending timestamps.
    warn : callable
        Called at the end with one line per kind of problem.

    Yields
    ------
    (frame, seconds)
        At least `MIN_STEP_S` apart, and before `MAX_SPAN_S`.

    Examples
    --------
    >>> frames = [("a", 0.0), ("b", 0.0001), ("c", 0.04), ("d", 30.0), ("e", 1e9)]
    >>> list(bounded("x.mp4", frames, print))
    x.mp4: 1 frames left out, less than 0.5 ms after the one before
    x.mp4: 1 gaps in its timestamps, the longest of 30.0 s; nothing is measured across them
    x.mp4: its timestamps reach beyond 24 h; what follows 30.0 s is left out
    [('a', 0.0), ('c', 0.04), ('d', 30.0)]
    """
    last_s: float | None = None
    close, gaps, longest_s, beyond = 0, 0, 0.0, False
    for frame, t in timed:
        if t >= MAX_SPAN_S:
            beyond = True
            break
        if last_s is not None and t < last_s + MIN_STEP_S:
            close += 1
            continue
        if last_s is not None and t - last_s > GAP_S:
            gaps, longest_s = gaps + 1, max(longest_s, t - last_s)
        last_s = t
        yield frame, t
    if close:
        warn(f"{path}: {close} frames left out, less than 0.5 ms after the one before")
    if gaps:
        warn(gap_warning(path, gaps, longest_s))
    if beyond:
        warn(
            f"{path}: its timestamps reach beyond {MAX_SPAN_S / 3600:g} h;"
            f" what follows {last_s or 0.0:.1f} s is left out"
        )


def gap_warning(path: str | Path, gaps: int, longest_s: float) -> str:
    """Return the line about gaps between the frames of a video.

    Parameters
    ----------
    path : str or Path
    gaps : int
        One or more.
    longest_s : float
        Seconds.

    Returns
    -------
    str

    >>> gap_warning("a.mp4", 1, 9.0)
    'a.mp4: 1 gaps in its timestamps, the longest of 9.0 s; nothing is measured across them'
    """
    return (
        f"{path}: {gaps} gaps in its timestamps, the longest of {longest_s:.1f} s;"
        " nothing is measured across them"
    )
