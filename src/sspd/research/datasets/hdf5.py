"""Read numbers from HDF5 files, including MATLAB's v7.3, and reject unsafe ones.

Only data in the file itself is read: links to other files, external data and virtual data sets
are rejected. Truncated or damaged files give an error of one line; but the HDF5 library is written
in C, and a file made with intent may still crash it.
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

#: Largest number of samples; a reference of an hour at 1 kHz has fewer.
MAX_SIGNAL_SAMPLES = 1 << 25
#: Largest chunk that HDF5 may unpack at once, bytes.
MAX_UNPACKED_BYTES = 1 << 30
#: Frames are read from the file in blocks of about this size, bytes.
BLOCK_BYTES = 1 << 28
#: Exceptions that h5py raises for damaged files.
_DAMAGE = (OSError, RuntimeError, ValueError, TypeError, KeyError)


def import_h5py(path: Path) -> Any:
    """Import h5py, or raise `DependencyError` with the extra to install.

    Parameters
    ----------
    path : Path
        The file, for the message.

    Returns
    -------
    module
    """
    return require("h5py", extra="datasets", purpose=f"{path}: reading HDF5")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an HDF5 file for reading, for the length of a ``with`` block.

    Parameters
    ----------
    path : Path

    Yields
    ------
    h5py.File
    """
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
    """Return the first of the named arrays that an open file has, not yet read.

    Parameters
    ----------
    path : Path
        The file, for the message.
    file : h5py.File
    names : sequence of str

    Returns
    -------
    h5py.Dataset

    Raises
    ------
    SourceError
        None of them is there; or it holds no numbers, is in another file, or has chunks that are
        too large to unpack.
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
                raise SourceError(f"{path}: {name} is in another file; copy it in")
            chunk = found.dtype.itemsize * int(np.prod(found.chunks or (1,)))
            if chunk > MAX_UNPACKED_BYTES:
                raise SourceError(f"{path}: {name} is stored in chunks too large to unpack")
            return found
    except _DAMAGE as error:
        raise SourceError(f"{path}: damaged ({type(error).__name__})") from None
    raise SourceError(f"{path}: no {' or '.join(names)} in it")


def read_part(path: Path, found: Any, part: Any) -> NDArray[Any]:
    """Read a part of an array of an open file, selected as in NumPy.

    Parameters
    ----------
    path : Path
        The file, for the message.
    found : h5py.Dataset
    part : index or slice

    Returns
    -------
    array
    """
    try:
        return np.asarray(found[part])
    except _DAMAGE:
        raise SourceError(f"{path}: damaged, or packed in a way this h5py cannot read") from None


def read_signals(path: Path, *names: str) -> list[NDArray[np.float64]]:
    """Read rows of finite numbers by name; each has one dimension longer than 1.

    Parameters
    ----------
    path : Path
    *names : str

    Returns
    -------
    list of float64 array, shape (samples,)

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
            if found.size > MAX_SIGNAL_SAMPLES or found.size != max(found.shape, default=0):
                raise SourceError(f"{path}: {name} is not a row of samples but {found.shape}")
            rows.append(numbers(path, read_part(path, found, ())).reshape(-1))
    return rows
