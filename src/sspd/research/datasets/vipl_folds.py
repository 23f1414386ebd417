"""The five published folds of VIPL-HR: the test subjects of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.io import loadmat, savemat

from sspd.errors import SourceError
from sspd.utils.files import whole_file

N_FOLDS = 5
#: Largest file of a fold, bytes; a fold names about twenty subjects.
MAX_FOLD_BYTES = 1 << 16


def read_folds(root: Path) -> tuple[tuple[str, ...], ...]:
    """Read the five published folds, with subjects named as in `Recording.subject`.

    Parameters
    ----------
    root : Path
        The dataset's folder.

    Returns
    -------
    tuple of tuple of str

    Raises
    ------
    SourceError
        A fold is missing or invalid, or shares a subject with another.
    """
    folds: list[tuple[str, ...]] = []
    for n in range(1, N_FOLDS + 1):
        path = root / "fold" / f"fold{n}.mat"
        ids = _fold(path, f"fold{n}")
        if set(ids) & {subject for fold in folds for subject in fold} or len(set(ids)) < len(ids):
            raise SourceError(f"{path}: a subject is in the folds twice")
        folds.append(ids)
    return tuple(folds)


def _fold(path: Path, variable: str) -> tuple[str, ...]:
    try:
        if path.stat().st_size > MAX_FOLD_BYTES:
            raise SourceError(f"{path}: larger than any list of subjects")
        ids = np.asarray(loadmat(path, variable_names=[variable])[variable])
    except OSError as error:
        raise SourceError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    except SourceError:
        raise
    except Exception as error:  # a hostile file can raise nearly any error
        raise SourceError(f"{path}: not a .mat file with {variable} in it") from error
    numeric = ids.dtype.kind in "iuf"
    if not numeric or not bool(((ids > 0) & (ids < 1e6) & (ids % 1 == 0)).all()):
        raise SourceError(f"{path}: {variable} must be a row of subject numbers")
    return tuple(f"p{int(one)}" for one in ids.ravel())


def write_folds(root: Path, numbers: Sequence[int]) -> None:
    """Write five folds; the subjects with these numbers are dealt in turn.

    Parameters
    ----------
    root : Path
        The dataset's folder.
    numbers : sequence of int
        3 for the subject ``p3``.
    """
    (root / "fold").mkdir(exist_ok=True)
    for n in range(1, N_FOLDS + 1):
        with whole_file(root / "fold" / f"fold{n}.mat") as part:
            savemat(part, {f"fold{n}": np.array(numbers[n - 1 :: N_FOLDS], np.float64)[None]})
            with part.open("r+b") as file:  # the header has the time, which would change the bytes
                file.write(b"MATLAB 5.0 MAT-file".ljust(116))
