"""Weights of the quality features in the confidence, as data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sspd.errors import UsageError
from sspd.utils import schema

#: Largest absolute weight; a larger one could only overflow.
MOST_WEIGHT = 1e6
#: Largest number of terms of a confidence.
MOST_TERMS = 64


@dataclass(frozen=True)
class ConfidenceSpec:
    """Weights of a logistic regression on the terms of `sspd.vitals.confidence`.

    Examples
    --------
    >>> ConfidenceSpec(-1.0, (("snr", 0.5),)).weights
    (('snr', 0.5),)
    """

    intercept: float
    weights: tuple[tuple[str, float], ...]
    """Names of terms with their weights; terms that are not named have the weight 0."""

    def __post_init__(self) -> None:
        schema.terms("confidence", self.weights, MOST_TERMS)
        for name, value in (("intercept", self.intercept), *self.weights):
            schema.number(f"confidence: {name}", value, -MOST_WEIGHT, MOST_WEIGHT)

    @classmethod
    def from_dict(cls, data: Any) -> ConfidenceSpec:
        """Build a specification from a dictionary, such as one read from JSON.

        Parameters
        ----------
        data : dict
            As from `dataclasses.asdict`.

        Returns
        -------
        ConfidenceSpec

        Raises
        ------
        UsageError
            A value is missing, unknown, or out of range.

        >>> ConfidenceSpec.from_dict({"intercept": -1.0, "weights": [["snr", 0.5]]}).weights
        (('snr', 0.5),)
        """
        found = schema.table("confidence settings", data, {f.name for f in fields(cls)})
        pairs = found.get("weights")
        if not isinstance(pairs, list | tuple):
            raise UsageError("confidence must be pairs of name and number")
        weights = tuple(tuple(pair) if isinstance(pair, list) else pair for pair in pairs)
        return cls(found.get("intercept"), weights)  # type: ignore[arg-type]  # checked there
