"""How quality features are weighed into a confidence, as data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sspd.errors import UsageError
from sspd.utils import schema

#: A larger weight of a term could only overflow.
MOST_WEIGHT = 1e6
#: The most terms that a confidence may have.
MOST_TERMS = 64


@dataclass(frozen=True)
class ConfidenceSpec:
    """A logistic regression on the terms of `sspd.vitals.confidence`, as data.

    Examples
    --------
    >>> ConfidenceSpec(-1.0, (("snr", 0.5),)).weights
    (('snr', 0.5),)
    """

    intercept: float
    weights: tuple[tuple[str, float], ...]
    """Name of a term and its weight; terms that are not named weigh nothing."""

    def __post_init__(self) -> None:
        schema.terms("confidence", self.weights, MOST_TERMS)
        for name, value in (("intercept", self.intercept), *self.weights):
            schema.number(f"confidence: {name}", value, -MOST_WEIGHT, MOST_WEIGHT)

    @classmethod
    def from_dict(cls, data: Any) -> ConfidenceSpec:
        """Rebuild from what `dataclasses.asdict` gave, through JSON or not.

        >>> ConfidenceSpec.from_dict({"intercept": -1.0, "weights": [["snr", 0.5]]}).weights
        (('snr', 0.5),)
        """
        found = schema.table("confidence settings", data, {f.name for f in fields(cls)})
        pairs = found.get("weights")
        if not isinstance(pairs, list | tuple):
            raise UsageError("confidence must be pairs of name and number")
        weights = tuple(tuple(pair) if isinstance(pair, list) else pair for pair in pairs)
        return cls(found.get("intercept"), weights)  # type: ignore[arg-type]  # checked there
