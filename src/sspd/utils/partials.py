"""Temporary names of files during writing, and removal of those left by killed processes."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sspd.utils.locks import SAFE_FLAGS, claim, has_locks, lock
from sspd.utils.places import is_discarded, make_folder

#: Largest number of bytes of the target's name in a temporary name.
_MOST_BYTES = 120
_TOKEN = "[0-9a-f]{16}"


def part_name(target: Path) -> Path:
    """Return an unpredictable temporary name beside a file or folder.

    Parameters
    ----------
    target : Path
        File or folder that will be written.

    Returns
    -------
    Path

    >>> part_name(Path("out/a.txt")).name  # doctest: +ELLIPSIS
    '.a....part.txt'
    """
    return target.with_name(f"{_beginning(target)}{secrets.token_hex(8)}.part{target.suffix}")


def remove_parts(path: str | Path) -> None:
    """Remove the temporary files that killed processes left beside a file.

    These are temporary files of ``path`` itself and of ``NAME-ANYTHING.EXT``, the names of
    files of single videos. Only regular files of this user with such a name are removed, and
    only if no process holds their lock.

    Parameters
    ----------
    path : str or Path
        Output file, as given to `sspd.utils.files.whole_file`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / f".a.{16 * 'f'}.part.txt").write_text("half of")
    ...     remove_parts(Path(folder) / "a.txt")
    ...     list(Path(folder).iterdir())
    []
    """
    target = Path(path)
    begins = re.escape(_beginning(target).removesuffix("."))
    name = re.compile(rf"{begins}(?:-.*)?\.{_TOKEN}\.part{re.escape(target.suffix)}", re.DOTALL)
    _remove(target.parent, name)


def remove_all_parts(folder: str | Path) -> None:
    """Remove all temporary files and folders left in a folder by killed processes.

    Parameters
    ----------
    folder : str or Path
        See `remove_parts`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (Path(folder) / f".entry.{16 * '0'}.part").mkdir()
    ...     remove_all_parts(folder)
    ...     list(Path(folder).iterdir())
    []
    """
    _remove(Path(folder), re.compile(rf"\..*\.{_TOKEN}\.part(?:\.\w+)?", re.DOTALL))


@contextmanager
def hold_folder(folder: str | Path, *inside: str) -> Iterator[None]:
    """Hold an output folder for one run, and remove what killed runs left in it.

    Parameters
    ----------
    folder : str or Path
        Created if it is missing, and removed at the end if it is empty.
    *inside : str
        Glob patterns of folders in it that are cleaned too.

    Raises
    ------
    OutputError
        Another run holds the folder, or it cannot be created.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place, hold_folder(f"{place}/runs/a", "*"):
    ...     [path.name for path in Path(place).rglob("*")]
    ['runs', 'a']
    """
    whole = Path(folder)
    is_new = not whole.exists()
    make_folder(whole)
    try:
        with claim([whole]):
            for place in (whole, *(found for pattern in inside for found in whole.glob(pattern))):
                remove_all_parts(place)
            yield
    finally:
        if is_new:
            with suppress(OSError):  # unless it is not empty
                whole.rmdir()


def _remove(folder: Path, name: re.Pattern[str]) -> None:
    if is_discarded(folder) or not has_locks() or not folder.is_dir():
        return
    with suppress(OSError):
        for beside in folder.iterdir():
            if name.fullmatch(beside.name):
                with suppress(OSError):
                    _remove_dead(beside)


def _remove_dead(part: Path) -> None:
    descriptor = os.open(part, os.O_RDONLY | SAFE_FLAGS)
    try:
        found = os.fstat(descriptor)
        ours = found.st_uid == os.geteuid() and lock(descriptor)
        if ours and stat.S_ISDIR(found.st_mode):
            shutil.rmtree(part, ignore_errors=True)
        elif ours and stat.S_ISREG(found.st_mode):
            part.unlink()
    finally:
        os.close(descriptor)


def _beginning(target: Path) -> str:
    stem = os.fsdecode(os.fsencode(target.stem)[:_MOST_BYTES])
    return f".{stem.lstrip('.') or '_'}."
