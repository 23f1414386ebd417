"""File locks between processes, and safe opening of files without following links."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from sspd.errors import OutputError
from sspd.utils.places import is_stream

if sys.platform != "win32":
    import fcntl

#: Flags of `os.open`: not through a link, not waiting for a FIFO, not inherited by children.
SAFE_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
#: Largest number of attempts to lock a file that other processes lock and remove meanwhile.
_TRIES = 100
#: Time that a killed run may take to release its lock, seconds.
LOCK_WAIT_S = 0.2


def lock(descriptor: int) -> bool:
    """Lock an open file, if no other process holds its lock; closing the file unlocks it.

    Parameters
    ----------
    descriptor : int
        Descriptor of the open file.

    Returns
    -------
    bool
        False if another process holds the lock; True also on systems without locks.

    >>> import tempfile
    >>> with tempfile.TemporaryFile() as file:
    ...     lock(file.fileno())
    True
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def has_locks() -> bool:
    """Return whether this system has file locks, which show that a writer is alive.

    Returns
    -------
    bool

    >>> has_locks() in (True, False)
    True
    """
    return sys.platform != "win32"


def open_regular(path: str | Path, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """Open a regular file, without following links, and return its descriptor.

    Parameters
    ----------
    path : str or Path
    flags : int
        Flags of `os.open`.
    mode : int
        Permissions of a new file, before the umask is applied.

    Returns
    -------
    int
        File descriptor.

    Raises
    ------
    OSError
        The file cannot be opened, or is a link, device, FIFO or folder.

    >>> open_regular(os.devnull)
    Traceback (most recent call last):
        ...
    OSError: [Errno 22] is not a regular file: '/dev/null'
    """
    descriptor = os.open(path, flags | SAFE_FLAGS, mode)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(22, "is not a regular file", str(path))
    return descriptor


def open_to_append(path: str | Path, mode: int = 0o666) -> IO[bytes]:
    """Open a regular file to read and append bytes, unbuffered, without following links.

    Parameters
    ----------
    path : str or Path
    mode : int
        Permissions of a new file, before the umask is applied.

    Returns
    -------
    binary file

    >>> open_to_append("no_such_folder/file")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no_such_folder/file'
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    return os.fdopen(open_regular(path, flags, mode), "ab+", buffering=0)


@contextmanager
def claim(outputs: Iterable[str | Path]) -> Iterator[None]:
    """Hold output files for one run, so that another run with one of them fails.

    An empty lock file is made beside each output; the lock of a run that died is free. An
    existing folder is locked itself; a stream is not locked.

    Parameters
    ----------
    outputs : iterable of str or Path
        Files or folders.

    Raises
    ------
    OutputError
        Another run holds one of them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, claim([f"{folder}/a.json"]):
    ...     with claim([f"{folder}/a.json"]):
    ...         pass
    Traceback (most recent call last):
        ...
    sspd.errors.OutputError: ...a.json: another run is writing it; wait for its end, or name
    another output
    """
    places = dict.fromkeys(Path(path) for path in outputs if not is_stream(path))
    with ExitStack() as held:
        for place in places:
            held.enter_context(_held(place))
        yield


@contextmanager
def _held(place: Path) -> Iterator[None]:
    if sys.platform == "win32":  # no locks there
        yield
        return
    is_folder = place.is_dir()
    beside = place if is_folder else place.with_name(f".{place.name}.lock")
    try:
        descriptor = _locked(beside, is_folder)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise OutputError(f"{place}: cannot be locked by {beside.name!a} ({why})") from error
    if descriptor is None:
        raise OutputError(
            f"{place}: another run is writing it; wait for its end, or name another output"
        )
    try:
        yield
    finally:
        if not is_folder:
            with suppress(OSError):  # before the lock: who locks a removed file tries again
                beside.unlink()
        os.close(descriptor)


def _locked(path: Path, is_folder: bool) -> int | None:
    """Return a locked descriptor of a path; None if another process holds the lock."""
    end_s = time.monotonic() + LOCK_WAIT_S
    for _ in range(_TRIES):
        if is_folder:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        else:
            descriptor = open_regular(path, os.O_RDWR | os.O_CREAT)
        if not lock(descriptor):
            os.close(descriptor)
            if time.monotonic() > end_s:
                return None
            time.sleep(LOCK_WAIT_S / 10)
            continue
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=is_folder)):
                return descriptor
        os.close(descriptor)  # it was removed by its holder in between
    return None
