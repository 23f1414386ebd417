"""Joining of the waveforms of consecutive segments, and splitting at gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from sspd.errors import UsageError
from sspd.types import Signal

#: A gap up to this long between two segments is interpolated, seconds: between segments, the
#: last sample of one and the first of the next are a frame or two apart.
BRIDGE_S = 0.25


def join_signals(parts: Sequence[Signal], *, bridge_s: float = BRIDGE_S) -> Signal:
    """Join the waveforms of segments on one time grid, with NaN in the gaps.

    The grid starts at the first segment's start. A segment with samples between the grid
    points is interpolated (cubic spline); one on the grid is copied. Where two segments
    overlap, the later one is used.

    Parameters
    ----------
    parts : sequence of Signal
        Segments of the same rate, in order of their starts.
    bridge_s : float
        Longest gap that is filled by a straight line, seconds.

    Returns
    -------
    Signal

    Raises
    ------
    UsageError
        No segment, or segments of different rates.

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
    """Write ``part`` into ``values``, with its first sample at the index ``offset``."""
    wgap = round(offset)
    if abs(offset - wgap) < 1e-6 or len(part) < 4:
        values[wgap : wgap + len(part)] = part.values[: max(0, values.size - wgap)]
        return
    first = int(np.ceil(offset))
    last = min(int(np.floor(offset + len(part) - 1)), values.size - 1)
    ticks = np.arange(first, last + 1)
    values[first : last + 1] = scipy.interpolate.CubicSpline(np.arange(len(part)), part.values)(
        ticks - offset
    )


def _bridge(values: np.ndarray, longest: int) -> None:
    """Fill inner gaps of up to ``longest`` samples with straight lines, in place."""
    known = np.isfinite(values)
    index = np.arange(values.size)
    for first, last in runs(~known):
        if first > 0 and last < values.size and last - first <= longest:
            gap = index[first:last]
            values[gap] = np.interp(gap, index[known], values[known])


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return the half-open index ranges in which a mask is true.

    Parameters
    ----------
    mask : bool array, shape (time,)

    Returns
    -------
    list of (first, end)

    >>> runs(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def unbroken_runs(signal: Signal) -> list[Signal]:
    """Return the parts of a waveform between its gaps, in order.

    Parameters
    ----------
    signal : Signal
        With NaN in the gaps.

    Returns
    -------
    list of Signal
        Without NaN, at the rate of `signal`, each with its own start.

    >>> [len(p) for p in unbroken_runs(Signal(np.array([1.0, np.nan, 2.0, 3.0]), 1.0))]
    [1, 2]
    """
    return [
        Signal(signal.values[a:b], signal.fs, signal.start_s + a / signal.fs)
        for a, b in runs(np.isfinite(signal.values))
    ]
