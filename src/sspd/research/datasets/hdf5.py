"""Numbers out of HDF5 files, MATLAB's v7.3 among them, read with care.

What is read lies in the file itself: links to other files, data stored outside of it and
data put together from other files are refused. Files cut short or scrambled are told in
one line; but the HDF5 library is C, and a file made with intent may still crash it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError
from sspd.research.datasets.texts import numbers
from sspd.utils.packages import require

#: A reference of an hour at 1 kHz has fewer samples.
MAX_SAMPLES = 1 << 25
#: The most that HDF5 may have to unpack at once, bytes.
MAX_PIECE_BYTES = 1 << 30
#: Pictures are read from the file in blocks of about this size, bytes.
BLOCK_BYTES = 1 << 28
#: What h5py raises for damaged files.
_DAMAGE = (OSError, RuntimeError, ValueError, TypeError, KeyError)


def import_h5py(path: Path) -> Any:
    """The package h5py, or a `DependencyError` that names the extra."""
    return require("h5py", extra="datasets", purpose=f"{path}: reading HDF5")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """An HDF5 file, open for reading within the ``with`` block."""
    h5py = import_h5py(path)
    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    try:
        file = h5py.File(path, "r")
    except _DAMAGE:
        raise SourceError(f"{path}: not an HDF5 file, or a damaged one") from None
    with file:
        yield file


def array(path: Path, file: Any, names: Sequence[str]) -> Any:
    """The first of the named arrays that is in an open file, not yet read.

    Raises
    ------
    SourceError
        None of them is there; or it is not made of numbers, lies in another file, or is
        stored in pieces too large to unpack.
    """
    h5py = import_h5py(path)
    try:
        for name in names:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                continue
            found = file[name]
            if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu":
                raise SourceError(f"{path}: {name} is not an array of numbers")
            if found.external or found.is_virtual:
                raise SourceError(f"{path}: {name} lies in another file; copy it in")
            piece = found.dtype.itemsize * int(np.prod(found.chunks or (1,)))
            if piece > MAX_PIECE_BYTES:
                raise SourceError(f"{path}: {name} is stored in pieces too large to unpack")
            return found
    except _DAMAGE as error:
        raise SourceError(f"{path}: damaged ({type(error).__name__})") from None
    raise SourceError(f"{path}: no {' or '.join(names)} in it")


def read_part(path: Path, found: Any, part: Any) -> NDArray[Any]:
    """A part of an array of an open file, chosen as NumPy does."""
    try:
        return np.asarray(found[part])
    except _DAMAGE:
        raise SourceError(f"{path}: damaged, or packed in a way this h5py cannot read") from None


def read_signals(path: Path, *names: str) -> list[NDArray[np.float64]]:
    """Rows of finite numbers by name, each of one dimension longer than 1.

    Raises
    ------
    DependencyError
        h5py is not installed.
    SourceError
        One is missing or not a row of finite numbers.
    """
    rows = []
    with opened(path) as file:
        for name in names:
            found = array(path, file, (name,))
            if found.size > MAX_SAMPLES or found.size != max(found.shape, default=0):
                raise SourceError(f"{path}: {name} is no row of samples but {found.shape}")
            rows.append(numbers(path, read_part(path, found, ())).reshape(-1))
    return rows
