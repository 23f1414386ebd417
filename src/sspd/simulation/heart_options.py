"""Options of a heart that wanders as recorded ones do."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_ranges

_RANGES: dict[str, tuple[float, float]] = {"rmssd_ms": (0.0, 200.0)}


@dataclass(frozen=True)
class HeartSpec:
    """Options of a heart.

    Parameters
    ----------
    rmssd_ms : float
        Root mean square of the differences of successive intervals, ms.
    """

    rmssd_ms: float = 40.0

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
