"""Checks of the times and rates that callers give."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

from sspd.errors import UsageError

#: Bounds of a frame rate that a user may state, Hz.
FPS_BOUNDS = (1.0, 1000.0)
#: No rate is read from a window of less than this, seconds.
SHORTEST_WINDOW_S = 8.0


def seconds(name: str, value: float) -> float:
    """Return a time as a float, if it is a finite number.

    Parameters
    ----------
    name : str
        Name of the argument, for the error message.
    value : float
        Seconds.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    UsageError
        The value is not a number, or not finite.

    >>> seconds("start_s", np.float32(2))
    2.0
    >>> seconds("start_s", float("nan"))
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: start_s is a finite number of seconds, got nan
    """
    is_number = isinstance(value, Real | np.generic) and not isinstance(value, bool | np.bool_)
    try:
        found = float(value) if is_number else math.nan
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{name} is a finite number of seconds, got {value!s:.40}")
    return found


def time_span(start_s: float, end_s: float | None) -> tuple[float, float | None]:
    """Return the start and end of the part of a video to measure.

    Parameters
    ----------
    start_s, end_s : float
        Seconds; an ``end_s`` of None or infinity means the end of the video.

    Returns
    -------
    start_s : float
        Seconds.
    end_s : float or None
        Seconds; None means the end of the video.

    Raises
    ------
    UsageError
        A value is not a number, the start is below 0, or the end is not after the start.

    >>> time_span(0, float("inf")), time_span(2, 12)
    ((0.0, None), (2.0, 12.0))
    """
    start = seconds("start_s", start_s)
    end = None if end_s is None or end_s == math.inf else seconds("end_s", end_s)
    if start < 0 or (end is not None and not end > start):
        raise UsageError(f"a segment needs 0 <= start < end, got {start:g} s to {end_s} s")
    return start, end


def window_lengths(window_s: float, step_s: float | None) -> tuple[float, float | None]:
    """Return the length of windows and the step between them as floats.

    Parameters
    ----------
    window_s, step_s : float
        Seconds; a ``step_s`` of None means the length of a window.

    Returns
    -------
    window_s : float
        Seconds.
    step_s : float or None
        Seconds.

    Raises
    ------
    UsageError
        A value is not a finite number, the window is under 8 s, or the step is not within it.

    >>> window_lengths(np.int64(30), None)
    (30.0, None)
    >>> window_lengths(3.0, None)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a window needs 8 s or more, got 3 s
    """
    window, step = seconds("window_s", window_s), None
    if not window >= SHORTEST_WINDOW_S:
        raise UsageError(f"a window needs {SHORTEST_WINDOW_S:g} s or more, got {window:g} s")
    if step_s is not None:
        step = seconds("step_s", step_s)
        if not 0 < step <= window:
            raise UsageError(f"the step must be above 0 and within the window, got {step:g} s")
    return window, step


def check_share(name: str, value: object) -> None:
    """Raise an error for a number that is not within 0 to 1.

    Parameters
    ----------
    name : str
        For the message.
    value : float or None
        None means that it is not given; anything else is rejected.

    Raises
    ------
    UsageError
        It is below 0, above 1, or no number.

    >>> check_share("min_confidence", 0.8)
    """
    if value is None:
        return
    share = np.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    if not 0 <= share <= 1:
        raise UsageError(f"{name} must be 0 to 1, got {value}")


def check_fps(fps: float | None) -> None:
    """Raise an error for an impossible frame rate.

    Parameters
    ----------
    fps : float or None
        Frame rate, Hz; None is accepted.

    Raises
    ------
    UsageError
        The rate is not within `FPS_BOUNDS`.

    >>> check_fps(float("nan"))
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: fps must be 1 to 1000 frames per second, got nan
    """
    low, high = FPS_BOUNDS
    if fps is not None and not (math.isfinite(fps) and low <= fps <= high):
        raise UsageError(f"fps must be {low:g} to {high:g} frames per second, got {fps:g}")
