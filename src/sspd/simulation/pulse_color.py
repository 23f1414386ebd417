"""Colour of the pulse, as cameras record it."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_ranges

_RANGES: dict[str, tuple[float, float]] = {"red": (0.0, 1.2), "blue": (0.0, 1.5)}


@dataclass(frozen=True)
class PulseColor:
    """Colour of the pulse: AC/DC of red and blue relative to green, from pixel values.

    Parameters
    ----------
    red, blue : float
        AC/DC of the channel over AC/DC of green, on the cheeks.
    """

    red: float = 0.43
    blue: float = 0.69

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
