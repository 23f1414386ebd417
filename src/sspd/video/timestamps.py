"""Repair of a video's timestamps: seconds from 0, strictly ascending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sspd.errors import DecodeError

#: A timestamp this far before the last one is a reset of the clock, not a misplaced frame,
#: seconds.
CLOCK_RESET_S = 1.0
#: Timestamps with a smaller difference are the same, seconds.
SAME_TIME_S = 1e-6
#: Duration of a frame at a reset of the clock, if the frame rate is unknown, seconds.
UNKNOWN_STEP_S = 0.04


def repair_timestamps(
    timestamps: Iterable[float | None], step_s: float | None
) -> Iterator[float | None]:
    """Convert a video's timestamps to seconds from 0 that ascend strictly.

    After a reset of the clock (joined videos, an overflow of the counter) timestamps continue
    from the last one; a missing timestamp is extrapolated from the frame before.

    Parameters
    ----------
    timestamps : iterable of float or None
        Presentation timestamps, seconds; None for frames without one.
    step_s : float or None
        Mean duration of a frame, seconds, used for missing timestamps and resets.

    Yields
    ------
    float or None
        Timestamp of the frame, seconds; None if it does not ascend, and the frame must be
        left out.

    Raises
    ------
    DecodeError
        A timestamp is missing and the mean rate is unknown.

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
