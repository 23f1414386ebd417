"""Scores of a confidence on videos that it was not fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.research.calibration.windows import is_right

BINS = 10


@dataclass(frozen=True)
class ConfidenceScore:
    """Figures of a confidence; NaN where there is nothing to count.

    Parameters
    ----------
    window_s : float or None
        Length of the windows, seconds; None: of all lengths.
    n_videos, n_windows : int
    n_readings : int
        Windows of which a rate could be read, each with a confidence.
    wrong : float
        Share of these readings that are wrong, accepted or not.
    ece : float
        Expected calibration error, in ten bins of equal width.
    auroc : float
        How often a right reading has more confidence than a wrong one.
    accepted : float
        Share of the windows that are accepted.
    accepted_wrong : float
        Share of the windows that are accepted and wrong.
    right_accepted : float
        Share of the right readings that are accepted.
    """

    window_s: float | None
    n_videos: int
    n_windows: int
    n_readings: int
    wrong: float
    ece: float
    auroc: float
    accepted: float
    accepted_wrong: float
    right_accepted: float

    def to_dict(self) -> dict[str, float | int | None]:
        """Return plain types for JSON; None where there is nothing to count."""
        return {k: None if v != v else v for k, v in asdict(self).items()}


def score_confidence(
    rows: Sequence[dict[str, Any]], window_s: float | None = None
) -> ConfidenceScore:
    """Count what a confidence accepted, and how well it is calibrated.

    Parameters
    ----------
    rows : sequence of dict
        Of `sspd.research.calibration.windows.window_rows`, with a confidence.
    window_s : float or None
        Windows of this length alone, seconds.

    Returns
    -------
    ConfidenceScore
    """
    rows = [row for row in rows if window_s is None or row["window_s"] == window_s]
    known = [row for row in rows if row["confidence"] is not None]
    p = np.array([row["confidence"] for row in known], np.float64)
    right = np.array([is_right(row) for row in known], bool)
    accepted = [row for row in rows if row["accepted"]]
    n_wrong = sum(not is_right(row) for row in accepted)
    return ConfidenceScore(
        window_s,
        len({(row["kind"], row["film"]) for row in rows}),
        len(rows),
        len(known),
        _share((~right).sum(), right.size),
        calibration_error(p, right),
        auroc(p, right),
        _share(len(accepted), len(rows)),
        _share(n_wrong, len(rows)),
        _share(len(accepted) - n_wrong, int(right.sum())),
    )


def _share(part: float, whole: int) -> float:
    return float(part / whole) if whole else float("nan")


def calibration_error(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error, in ten bins of equal width.

    Parameters
    ----------
    p : float64 array, shape (readings,)
        Confidence.
    right : bool array, shape (readings,)

    Returns
    -------
    float

    >>> calibration_error(np.array([0.9, 0.9]), np.array([True, False]))
    0.4
    """
    if not p.size:
        return float("nan")
    return float(sum(n * abs(mean - share) for mean, share, n in bins(p, right)) / p.size)


def bins(p: NDArray[np.float64], right: NDArray[np.bool_]) -> Iterator[tuple[float, float, int]]:
    """Yield mean confidence, share of right readings and their number, for each bin in use.

    Parameters
    ----------
    p : float64 array, shape (readings,)
    right : bool array, shape (readings,)

    Yields
    ------
    mean, share : float
    n : int
    """
    of = np.minimum((p * BINS).astype(int), BINS - 1)
    for k in range(BINS):
        if (of == k).any():
            yield float(p[of == k].mean()), float(right[of == k].mean()), int((of == k).sum())


def auroc(p: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return how often a right reading has more confidence than a wrong one.

    Parameters
    ----------
    p : float64 array, shape (readings,)
    right : bool array, shape (readings,)

    Returns
    -------
    float
        NaN where all are right, or all wrong.

    >>> auroc(np.array([0.9, 0.4, 0.4]), np.array([True, True, False]))
    0.75
    """
    if right.all() or not right.any():
        return float("nan")
    wins = (p[right][:, None] > p[~right]).mean() + 0.5 * (p[right][:, None] == p[~right]).mean()
    return float(wins)
