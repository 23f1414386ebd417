"""``truth.csv`` of a folder of videos: subjects, conditions and heart rates.

Columns `TRUTH_COLUMNS`: the path of the video from the folder, with ``/``, and if known its
subject, its condition and its heart rate in beats per minute; others are ignored.
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
TRUTH_COLUMNS = ("video", "subject", "condition", "hr_bpm")
#: Earlier name of the column ``video``.
_FORMER = "film"


@dataclass(frozen=True)
class Row:
    """The row of one video; None: not known."""

    video: str
    subject: str | None = None
    condition: str | None = None
    hr_bpm: float | None = None


def read_table(root: Path) -> dict[Path, Row]:
    """Read the rows by the path of their video; empty if there is no table.

    Parameters
    ----------
    root : Path
        The folder.

    Returns
    -------
    dict of Path to Row

    Raises
    ------
    SourceError
        It is not a table of videos, a video is listed twice, a rate is invalid, or a video is
        outside the folder.
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
    if not {"video", _FORMER} & set(reader.fieldnames or ()):
        raise SourceError(f"{path}: no column video; required: {','.join(TRUTH_COLUMNS)}")
    for n, line in enumerate(lines, 2):
        cells = {name: line.get(name, "").strip() for name in TRUTH_COLUMNS}
        cells["video"] = cells["video"] or line.get(_FORMER, "").strip()
        row = _row(path, n, cells)
        place = inside(root, root / row.video)
        if place == root:
            raise SourceError(f"{path}: row {n}: {row.video} is not a video")
        if place in found:
            raise SourceError(f"{path}: row {n} names {row.video} a second time")
        found[place] = row
    return found


def _row(path: Path, n: int, cells: dict[str, str]) -> Row:
    if not cells["video"]:
        raise SourceError(f"{path}: row {n} names no video")
    rate = None
    if cells["hr_bpm"]:
        rate = float(numbers(path, cells["hr_bpm"]))
        if not 0 < rate < 1000:
            raise SourceError(f"{path}: row {n}: {rate:g} is not a heart rate in beats per minute")
    return Row(cells["video"], cells["subject"] or None, cells["condition"] or None, rate)


def inside(root: Path, path: Path) -> Path:
    """Return the path if it does not lead out of the folder.

    Links in the folder may lead outside: whoever made them wanted that.

    Parameters
    ----------
    root, path : Path

    Returns
    -------
    Path

    Raises
    ------
    SourceError
        It leads out of the folder.

    >>> inside(Path("videos"), Path("videos/../other.mp4"))
    Traceback (most recent call last):
        ...
    sspd.errors.SourceError: videos/../other.mp4: leads out of videos; open a folder that holds both
    """
    if ".." in path.parts or "\0" in str(path) or not path.is_relative_to(root):
        raise SourceError(f"{path}: leads out of {root}; open a folder that holds both")
    return path


def add_row(root: Path, row: Row) -> None:
    """Add a row to the table, or replace the video's earlier one.

    Parameters
    ----------
    root : Path
        The folder.
    row : Row
    """
    rows = {known.video: known for known in read_table(root).values()} | {row.video: row}
    with whole_file(root / TABLE) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TRUTH_COLUMNS)
        for video in sorted(rows):
            one = rows[video]
            rate = "" if one.hr_bpm is None else f"{one.hr_bpm:.4f}"
            writer.writerow([video, one.subject or "", one.condition or "", rate])
