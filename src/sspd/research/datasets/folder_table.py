"""``truth.csv`` of a folder of videos: who is in them, what they do, what a device showed.

Columns ``video`` (path from the folder, with ``/``), and where known ``subject``,
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
    """What the table tells of one video; None: nothing."""

    video: str
    subject: str | None = None
    condition: str | None = None
    hr_bpm: float | None = None


def read_table(root: Path) -> dict[Path, Row]:
    """The rows by the place of their video; empty where there is no table.

    Raises
    ------
    SourceError
        No table of videos, a video twice, a rate that is none, or a video that lies outside
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
        place = inside(root, root / row.video)
        if place == root:
            raise SourceError(f"{path}: row {n}: {row.video} is no video")
        if place in found:
            raise SourceError(f"{path}: row {n} names {row.video} a second time")
        found[place] = row
    return found


def _row(path: Path, n: int, cells: dict[str, str]) -> Row:
    if not cells["film"]:
        raise SourceError(f"{path}: row {n} names no video")
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

    >>> inside(Path("videos"), Path("videos/../other.mp4"))
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: videos/../other.mp4: leads out of videos; open a folder that holds both
    """
    if ".." in path.parts or "\0" in str(path) or not path.is_relative_to(root):
        raise SourceError(f"{path}: leads out of {root}; open a folder that holds both")
    return path


def add_row(root: Path, row: Row) -> None:
    """Put a row into the table, in place of the video's former one.

    Parameters
    ----------
    root : Path
    row : Row
    """
    rows = {known.video: known for known in read_table(root).values()} | {row.video: row}
    with whole_file(root / TABLE) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for video in sorted(rows):
            one = rows[video]
            rate = "" if one.hr_bpm is None else f"{one.hr_bpm:.4f}"
            writer.writerow([video, one.subject or "", one.condition or "", rate])
