"""Confidence of a reading, between 0 and 1, from its quality features.

A logistic regression on bounded terms. Its weights were fitted to simulated videos: good
ones, difficult ones and some without a pulse. Of the readings with a confidence of 0.9, nine
in ten are within 3 beats per minute (`benchmarks/confidence.py`, MODEL_CARD.md). The weights belong
to a network and are stored with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from sspd.errors import WeightsError
from sspd.types import ConfidenceSpec
from sspd.vitals.quality_features import QualityFeatures, on_wall

#: Range of the confidence; a calibration on some hundred videos supports no more.
CLAIMED = (0.01, 0.99)


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


#: Terms that raise the confidence, by name. Each is bounded to the range of the calibration
#: videos, so that extreme values do not extrapolate.
FOR: Mapping[str, Callable[[QualityFeatures], float]] = MappingProxyType(
    {
        "snr": lambda e: _within(e.snr_db, -6.0, 8.0),
        "line": lambda e: _within(e.line_db, 0.0, 20.0),
        # not known: as if nothing spoke for it
        "with_mix": lambda e: _known(e.with_mix),
        "change": lambda e: _within(_known(e.change_db), 0.0, 60.0),
        "beyond_grey": lambda e: _within(_known(e.beyond_grey_db), 0.0, 40.0),
        "alike": lambda e: _within(_known(e.alike), 0.25, 1.0),
    }
)
#: Terms that lower the confidence, by name. Many are 0 up to a threshold.
AGAINST: Mapping[str, Callable[[QualityFeatures], float]] = MappingProxyType(
    {
        "short": lambda e: float(np.log(30.0 / _within(e.duration_s, 8.0, 30.0))),
        "peaks_apart": lambda e: min(e.peaks_bpm, 10.0),
        "halves_apart": lambda e: min(e.halves_bpm, 15.0),
        "odd_lines": lambda e: _odd_lines(e, -10.0),
        "uneven": lambda e: _within(e.uneven, 0.0, 0.5),
        "half_seen": lambda e: (e.pos_half_bpm < 4.0) * _odd_lines(e, 0.0),
        "pos_apart": lambda e: min(e.pos_bpm, 10.0),
        "not_with_pos": lambda e: max(0.3 - e.with_pos, 0.0),
        "not_blood": lambda e: _within(_known(e.beyond_blood_db) - 20.0, 0.0, 40.0),
        "sway": lambda e: _within(e.sway_db - 8.0, 0.0, 15.0) * e.with_sway**2,
        "on_wall": lambda e: _within(_known(on_wall(e)), 0.0, 1.0),
        "wall_unsure": lambda e: _within(_known(2 * e.background_share_sd), 0.0, 1.0),
        # the background is not visible, so nothing shows that the light is constant
        "no_background": lambda e: float(np.isnan(e.background_share)),
        "on_edges": lambda e: _within(_known(e.box_share) - 0.7, 0.0, 0.5),
        "nod": lambda e: _within(e.nod_db + 12.0, 0.0, 32.0) * e.with_nod**2,
        "grouped": lambda e: _within(e.group_db + 12.0, 0.0, 12.0),
        "wandering": lambda e: _within(e.track_bpm - 10.0, 0.0, 30.0),
        "pos_sure_elsewhere": lambda e: (
            _within(e.pos_bpm - 3.0, 0.0, 6.0) * _within(e.pos_line_db - 12.0, 0.0, 10.0)
        ),
        "lamp": lambda e: e.flicker,
    }
)
TERMS: Mapping[str, Callable[[QualityFeatures], float]] = MappingProxyType({**FOR, **AGAINST})


def _known(value: float) -> float:
    """Return a value; 0 if it is unknown."""
    return 0.0 if np.isnan(value) else value


def _odd_lines(features: QualityFeatures, low_db: float) -> float:
    return _within(features.odd_lines_db - features.line_db, low_db, 15.0)


def check_terms(spec: ConfidenceSpec) -> None:
    """Raise an error if a confidence specification names unknown terms.

    Parameters
    ----------
    spec : ConfidenceSpec
        Read from a weights file.

    Raises
    ------
    WeightsError
        The specification names a term that this version does not know.

    >>> check_terms(ConfidenceSpec(0.0, (("snr", 0.3),)))
    """
    unknown = {name for name, _ in spec.weights} - set(TERMS)
    if unknown:
        raise WeightsError(
            f"the weights' confidence has terms unknown here: {', '.join(sorted(unknown))};"
            " a newer sspd may read them"
        )


def confidence_of(features: QualityFeatures, spec: ConfidenceSpec) -> float:
    """Return the probability that a reading is within 3 beats per minute of the truth.

    Parameters
    ----------
    features : QualityFeatures
        Quality features of the reading.
    spec : ConfidenceSpec
        Weights, fitted for the network that made the waveform.

    Returns
    -------
    float
        Within `CLAIMED`.

    Raises
    ------
    WeightsError
        The specification names a term that this version does not know.
    """
    check_terms(spec)
    terms = (weight * TERMS[name](features) for name, weight in spec.weights)
    logit = spec.intercept + sum(terms)
    return float(np.clip(1 / (1 + np.exp(-np.clip(logit, -50.0, 50.0))), *CLAIMED))
