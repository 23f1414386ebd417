"""Atomic writing of files and folders: they are written whole or not at all.

Data is written to a new file with an unpredictable name beside the target, never through a
link; when it is complete, it replaces the target. The new file is locked during writing, so
that a later run can distinguish the rest of a killed run from a file that is being written.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sspd.errors import OutputError
from sspd.utils.locks import SAFE_FLAGS, has_locks, lock
from sspd.utils.partials import part_name
from sspd.utils.places import is_standard_output, is_stream, mode_of


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Write a file atomically: yield a temporary path that becomes ``path`` at the end.

    The temporary file exists and is empty: open it by name and write. If the block fails,
    ``path`` is unchanged and the temporary file is removed. An existing file keeps its
    permissions. ``-`` is standard output; data for the null device is discarded.

    Parameters
    ----------
    path : str or Path

    Yields
    ------
    Path

    Raises
    ------
    OutputError
        The file cannot be written, or ``path`` is a link, a device, a FIFO or a folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder) / "a.txt") as partial:
    ...         _ = partial.write_text("all of it")
    ...     (Path(folder) / "a.txt").read_text()
    'all of it'
    """
    target = Path(path)
    try:
        if is_stream(target):
            with tempfile.TemporaryDirectory(prefix="sspd-") as private:
                part = Path(private) / ("stream" if target.name == "-" else target.name)
                yield part
                if is_standard_output(target):
                    _copy_to_standard_output(part)
            return
        part, descriptor = _new_part(target, mode_of(target))
        try:
            yield part
            _put_in_place(part, descriptor, target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            if descriptor is not None:
                os.close(descriptor)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror or error})") from error


def write_whole(path: str | Path, data: bytes) -> None:
    """Write bytes to a file atomically; see `whole_file`.

    Parameters
    ----------
    path : str or Path
    data : bytes

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.bin", b"all of it")
    ...     (Path(folder) / "a.bin").read_bytes()
    b'all of it'
    """
    with whole_file(path) as part:
        part.write_bytes(data)


def _new_part(target: Path, mode: int | None) -> tuple[Path, int | None]:
    """Make a new locked file with an unpredictable name beside the target."""
    if target.name in ("", ".."):
        raise IsADirectoryError(21, os.strerror(21))
    while True:
        part = part_name(target)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | SAFE_FLAGS
        descriptor = os.open(part, flags, 0o666)  # the umask is applied
        if not has_locks():  # Windows cannot rename an open file
            os.close(descriptor)
            return part, None
        if mode is not None:
            os.fchmod(descriptor, mode)
        # another process may have removed it before it was locked
        if lock(descriptor) and os.fstat(descriptor).st_nlink == 1:
            return part, descriptor
        os.close(descriptor)


def _put_in_place(part: Path, descriptor: int | None, target: Path) -> None:
    if descriptor is not None:
        found = part.lstat()
        if not (stat.S_ISREG(found.st_mode) and os.path.samestat(found, os.fstat(descriptor))):
            raise OSError(f"{part.name} was exchanged while it was written")
        _flush(descriptor)
    mode_of(target)  # raises if the target has become a link
    part.replace(target)
    _flush_folder(target.parent)


def _flush(descriptor: int) -> None:
    """Flush a file to disk before it is renamed; file systems may reorder the two."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != 22:  # a file system that cannot
            raise


def _flush_folder(folder: Path) -> None:
    if not has_locks():  # Windows cannot open a folder
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _copy_to_standard_output(part: Path) -> None:
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:  # in a notebook
        sys.stdout.write(part.read_text(encoding="utf-8"))
        return
    with part.open("rb") as file:
        shutil.copyfileobj(file, binary)
    binary.flush()


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Write a folder atomically: yield a temporary path that becomes ``path`` at the end.

    An existing folder is replaced. If the block fails, it is unchanged.

    Parameters
    ----------
    path : str or Path

    Yields
    ------
    Path

    Raises
    ------
    OSError
        The folder cannot be written, or ``path`` is a link.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with whole_folder(Path(place) / "a") as part:
    ...         _ = (part / "b.txt").write_text("all of it")
    ...     (Path(place) / "a" / "b.txt").read_text()
    'all of it'
    """
    target = Path(path)
    if target.is_symlink():
        raise OSError(40, "is a link, which is not written through", str(target))
    part = part_name(target)
    part.mkdir()
    descriptor = None
    if has_locks():
        descriptor = os.open(part, os.O_RDONLY | SAFE_FLAGS)
        lock(descriptor)
    old = part_name(target)
    try:
        yield part
        if target.exists():
            target.rename(old)
        try:
            part.rename(target)
        except OSError:
            with suppress(OSError):  # unless there was none
                old.rename(target)
            raise
        _flush_folder(target.parent)
    finally:
        shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(part, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def check_output(path: str | Path) -> Path:
    """Check, before work starts, that a file can be written.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        The folder is missing or not writable, or ``path`` is a folder, a link or a device.

    >>> check_output("no_such_folder/out.json")
    Traceback (most recent call last):
        ...
    sspd.errors.OutputError: no_such_folder/out.json: the folder no_such_folder does not exist
    """
    target = Path(path)
    if is_stream(target):
        return target
    try:
        if not target.parent.is_dir():
            raise OutputError(f"{target}: the folder {target.parent} does not exist")
        if target.is_dir():
            raise OutputError(f"{target}: is a folder, a file name is needed")
        part, descriptor = _new_part(target, mode_of(target))
        part.unlink()
        if descriptor is not None:
            os.close(descriptor)
    except (OSError, ValueError) as error:  # a zero byte in a name gives a ValueError
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise OutputError(f"{str(target)!a}: cannot be written ({why})") from error
    return target
