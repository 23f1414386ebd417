"""Options of a simulated camera."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_ranges

_RANGES: dict[str, tuple[float, float]] = {"read_noise": (0.0, 20.0)}


@dataclass(frozen=True)
class CameraSpec:
    """Options of a camera; what is 0 or "none" is left out.

    Parameters
    ----------
    read_noise : float
        Standard deviation of the noise of the dark, pixel values.
    """

    read_noise: float = 1.0

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
