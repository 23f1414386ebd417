"""Fit the confidence: a logistic regression whose terms may only speak in their direction.

What no video shows is not learned from a few that happen to share it. A window that is
rejected is read once more at half its rate, so those readings are learned from as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspd.errors import TrainingError
from sspd.research.calibration.windows import Windows
from sspd.types import ConfidenceSpec
from sspd.vitals.acceptance import LEAST_CONFIDENCE
from sspd.vitals.confidence import AGAINST, TERMS

#: Penalty per squared weight of a standardised term, which draws weights to 0.
RIDGE = 4.0
#: Wrong readings count as if they were this share of all: confidence depends on how many
#: there are, and more than half of what it is shown here is hard or has no pulse.
WRONG_SHARE = 0.7
#: Fewer right or wrong readings than this show nothing.
LEAST_READINGS = 3
#: Digits of the weights in a file.
DIGITS = 5


def fit_confidence(windows: Windows) -> ConfidenceSpec:
    """Fit a confidence to readings of which it is known whether they are right.

    Parameters
    ----------
    windows : Windows

    Returns
    -------
    ConfidenceSpec

    Raises
    ------
    TrainingError
        Too few readings are right, or too few are wrong.
    """
    intercept, weights = fit_readings(windows)
    pairs = zip(TERMS, (round(float(weight), DIGITS) for weight in weights), strict=True)
    kept = tuple((name, weight) for name, weight in pairs if weight)
    return ConfidenceSpec(round(intercept, DIGITS), kept)


def fit_readings(windows: Windows) -> tuple[float, NDArray[np.float64]]:
    """Fit to the rates of windows, and to the halves of those that it would reject.

    Parameters
    ----------
    windows : Windows

    Returns
    -------
    intercept : float
    weights : float64 array, shape (terms,)
        In the order of `sspd.vitals.confidence.TERMS`.

    Raises
    ------
    TrainingError
        Too few readings are right, or too few are wrong.
    """
    right = int(windows.right[:, 0].sum()) if windows.video.size else 0
    wrong = windows.video.size - right
    if min(right, wrong) < LEAST_READINGS:
        raise TrainingError(
            f"of {windows.video.size} readings {right} are right and {wrong} wrong: a confidence"
            f" needs {LEAST_READINGS} or more of each; more videos would work"
        )
    main, half = windows.terms[:, 0], windows.terms[:, 1]
    intercept, weights = _fit(main, windows.right[:, 0])
    for _ in range(2):  # whom it rejects changes with it, the second time hardly
        rejected = probability(intercept, weights, main) < LEAST_CONFIDENCE
        asked = np.isfinite(half[:, 0]) & (rejected | windows.contradicted[:, 0])
        intercept, weights = _fit(
            np.concatenate([main, half[asked]]),
            np.concatenate([windows.right[:, 0], windows.right[asked, 1]]),
        )
    return intercept, weights


def probability(
    intercept: float, weights: NDArray[np.float64], terms: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the probability that readings are right.

    Parameters
    ----------
    intercept : float
    weights : float64 array, shape (terms,)
    terms : float64 array, shape (..., terms)

    Returns
    -------
    float64 array, shape (...)
        0 where a term is NaN.

    >>> probability(0.0, np.array([1.0]), np.array([[0.0], [np.nan]])).tolist()
    [0.5, 0.0]
    """
    return np.nan_to_num(1 / (1 + np.exp(-(intercept + terms @ weights))))


def _fit(terms: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, NDArray[np.float64]]:
    from scipy.optimize import minimize

    mean, spread = terms.mean(axis=0), terms.std(axis=0) + 1e-9
    z = (terms - mean) / spread
    counts = np.where(right, (1 - WRONG_SHARE) / right.mean(), WRONG_SHARE / (1 - right.mean()))

    def loss(b: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = b[0] + z @ b[1:]
        off = counts * (1 / (1 + np.exp(-logit)) - right)
        value = counts @ np.logaddexp(0, np.where(right, -logit, logit))
        value += RIDGE / 2 * (b[1:] @ b[1:])
        return float(value), np.concatenate([[off.sum()], z.T @ off + RIDGE * b[1:]])

    signs = [(None, 0.0) if name in AGAINST else (0.0, None) for name in TERMS]
    found = minimize(
        loss, np.zeros(len(signs) + 1), jac=True, method="L-BFGS-B", bounds=[(None, None), *signs]
    ).x
    weights = np.asarray(found[1:] / spread, np.float64)
    return float(found[0] - weights @ mean), weights
