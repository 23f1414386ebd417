"""Small text files of numbers, read with care: what is wrong is said with the file's name."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.types import Series

#: A reference of an hour at 1 kHz has less; anything larger is not one.
MAX_BYTES = 1 << 28


def read_text(path: Path) -> str:
    """A text file whole, UTF-8 or its subset.

    Raises
    ------
    SourceError
        Missing, too large, or not text.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path}: larger than any reference signal")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not a text file") from error


def read_columns(path: Path, n: int, *, header: bool) -> NDArray[np.float64]:
    """The first columns of a file of comma-separated numbers, shape (rows, n)."""
    try:
        rows = list(csv.reader(read_text(path).splitlines()))[1 if header else 0 :]
    except csv.Error as error:
        raise SourceError(f"{path}: not a table of numbers ({error})") from error
    kept = [row[:n] for row in rows if any(cell.strip() for cell in row)]
    if any(len(row) < n for row in kept):
        raise SourceError(f"{path}: {n} columns of numbers are wanted")
    return numbers(path, kept).reshape(-1, n)


def numbers(path: Path, cells: object) -> NDArray[np.float64]:
    """Texts as finite numbers."""
    try:
        values = np.asarray(cells, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise SourceError(f"{path}: holds what is not a number ({error})") from error
    if not bool(np.isfinite(values).all()):
        raise SourceError(f"{path}: holds numbers that are not finite")
    return values


def series(path: Path, t: NDArray[np.float64], values: NDArray[np.float64]) -> Series:
    """A series; samples whose time repeats or falls back are left out.

    Raises
    ------
    SourceError
        Times and values are not equally many, or there are none.
    """
    if t.size != values.size or t.size == 0:
        raise SourceError(f"{path}: {values.size} values and {t.size} times")
    latest = np.maximum.accumulate(t)
    rising = np.concatenate([[True], t[1:] > latest[:-1]])
    return Series(t[rising], values[rising])
