"""Validation and conversion of arguments: paths of videos, face boxes and times."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.types.frames import Box

#: Path to a video; ``~`` is the home folder.
Source = str | bytes | os.PathLike[str] | os.PathLike[bytes]
#: Face box, or its four edges.
BoxLike = Box | Sequence[SupportsIndex | float] | NDArray[Any]

# two letters or more, as a Windows drive has one; a path made from a URL has lost a slash
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/{1,3}", re.IGNORECASE)
_STANDARD_INPUT = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")


def source_path(source: Source) -> str:
    """Return a path as text, with ``~`` expanded and ``file://`` URLs resolved.

    Parameters
    ----------
    source : str, bytes or os.PathLike
        Path or ``file://`` URL.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        The argument is not a path.

    >>> source_path(b"a.mp4"), source_path(Path("b.mp4")), source_path("file:///c%20d.mp4")
    ('a.mp4', 'b.mp4', '/c d.mp4')
    >>> source_path(3)
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a video is given by its path, got int
    """
    try:
        text = os.fsdecode(source)
    except TypeError:
        raise UsageError(f"a video is given by its path, got {type(source).__name__}") from None
    if "\0" in text:
        raise UsageError(f"a path holds no zero byte, got {text!r}")
    if (found := _ADDRESS.match(text)) and found[1].lower() == "file" and not Path(text).exists():
        from urllib.parse import unquote

        text = unquote("/" + text[found.end() :])
    return os.path.expanduser(text) if text.startswith("~") else text  # noqa: PTH111


def no_such_file(source: Source) -> str:
    """Return a one-line message for a missing file, with advice.

    Parameters
    ----------
    source : str, bytes or os.PathLike
        Path that does not exist.

    Returns
    -------
    str

    >>> no_such_file("http://a.b/c.mp4")
    'http://a.b/c.mp4: is an address; download the video first and give the file'
    >>> no_such_file("c.mp4")
    'c.mp4: no such file'
    """
    text = os.fsdecode(source)
    if text in _STANDARD_INPUT:
        return not_from_a_pipe(text)
    if found := _ADDRESS.match(text):
        whole = f"{found[1]}://{text[found.end() :]}"
        return f"{whole}: is an address; download the video first and give the file"
    return f"{text}: no such file"


def not_from_a_pipe(source: Source) -> str:
    """Return a one-line message for a FIFO, a device or standard input as the video.

    Parameters
    ----------
    source : str, bytes or os.PathLike
        Path as the user gave it.

    Returns
    -------
    str

    >>> not_from_a_pipe("-")
    '-: a video is not read from a pipe; save it to a file first and give that'
    """
    text = os.fsdecode(source)
    return f"{text}: a video is not read from a pipe; save it to a file first and give that"


def source_list(sources: object) -> list[str]:
    """Return the paths of several videos as text; a single path is one video.

    Parameters
    ----------
    sources : path or iterable of paths

    Returns
    -------
    list of str

    Raises
    ------
    UsageError
        An argument is not a path.

    >>> source_list("x.mp4"), source_list([Path("a.mp4"), b"b.mp4"])
    (['x.mp4'], ['a.mp4', 'b.mp4'])
    """
    if isinstance(sources, str | bytes | os.PathLike):
        return [source_path(sources)]
    try:
        items = list(sources)  # type: ignore[call-overload]
    except TypeError:
        kind = type(sources).__name__
        raise UsageError(f"videos are given by their paths, got {kind}") from None
    return [source_path(item) for item in items]


def face_box(box: BoxLike | None) -> Box | None:
    """Return a face box from four whole numbers in any form.

    Parameters
    ----------
    box : Box, sequence or array of 4 numbers, or None
        Left, top, right and bottom edge, pixels.

    Returns
    -------
    Box or None
        None if `box` is None.

    Raises
    ------
    UsageError
        They are not four, not whole, or not ordered.

    >>> face_box([10, 20, 110, 140]), face_box(np.array([0.0, 0.0, 9.0, 9.0])), face_box(None)
    (Box(left=10, top=20, right=110, bottom=140), Box(left=0, top=0, right=9, bottom=9), None)
    >>> face_box((10, 20, 5, 40))
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: a box needs 0 <= left < right and 0 <= top < bottom, got (10, 20, 5, 40)
    """
    if box is None:
        return None
    try:
        edges = np.asarray(box, dtype=np.float64)
    except (TypeError, ValueError):
        edges = np.zeros(0)
    whole = edges.shape == (4,) and bool(np.isfinite(edges).all()) and bool((edges % 1 == 0).all())
    if not whole or isinstance(box, str | bytes):
        said = " ".join(repr(box).split())[:80]
        raise UsageError(f"a box is four whole numbers (left, top, right, bottom), got {said}")
    left, top, right, bottom = (int(edge) for edge in edges)
    if not (0 <= left < right and 0 <= top < bottom):
        raise UsageError(
            f"a box needs 0 <= left < right and 0 <= top < bottom, got {(left, top, right, bottom)}"
        )
    return Box(left, top, right, bottom)


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
        A value is not a finite number.

    >>> window_lengths(np.int64(30), None)
    (30.0, None)
    """
    return seconds("window_s", window_s), None if step_s is None else seconds("step_s", step_s)
