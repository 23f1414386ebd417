"""Values of options that are more than a number or a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sspd.errors import UsageError

if TYPE_CHECKING:
    from sspd.types import Box


def check_span(start: float, end: float | None) -> None:
    """Check the options ``--start`` and ``--end``.

    Parameters
    ----------
    start, end : float
        Seconds; an ``end`` of None means the end of the video.

    Raises
    ------
    UsageError
        They are no segment of a video.
    """
    from sspd.types.spans import time_span

    if end is not None and end <= start:
        raise UsageError(f"--end must be after --start, got {end:g} and {start:g}")
    time_span(start, end)  # no number is no time


def parse_box(text: str | None) -> Box | None:
    """Parse the option ``--box``.

    Parameters
    ----------
    text : str or None
        L,T,R,B.

    Returns
    -------
    Box or None

    Raises
    ------
    UsageError
        It is no box.

    >>> parse_box("1,2,3,4")
    Box(left=1, top=2, right=3, bottom=4)
    """
    from sspd.types import Box

    if text is None:
        return None
    try:
        left, top, right, bottom = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--box takes four whole numbers L,T,R,B, got {text!r}") from error
    if not (0 <= left < right and 0 <= top < bottom):
        raise UsageError(f"--box needs 0 <= L < R and 0 <= T < B, got {text!r}")
    return Box(left, top, right, bottom)
