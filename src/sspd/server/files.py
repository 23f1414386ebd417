"""The files of a result, written by the writers of the command, in a folder that is gone after."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sspd.report.csv import write_csv, write_signal_csv
from sspd.report.result import Vitals


def csv_file(faces: Sequence[Vitals], scratch: Path) -> bytes:
    """Return the CSV of a result.

    Parameters
    ----------
    faces : sequence of Vitals
    scratch : Path
        Folder for files that last a moment.

    Returns
    -------
    bytes
    """
    return _written(lambda path: write_csv(faces, path), scratch)


def waveform_file(face: Vitals, scratch: Path) -> bytes:
    """Return the CSV of a face's waveform.

    Parameters
    ----------
    face : Vitals
    scratch : Path
        See `csv_file`.

    Returns
    -------
    bytes
    """
    return _written(lambda path: write_signal_csv(face, path), scratch)


def report_file(faces: Sequence[Vitals], scratch: Path) -> bytes:
    """Return the report of a result, without a frame of the video.

    Parameters
    ----------
    faces : sequence of Vitals
    scratch : Path
        See `csv_file`.

    Returns
    -------
    bytes
        HTML.
    """
    from sspd.report.html import write_html

    return _written(lambda path: write_html(faces, path, with_image=False), scratch)


def _written(write: Callable[[Path], None], scratch: Path) -> bytes:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        path = Path(folder) / "file"
        write(path)
        return path.read_bytes()
