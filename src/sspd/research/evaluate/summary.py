"""Summarize windows as rows of a table: metrics with intervals, by method and quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sspd.research.evaluate.metrics import (
    METRICS,
    Interval,
    mean_interval,
    rate_errors,
    rate_intervals,
)
from sspd.research.evaluate.windows import ScoredWindow

#: Metrics of the waveform, averaged over scored windows.
WAVEFORM_METRICS = ("snr_db", "macc")
#: All numbers of a row.
SCORE_COLUMNS = (*METRICS, *WAVEFORM_METRICS)


@dataclass(frozen=True)
class MethodScore:
    """Metrics of one method and quantity with intervals, and counts of windows and subjects.

    ``values`` and ``intervals`` have every name of `SCORE_COLUMNS`; NaN if there is no value.
    """

    method: str
    quantity: str
    values: dict[str, float]
    intervals: dict[str, Interval]
    n_windows: int
    n_subjects: int
    excluded: dict[str, int]
    """Reason why windows are not scored -> number of windows."""


def score_methods(
    methods: Sequence[str], quantities: Sequence[str], rows: Sequence[ScoredWindow], seed: int
) -> tuple[MethodScore, ...]:
    """Score every quantity of every method.

    Parameters
    ----------
    methods, quantities : sequence of str
    rows : sequence of ScoredWindow
        Windows of all of them.
    seed : int
        Seed of the bootstrap's draws.

    Returns
    -------
    tuple of MethodScore
        Method by method.
    """
    scores = []
    for method in methods:
        for quantity in quantities:
            own = [row for row in rows if (row.method, row.quantity) == (method, quantity)]
            scores.append(_score(method, quantity, own, seed))
    return tuple(scores)


def _score(method: str, quantity: str, rows: Sequence[ScoredWindow], seed: int) -> MethodScore:
    used = [row for row in rows if not row.excluded]
    reference = np.array([row.reference for row in used], np.float64)
    estimate = np.array([row.estimate for row in used], np.float64)
    subjects = [row.subject for row in used]
    excluded: dict[str, int] = {}
    for row in rows:
        if row.excluded:
            excluded[row.excluded] = excluded.get(row.excluded, 0) + 1
    values = rate_errors(reference, estimate)
    intervals = rate_intervals(reference, estimate, subjects, np.random.default_rng(seed))
    for name in WAVEFORM_METRICS:
        values[name], intervals[name] = _mean(used, name, seed)
    return MethodScore(
        method=method,
        quantity=quantity,
        values=values,
        intervals=intervals,
        n_windows=len(used),
        n_subjects=len(set(subjects)),
        excluded=excluded,
    )


def _mean(used: Sequence[ScoredWindow], name: str, seed: int) -> tuple[float, Interval]:
    rows = [(getattr(row, name), row.subject) for row in used]
    known = [(value, subject) for value, subject in rows if value is not None]
    if not known:
        return float("nan"), Interval(float("nan"), float("nan"))
    values, subjects = [value for value, _ in known], [subject for _, subject in known]
    rng = np.random.default_rng(seed)
    return float(np.mean(values)), mean_interval(values, subjects, rng)
