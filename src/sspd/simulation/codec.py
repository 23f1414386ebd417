"""Codecs and networks between a camera and a file."""

from __future__ import annotations

from dataclasses import dataclass

from sspd.simulation.ranges import check_choice, check_ranges

CODECS = ("h264",)
_RANGES: dict[str, tuple[float, float]] = {"bit_rate": (10_000, 100_000_000)}


@dataclass(frozen=True)
class CodecSpec:
    """Options of an encoded video and of the way that it took.

    Parameters
    ----------
    name : str
        One of `CODECS`.
    bit_rate : int
        Bits per second, of the whole video.
    """

    name: str = "h264"
    bit_rate: int = 1_000_000

    def __post_init__(self) -> None:
        check_choice("codec.name", self.name, CODECS)
        check_ranges(self, _RANGES)
