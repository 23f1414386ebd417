"""Find out which methods differ, by paired tests over subjects.

The value of a subject is the mean absolute error over the windows that are scored for both
methods (for ranks: for all methods). Tests pair subjects, not windows, because windows of one
person are not independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, wilcoxon

from sspd.research.evaluate.csv_cells import csv_text, plain_cell
from sspd.research.evaluate.windows import ScoredWindow

#: Two methods differ if the corrected p-value is below this.
SIGNIFICANCE_LEVEL = 0.05
#: Tests need at least this many subjects.
LEAST_SUBJECTS = 2
Errors = Mapping[str, Mapping[str, Mapping[tuple[str, float], float]]]
"""Method -> subject -> (recording, start) -> absolute error."""


@dataclass(frozen=True)
class PairedTest:
    """The comparison of two methods.

    Parameters
    ----------
    first, second : str
        Methods.
    n_subjects : int
        Number of subjects in whom both are scored.
    difference : float
        Median over subjects of the first method's mean absolute error minus the second's, bpm for
        heart rates; NaN if there is no subject.
    p, p_holm : float
        P-value of Wilcoxon's two-sided signed-rank test, uncorrected and corrected for the number
        of pairs (Holm); NaN for fewer than `LEAST_SUBJECTS` subjects.
    """

    first: str
    second: str
    n_subjects: int
    difference: float
    p: float
    p_holm: float

    @property
    def differ(self) -> bool:
        """True if the corrected p-value is below `SIGNIFICANCE_LEVEL`."""
        return bool(self.p_holm < SIGNIFICANCE_LEVEL)


def paired_tests(rows: Sequence[ScoredWindow], quantity: str = "hr_bpm") -> tuple[PairedTest, ...]:
    """Test every pair of methods, in the order in which they appear.

    Parameters
    ----------
    rows : sequence of ScoredWindow
    quantity : str
        See `sspd.research.evaluate.QUANTITIES`.

    Returns
    -------
    tuple of PairedTest

    Notes
    -----
    F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945;
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
    of Statistics 6, 1979.
    """
    errors = _errors(rows, quantity)
    found = []
    for first, second in combinations(errors, 2):
        one, other = _by_subject(errors, (first, second))
        p = float("nan")
        if one.size >= LEAST_SUBJECTS:
            p = 1.0 if bool((one == other).all()) else float(wilcoxon(one, other).pvalue)
        difference = float(np.median(one - other)) if one.size else float("nan")
        found.append(PairedTest(first, second, one.size, difference, p, float("nan")))
    corrected = holm([test.p for test in found])
    return tuple(
        PairedTest(t.first, t.second, t.n_subjects, t.difference, t.p, p)
        for t, p in zip(found, corrected, strict=True)
    )


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected by Holm's step-down method; NaN stays NaN and is not counted.

    Parameters
    ----------
    p : sequence of float

    Returns
    -------
    list of float
        In the same order.

    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, np.float64)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    corrected = values.copy()
    factors = np.arange(order.size, 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return [float(x) for x in corrected]


def mean_ranks(rows: Sequence[ScoredWindow], quantity: str = "hr_bpm") -> dict[str, float]:
    """Compute each method's mean rank over subjects, by mean absolute error; 1 is the best.

    Parameters
    ----------
    rows : sequence of ScoredWindow
    quantity : str
        See `sspd.research.evaluate.QUANTITIES`.

    Returns
    -------
    dict
        Method -> mean rank; empty for fewer than two methods or `LEAST_SUBJECTS` subjects.

    Notes
    -----
    J. Demsar, "Statistical comparisons of classifiers over multiple data sets", Journal of
    Machine Learning Research 7, 2006. Equal errors get the mean of their ranks.
    """
    errors = _errors(rows, quantity)
    if len(errors) < 2:
        return {}
    table = np.array(_by_subject(errors, tuple(errors)))
    if table.shape[1] < LEAST_SUBJECTS:
        return {}
    ranks = rankdata(table, axis=0).mean(axis=1)
    return dict(zip(errors, (float(rank) for rank in ranks), strict=True))


def paired_csv(tests: Sequence[PairedTest]) -> str:
    """Format the tests as CSV, one row each.

    Parameters
    ----------
    tests : sequence of PairedTest

    Returns
    -------
    str
    """
    heads = ["first", "second", "subjects", "median_difference_bpm", "p", "p_holm", "differ"]
    lines = []
    for t in tests:
        verdict = "" if np.isnan(t.p_holm) else "yes" if t.differ else "no"
        cells = [str(t.n_subjects), plain_cell(t.difference), _p(t.p), _p(t.p_holm), verdict]
        lines.append([t.first, t.second, *cells])
    return csv_text(heads, lines)


def _p(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3g}"


def _errors(rows: Sequence[ScoredWindow], quantity: str) -> Errors:
    found: dict[str, dict[str, dict[tuple[str, float], float]]] = {}
    for row in rows:
        if row.quantity != quantity:
            continue
        own = found.setdefault(row.method, {})
        if not row.excluded and row.reference is not None and row.estimate is not None:
            window = (row.recording, row.start_s)
            own.setdefault(row.subject, {})[window] = abs(row.estimate - row.reference)
    return found


def _by_subject(errors: Errors, methods: Sequence[str]) -> list[NDArray[np.float64]]:
    """Average absolute errors by subject, over the windows that all these methods have."""
    means: list[list[float]] = [[] for _ in methods]
    for subject in errors[methods[0]]:
        own = [errors[method].get(subject, {}) for method in methods]
        shared = [window for window in own[0] if all(window in one for one in own)]
        if shared:
            for row, one in zip(means, own, strict=True):
                row.append(float(np.mean([one[window] for window in shared])))
    return [np.array(row, np.float64) for row in means]
