"""``truth.csv`` of a folder of films: who is in them, what they do, what a device showed.

Columns ``film`` (path from the folder, with ``/``), and where known ``subject``,
``condition`` and ``hr_bpm``; others are not looked at.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from sspd.errors import SourceError
from sspd.research.datasets.texts import numbers, read_text
from sspd.utils.files import whole_file

TABLE = "truth.csv"
COLUMNS = ("film", "subject", "condition", "hr_bpm")


@dataclass(frozen=True)
class Row:
    """What the table tells of one film; None: nothing."""

    film: str
    subject: str | None = None
    condition: str | None = None
    hr_bpm: float | None = None


def read_table(root: Path) -> dict[Path, Row]:
    """The rows by the place of their film; empty where there is no table.

    Raises
    ------
    SourceError
        No table of films, a film twice, a rate that is none, or a film that lies outside
        the folder.
    """
    path = root / TABLE
    if not path.exists():
        return {}
    found: dict[Path, Row] = {}
    try:
        reader = csv.DictReader(io.StringIO(read_text(path)), restval="")
        lines = list(reader)
    except csv.Error as error:
        raise SourceError(f"{path}: not a table ({error})") from error
    if "film" not in (reader.fieldnames or ()):
        raise SourceError(f"{path}: no column film; wanted: {','.join(COLUMNS)}")
    for n, line in enumerate(lines, 2):
        row = _row(path, n, {name: line.get(name, "").strip() for name in COLUMNS})
        place = inside(root, root / row.film)
        if place == root:
            raise SourceError(f"{path}: row {n}: {row.film} is no film")
        if place in found:
            raise SourceError(f"{path}: row {n} names {row.film} a second time")
        found[place] = row
    return found


def _row(path: Path, n: int, cells: dict[str, str]) -> Row:
    if not cells["film"]:
        raise SourceError(f"{path}: row {n} names no film")
    rate = None
    if cells["hr_bpm"]:
        rate = float(numbers(path, cells["hr_bpm"]))
        if not 0 < rate < 1000:
            raise SourceError(f"{path}: row {n}: {rate:g} is no heart rate in beats a minute")
    return Row(cells["film"], cells["subject"] or None, cells["condition"] or None, rate)


def inside(root: Path, path: Path) -> Path:
    """The path, which does not lead out of the folder by its words.

    A link in it may: whoever put it there wanted that.

    Raises
    ------
    SourceError
        It does.

    >>> inside(Path("films"), Path("films/../other.mp4"))
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: films/../other.mp4: leads out of films; open a folder that holds both
    """
    if ".." in path.parts or "\0" in str(path) or not path.is_relative_to(root):
        raise SourceError(f"{path}: leads out of {root}; open a folder that holds both")
    return path


def add_row(root: Path, row: Row) -> None:
    """Put a row into the table, in place of the film's former one.

    Parameters
    ----------
    root : Path
    row : Row
    """
    rows = {known.film: known for known in read_table(root).values()} | {row.film: row}
    with whole_file(root / TABLE) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for film in sorted(rows):
            one = rows[film]
            rate = "" if one.hr_bpm is None else f"{one.hr_bpm:.4f}"
            writer.writerow([film, one.subject or "", one.condition or "", rate])
