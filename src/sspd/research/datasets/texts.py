"""Read small text files of numbers; errors name the file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.types import Series

#: Largest reference file, bytes; an hour at 1 kHz takes less.
MAX_TEXT_BYTES = 1 << 28


def read_text(path: Path) -> str:
    """Read a whole text file in UTF-8 or a subset of it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str

    Raises
    ------
    SourceError
        The file is missing, too large, or not text.
    """
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise SourceError(f"{path}: larger than any reference signal")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not a text file") from error


def read_columns(path: Path, n: int, *, header: bool) -> NDArray[np.float64]:
    """Read the first columns of a file of comma-separated numbers.

    Parameters
    ----------
    path : Path
    n : int
        Number of columns.
    header : bool
        Whether the first line is a header.

    Returns
    -------
    float64 array, shape (rows, n)

    Raises
    ------
    SourceError
        The file is not a table of numbers, or has fewer columns.
    """
    try:
        rows = list(csv.reader(read_text(path).splitlines()))[1 if header else 0 :]
    except csv.Error as error:
        raise SourceError(f"{path}: not a table of numbers ({error})") from error
    kept = [row[:n] for row in rows if any(cell.strip() for cell in row)]
    if any(len(row) < n for row in kept):
        raise SourceError(f"{path}: {n} columns of numbers are required")
    return numbers(path, kept).reshape(-1, n)


def numbers(path: Path, cells: object) -> NDArray[np.float64]:
    """Convert texts to finite numbers.

    Parameters
    ----------
    path : Path
        The file, for the message.
    cells : array-like

    Returns
    -------
    float64 array

    Raises
    ------
    SourceError
        One is not a finite number.
    """
    try:
        values = np.asarray(cells, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError(f"{path}: holds text that is not a number ({error})") from error
    if not bool(np.isfinite(values).all()):
        raise SourceError(f"{path}: holds numbers that are not finite")
    return values


def series(path: Path, t: NDArray[np.float64], values: NDArray[np.float64]) -> Series:
    """Make a series; samples whose time repeats or falls are left out.

    Parameters
    ----------
    path : Path
        The file, for the message.
    t, values : float64 array, shape (samples,)
        Seconds, and values.

    Returns
    -------
    Series

    Raises
    ------
    SourceError
        The lengths of times and values differ, or they are empty.
    """
    if t.size != values.size or t.size == 0:
        raise SourceError(f"{path}: {values.size} values and {t.size} times")
    latest = np.maximum.accumulate(t)
    rising = np.concatenate([[True], t[1:] > latest[:-1]])
    return Series(t[rising], values[rising])
