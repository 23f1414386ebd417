"""Columns of the table of results on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sspd.types import Vitals


@dataclass(frozen=True)
class Column:
    """A column of numbers: its heading of one or two lines, and the text of a cell."""

    heading: str
    cell: Callable[[Vitals], str]
    right: bool = True


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _rate(vitals: Vitals) -> str:
    if vitals.error is not None:
        return "failed"
    return "rejected" if vitals.hr_bpm is None else f"{vitals.hr_bpm:.1f} bpm"


def _windows(vitals: Vitals) -> str:
    return f"{sum(window.accepted for window in vitals.windows)}/{len(vitals.windows)}"


def _rmssd(vitals: Vitals) -> str:
    return _number(vitals.hrv["rmssd_ms"].value if "rmssd_ms" in vitals.hrv else None, 0)


def _breaths(vitals: Vitals) -> str:
    return _number(vitals.respiration.breaths_per_minute, 1)


def _length(vitals: Vitals) -> str:
    return "–" if vitals.error else f"{vitals.duration_s:.1f}"


#: Columns of the table after the video's name.
TABLE_COLUMNS = (
    Column("heart\nrate", _rate, right=False),
    Column("confidence", lambda vitals: _number(vitals.confidence, 2)),
    Column("SNR\ndB", lambda vitals: _number(vitals.snr_db, 1)),
    Column("windows", _windows),
    Column("RMSSD\nms", _rmssd),
    Column("breaths\n/min", _breaths),
    Column("video\ns", _length),
)
