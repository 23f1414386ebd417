"""A video's time timestamps, mended: seconds from 0 that rise strictly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sspd.errors import DecodeError

#: A timestamp this far behind the one before is a clock that began anew, not a stray picture.
CLOCK_RESET_S = 1.0
#: Two pictures closer than this, seconds, are one.
SAME_TIME_S = 1e-6
#: One picture's time where a clock begins anew in a video that states no rate.
UNKNOWN_STEP_S = 0.04


def repair_timestamps(
    timestamps: Iterable[float | None], step_s: float | None
) -> Iterator[float | None]:
    """Turn a video's timestamps into seconds from 0 that rise strictly.

    A clock that begins anew (videos joined, a counter that ran over) goes on where it
    was; a missing timestamp is counted on from the picture before.

    Parameters
    ----------
    timestamps : iterable of float or None
        Presentation times in seconds, None where a picture has none.
    step_s : float or None
        One picture's mean time, used where a timestamp is missing or a clock begins anew.

    Yields
    ------
    float or None
        The picture's time; None: leave it out, its timestamp does not rise.

    Raises
    ------
    DecodeError
        A timestamp is missing and the mean rate is not known.

    Examples
    --------
    >>> [t if t is None else round(t, 2) for t in repair_timestamps([7.0, 7.04, 7.04, 7.08], 0.04)]
    [0.0, 0.04, None, 0.08]
    >>> list(repair_timestamps([5.0, 5.5, 0.0, 0.5], 0.5))
    [0.0, 0.5, 1.0, 1.5]
    >>> list(repair_timestamps([None, None, None], 0.5))
    [0.0, 0.5, 1.0]
    """
    offset_s = 0.0
    last_s: float | None = None
    for timestamp in timestamps:
        if timestamp is None and step_s is None:
            raise DecodeError("frames without timestamps, and no frame rate stated")
        step = step_s or UNKNOWN_STEP_S
        if last_s is None:
            offset_s, t = -(timestamp or 0.0), 0.0
        elif timestamp is None:
            t = last_s + step
        elif (t := timestamp + offset_s) < last_s - CLOCK_RESET_S:
            t = last_s + step
            offset_s = t - timestamp
        if last_s is not None and t <= last_s + SAME_TIME_S:
            yield None
            continue
        last_s = t
        yield t
