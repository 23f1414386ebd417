"""Errors of estimated heart rates, or other quantities, against reference values.

Conventions
-----------
Rates are in beats per minute (other quantities in their own unit), one for each window, reference
first. All are finite: windows without an estimate or a reference are counted and left out before.
Errors are estimate minus reference.

Metrics
-------
``me``, ``sd``   mean and standard deviation (n - 1) of the errors
``mae``, ``rmse`` mean absolute and root mean square error
``mape``         mean absolute error in percent of the reference ("MER" in some papers)
``r``            Pearson's correlation; NaN where one side does not vary
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError

#: Names of all metrics.
METRICS = ("mae", "rmse", "sd", "r", "mape", "me")


class Interval(NamedTuple):
    """A confidence interval; NaN if it cannot be computed.

    >>> Interval(1.0, 2.0).high
    2.0
    """

    low: float
    high: float


def validate(reference: ArrayLike, estimate: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Return reference and estimate as two arrays of equal length; both must be finite.

    Parameters
    ----------
    reference, estimate : array-like, shape (windows,)

    Returns
    -------
    reference, estimate : float64 array, shape (windows,)

    Raises
    ------
    UsageError
        Shapes differ, a value is not finite, or a reference is not positive.
    """
    ref, est = (np.asarray(rates, dtype=np.float64) for rates in (reference, estimate))
    if ref.ndim != 1 or ref.shape != est.shape:
        raise UsageError(f"rates must be two equal rows, got shapes {ref.shape} and {est.shape}")
    if not bool(np.isfinite(ref).all() and np.isfinite(est).all()):
        raise UsageError("rates must be finite: count and leave out windows without a rate")
    if not bool((ref > 0).all()):
        raise UsageError("reference rates must be positive")
    return ref, est


def rate_errors(reference: ArrayLike, estimate: ArrayLike) -> dict[str, float]:
    """Compute every metric of `METRICS`.

    Parameters
    ----------
    reference, estimate : array-like, shape (windows,)
        Beats per minute, or both in another unit.

    Returns
    -------
    dict
        Metric -> value; NaN if there are too few windows.

    >>> found = rate_errors([60.0, 80.0], [61.0, 78.0])
    >>> found["mae"], found["me"], round(found["rmse"], 3)
    (1.5, -0.5, 1.581)
    """
    ref, est = validate(reference, estimate)
    if ref.size == 0:
        return dict.fromkeys(METRICS, float("nan"))
    error = est - ref
    varies = ref.size > 1 and np.ptp(ref) > 0 and np.ptp(est) > 0
    return {
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "sd": float(error.std(ddof=1)) if error.size > 1 else float("nan"),
        "r": float(np.corrcoef(ref, est)[0, 1]) if varies else float("nan"),
        "mape": float(100 * np.mean(np.abs(error) / ref)),
        "me": float(error.mean()),
    }


def rate_intervals(
    reference: ArrayLike,
    estimate: ArrayLike,
    subjects: Sequence[str],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    n: int = 2000,
) -> dict[str, Interval]:
    """Compute percentile bootstrap intervals of all metrics, drawn by subject.

    Subjects are drawn, not windows, because windows of one person are not independent.

    Parameters
    ----------
    reference, estimate : array-like, shape (windows,)
        Beats per minute, or both in another unit.
    subjects : sequence of str
        Subject of each window.
    rng : numpy.random.Generator
    level : float
        Coverage of the interval, 0 to 1.
    n : int
        Number of bootstrap draws.

    Returns
    -------
    dict
        Metric -> `Interval`; NaN to NaN for fewer than two subjects.

    >>> same = rate_intervals([60, 70], [61, 71], ["a", "b"], np.random.default_rng(0))
    >>> same["mae"]
    Interval(low=1.0, high=1.0)
    """
    ref, est = validate(reference, estimate)
    drawn: dict[str, list[float]] = {name: [] for name in METRICS}
    for some in _draws(ref.size, subjects, rng, n):
        for name, value in rate_errors(ref[some], est[some]).items():
            drawn[name].append(value)
    return {name: _percentiles(values, level) for name, values in drawn.items()}


def mean_interval(
    values: ArrayLike,
    subjects: Sequence[str],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    n: int = 2000,
) -> Interval:
    """Compute the percentile bootstrap interval of a mean, drawn by subject.

    Parameters
    ----------
    values : array-like, shape (windows,)
        Finite.
    subjects : sequence of str
        Subject of each window.
    rng : numpy.random.Generator
    level : float
        Coverage of the interval, 0 to 1.
    n : int
        Number of bootstrap draws.

    Returns
    -------
    Interval
        NaN to NaN for fewer than two subjects.

    >>> mean_interval([3.0, 3.0], ["a", "b"], np.random.default_rng(0))
    Interval(low=3.0, high=3.0)
    """
    row = np.asarray(values, np.float64)
    means = [float(row[some].mean()) for some in _draws(row.size, subjects, rng, n)]
    return _percentiles(means, level)


def _draws(
    size: int, subjects: Sequence[str], rng: np.random.Generator, n: int
) -> Iterator[NDArray[np.intp]]:
    """Draw as many subjects as there are, with replacement, and yield their windows."""
    names, index = np.unique(np.asarray(subjects, dtype=np.str_), return_inverse=True)
    if index.size != size:
        raise UsageError(f"{size} windows need as many subjects, got {index.size}")
    if names.size < 2:
        return
    rows = [np.flatnonzero(index == k) for k in range(names.size)]
    for draw in rng.integers(0, names.size, (n, names.size)):
        yield np.concatenate([rows[k] for k in draw])


def _percentiles(values: Sequence[float], level: float) -> Interval:
    known = np.array([value for value in values if np.isfinite(value)], np.float64)
    if known.size == 0:
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(known, ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(low), float(high))
