"""What a scoring reads of a window: names with units, and how tables write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: Quantity -> its number; what cannot be read is left out.
Readings = Mapping[str, float]


@dataclass(frozen=True)
class Quantity:
    """A number with a unit.

    Parameters
    ----------
    name : str
        As in CSV files, its unit at the end.
    title, unit : str
        As in tables; no unit: an empty text.
    digits : int
        After the point, of its errors in tables.

    >>> QUANTITIES["respiration_hz"].head
    'RF, Hz'
    """

    name: str
    title: str
    unit: str
    digits: int

    @property
    def head(self) -> str:
        """Title and unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


_ALL = (
    Quantity("hr_bpm", "HR", "bpm", 2),
    Quantity("lf_nu", "LF", "n.u.", 3),
    Quantity("hf_nu", "HF", "n.u.", 3),
    Quantity("lf_hf", "LF/HF", "", 3),
    Quantity("respiration_hz", "RF", "Hz", 3),
)
#: The names are those of `sspd measure`; the titles the paper's (Table III).
QUANTITIES = MappingProxyType({quantity.name: quantity for quantity in _ALL})
