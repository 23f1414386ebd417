"""The quantities that a scoring reads from a window: names with units, and table headings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

#: Quantity -> its value; quantities that cannot be read are missing.
Readings = Mapping[str, float]


@dataclass(frozen=True)
class Quantity:
    """A measured quantity with its unit.

    Parameters
    ----------
    name : str
        As in CSV files; the unit is at the end.
    title, unit : str
        As in tables; the unit is empty if there is none.
    digits : int
        Digits after the decimal point of its errors in tables.

    >>> QUANTITIES["respiration_hz"].head
    'RF, Hz'
    """

    name: str
    title: str
    unit: str
    digits: int

    @property
    def head(self) -> str:
        """Title and unit, as in the heading of a table."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


_ALL = (
    Quantity("hr_bpm", "HR", "bpm", 2),
    Quantity("lf_nu", "LF", "n.u.", 3),
    Quantity("hf_nu", "HF", "n.u.", 3),
    Quantity("lf_hf", "LF/HF", "", 3),
    Quantity("respiration_hz", "RF", "Hz", 3),
)
#: The names are those of `sspd measure`, the titles those of the paper (Table III).
QUANTITIES = MappingProxyType({quantity.name: quantity for quantity in _ALL})
