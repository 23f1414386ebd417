"""How sure a reading is: the evidence as one number between 0 and 1.

A logistic regression on a dozen bounded terms. Its weights were fitted to simulated
videos, good ones, hard ones and such without a pulse, so that of the readings of which it
says 0.9 nine in ten are within 3 beats a minute (`benchmarks/doubt.py`, MODEL_CARD.md).
They belong to a network and travel with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from sspd.errors import WeightsError
from sspd.types import ConfidenceSpec
from sspd.vitals.quality_features import QualityFeatures

#: No less and no more is claimed: some hundred videos show no more.
CLAIMED = (0.01, 0.99)


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


#: Name -> term that speaks for a reading. Each is bounded, so that nothing that was never
#: seen weighs more than what was.
FOR: Mapping[str, Callable[[QualityFeatures], float]] = MappingProxyType(
    {
        "snr": lambda e: _within(e.snr_db, -6.0, 8.0),
        "line": lambda e: _within(e.line_db, 0.0, 20.0),
        "with_colour": lambda e: e.with_colour,
    }
)
#: Name -> term that speaks against one; those with a bend say nothing before it.
AGAINST: Mapping[str, Callable[[QualityFeatures], float]] = MappingProxyType(
    {
        "short": lambda e: float(np.log(30.0 / _within(e.duration_s, 8.0, 30.0))),
        "peaks_apart": lambda e: min(e.peaks_bpm, 10.0),
        "halves_apart": lambda e: min(e.halves_bpm, 15.0),
        "odd_lines": lambda e: _odd_lines(e, -10.0),
        "half_seen": lambda e: (e.pos_half_bpm < 4.0) * _odd_lines(e, 0.0),
        "pos_apart": lambda e: min(e.pos_bpm, 10.0),
        "not_with_pos": lambda e: max(0.3 - e.with_pos, 0.0),
        # a camera that sets its exposure anew takes the grey away: it may say little
        "no_grey": lambda e: _within(3.0 - e.grey_db, 0.0, 5.0),
        "red_most": lambda e: _within(e.red_over_green - 1.0, 0.0, 2.0),
        "red_against": lambda e: _within(-0.1 - e.red_over_green, 0.0, 2.0),
        "sway": lambda e: _within(e.sway_db - 8.0, 0.0, 15.0) * e.with_sway**2,
        "background": lambda e: _within(np.nan_to_num(e.background_db, nan=-5.0), -5.0, 15.0),
        # a background that is not seen does not keep still
        "no_background": lambda e: float(np.isnan(e.background_db)),
        "blue_against": lambda e: _within(-0.5 - e.blue_over_green, 0.0, 2.0),
        "nod": lambda e: _within(e.nod_db + 12.0, 0.0, 32.0) * e.with_nod**2,
        "grouped": lambda e: _within(e.group_db + 12.0, 0.0, 12.0),
        "blue_most": lambda e: _within(e.blue_over_green - 1.2, 0.0, 2.0),
        "wandering": lambda e: _within(e.track_bpm - 10.0, 0.0, 30.0),
        "pos_sure_elsewhere": lambda e: (
            _within(e.pos_bpm - 3.0, 0.0, 6.0) * _within(e.pos_line_db - 12.0, 0.0, 10.0)
        ),
        "lamp": lambda e: e.lamp,
    }
)
TERMS: Mapping[str, Callable[[QualityFeatures], float]] = MappingProxyType({**FOR, **AGAINST})


def _odd_lines(evidence: QualityFeatures, low_db: float) -> float:
    return _within(evidence.odd_lines_db - evidence.line_db, low_db, 15.0)


def check_terms(spec: ConfidenceSpec) -> None:
    """Raise `WeightsError` where a spec names a term that this version does not know.

    >>> check_terms(ConfidenceSpec(0.0, (("snr", 0.3),)))
    """
    unknown = {name for name, _ in spec.weights} - set(TERMS)
    if unknown:
        raise WeightsError(
            f"the weights' confidence has terms unknown here: {', '.join(sorted(unknown))};"
            " a newer sspd may read them"
        )


def confidence_of(evidence: QualityFeatures, spec: ConfidenceSpec) -> float:
    """How likely the reading is within 3 beats a minute of the heart's rate.

    Parameters
    ----------
    evidence : QualityFeatures
    spec : ConfidenceSpec
        Fitted with the network that made the waveform.

    Returns
    -------
    float
        Within `CLAIMED`.

    Raises
    ------
    WeightsError
        The spec names a term that this version does not know.
    """
    check_terms(spec)
    terms = (weight * TERMS[name](evidence) for name, weight in spec.weights)
    logit = spec.intercept + sum(terms)
    return float(np.clip(1 / (1 + np.exp(-np.clip(logit, -50.0, 50.0))), *CLAIMED))
