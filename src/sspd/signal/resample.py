"""Resampling of traces with uneven timestamps to a uniform time grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError


def resample_times(
    values: ArrayLike, t: ArrayLike, fs: float, start_s: float, n: int
) -> NDArray[np.float64]:
    """Resample a trace from its timestamps to the uniform grid ``start_s + k / fs``.

    Linear interpolation. A trace that is faster than the grid is first averaged over a
    window of one grid step, against aliasing. Outside of ``t`` the first and last values
    are repeated.

    Parameters
    ----------
    values : array, shape (time,) or (time, channels)
    t : array, shape (time,)
        Timestamps, seconds, strictly ascending.
    fs : float
        Rate of the grid, Hz.
    start_s : float
        Time of the first grid point, seconds.
    n : int
        Number of grid points.

    Returns
    -------
    float64 array, shape (n,) or (n, channels)

    Raises
    ------
    UsageError
        The timestamps do not fit the samples, or do not ascend.

    >>> resample_times([0.0, 1.0, 4.0], [0.0, 1.0, 4.0], 1.0, 0.0, 5)
    array([0., 1., 2., 3., 4.])
    """
    rows = np.asarray(values, dtype=np.float64)
    timestamps = np.asarray(t, dtype=np.float64)
    if (
        timestamps.size == 0
        or rows.shape[0] != timestamps.size
        or not bool((np.diff(timestamps) > 0).all())
    ):
        raise UsageError(
            f"{rows.shape[0]} samples need as many rising times, got {timestamps.size}"
        )
    flat = rows.reshape(timestamps.size, -1)
    grid = start_s + np.arange(n) / fs
    columns = [_column(flat[:, c], timestamps, grid, fs) for c in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape((n, *rows.shape[1:]))


def _column(
    values: NDArray[np.float64],
    t: NDArray[np.float64],
    grid: NDArray[np.float64],
    fs: float,
) -> NDArray[np.float64]:
    faster = t.size > 2 and float(np.median(np.diff(t))) < 0.75 / fs
    if not faster:
        return np.interp(grid, t, values)
    # The mean of a piecewise linear trace over a step is a difference of its integral.
    areas = 0.5 * (values[1:] + values[:-1]) * np.diff(t)
    integral = np.concatenate([[0.0], np.cumsum(areas)])
    low = np.clip(grid - 0.5 / fs, t[0], t[-1])
    high = np.clip(grid + 0.5 / fs, t[0], t[-1])
    width = high - low
    inside = width > 1e-9
    mean = np.interp(grid, t, values)
    rise = _integral_at(high, t, values, integral) - _integral_at(low, t, values, integral)
    mean[inside] = rise[inside] / width[inside]
    return mean


def _integral_at(
    x: NDArray[np.float64],
    t: NDArray[np.float64],
    values: NDArray[np.float64],
    integral: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the integral from ``t[0]`` to ``x`` of the line through the samples."""
    i = np.clip(np.searchsorted(t, x, side="right") - 1, 0, t.size - 2)
    part = x - t[i]
    slope = (values[i + 1] - values[i]) / (t[i + 1] - t[i])
    return integral[i] + part * (values[i] + 0.5 * slope * part)
