"""Waveforms of neighbouring stretches, put on one clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from sspd.errors import UsageError
from sspd.types import Signal

#: A hole up to this long between two stretches is bridged: at a seam the last sample
#: of one and the first of the next lie a frame or two apart.
BRIDGE_S = 0.25


def join_signals(parts: Sequence[Signal], *, bridge_s: float = BRIDGE_S) -> Signal:
    """Join stretches in order of time; NaN where none reaches.

    The clock is the first stretch's. A stretch that lies between its ticks is
    interpolated (cubic spline); one that lies on them is taken as it is. Where two
    overlap the later one wins.

    Parameters
    ----------
    parts : sequence of Signal
        One rate, rising starts.
    bridge_s : float
        Longest hole that is filled by a straight line, seconds.

    Raises
    ------
    UsageError
        No stretch at all, or different rates.

    >>> a, b = Signal(np.ones(4), 2.0, 0.0), Signal(np.ones(4), 2.0, 4.0)
    >>> join_signals([a, b]).values
    array([ 1.,  1.,  1.,  1., nan, nan, nan, nan,  1.,  1.,  1.,  1.])
    """
    if not parts or any(part.fs != parts[0].fs for part in parts):
        raise UsageError("joining needs at least one waveform, and one rate for all")
    fs, start_s = parts[0].fs, parts[0].start_s
    end_s = max(part.start_s + part.duration_s for part in parts)
    n = int(np.floor((end_s - start_s) * fs + 1e-6))
    values = np.full(n, np.nan)
    for part in parts:
        _place(values, part, (part.start_s - start_s) * fs)
    _bridge(values, int(np.floor(bridge_s * fs + 1e-6)))
    return Signal(values, fs, start_s)


def _place(values: np.ndarray, part: Signal, offset: float) -> None:
    """Write ``part`` into ``values``, its first sample at the index ``offset``."""
    whole = round(offset)
    if abs(offset - whole) < 1e-6 or len(part) < 4:
        values[whole : whole + len(part)] = part.values[: max(0, values.size - whole)]
        return
    first = int(np.ceil(offset))
    last = min(int(np.floor(offset + len(part) - 1)), values.size - 1)
    ticks = np.arange(first, last + 1)
    values[first : last + 1] = scipy.interpolate.CubicSpline(np.arange(len(part)), part.values)(
        ticks - offset
    )


def _bridge(values: np.ndarray, longest: int) -> None:
    """Fill inner runs of NaN up to ``longest`` samples with straight lines, in place."""
    known = np.isfinite(values)
    index = np.arange(values.size)
    for first, last in _runs(~known):
        if first > 0 and last < values.size and last - first <= longest:
            hole = index[first:last]
            values[hole] = np.interp(hole, index[known], values[known])


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Half-open index ranges in which ``mask`` holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def pieces(signal: Signal) -> list[Signal]:
    """The stretches of ``signal`` without NaN, in order.

    >>> [len(p) for p in pieces(Signal(np.array([1.0, np.nan, 2.0, 3.0]), 1.0))]
    [1, 2]
    """
    return [
        Signal(signal.values[a:b], signal.fs, signal.start_s + a / signal.fs)
        for a, b in _runs(np.isfinite(signal.values))
    ]
