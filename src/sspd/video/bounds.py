"""What timestamps may ask for: bounds, so that a few bytes of a file take no memory or time.

Times are numbers in a file, and anybody can write a number: an hour between two frames, a
thousand million seconds, a hundred thousand frames in one second. Much that follows is as
long as the video's clock (a waveform on its grid) or as many as its frames a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

Frame = TypeVar("Frame")

#: Without frames for longer than this, seconds, nothing is known of what lies between: the
#: slowest heart that is measured (40 a minute) beats once in 1.5 s. Segments end here.
GAP_S = 2.0
#: A clock of a day and no more, seconds: a night's sleep fits, and its waveform takes 21 MB.
MAX_SPAN_S = 86_400.0
#: Frames closer than this, seconds, are one: 2000 a second are more than cameras of faces
#: make, and the grid of a network holds all frames of a fifteenth of a second.
MIN_STEP_S = 5e-4


def bounded(
    path: str | Path, timed: Iterable[tuple[Frame, float]], warn: Callable[[str], object]
) -> Iterator[tuple[Frame, float]]:
    """Pass on frames whose times stay within bounds; tell of the others, and of gaps.

    Parameters
    ----------
    path : str or Path
        For the messages.
    timed : iterable of (frame, seconds)
        Rising times.
    warn : callable
        Told in one line each, at the end.

    Yields
    ------
    (frame, seconds)
        At least `MIN_STEP_S` apart, none at `MAX_SPAN_S` or later.

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
        warn(
            f"{path}: {gaps} gaps in its timestamps, the longest of {longest_s:.1f} s;"
            " nothing is measured across them"
        )
    if beyond:
        warn(
            f"{path}: its timestamps reach beyond {MAX_SPAN_S / 3600:g} h;"
            f" what follows {last_s or 0.0:.1f} s is left out"
        )
