"""Files that one process holds at a time, and files opened without being led elsewhere."""

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

#: Never through a link, never waiting for a FIFO's other end, never handed to children.
SAFE_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
#: A lock that is taken and given back this often between two looks is somebody's joke.
_TRIES = 100
#: A run that has just been killed may take so long to let go, seconds.
PATIENCE_S = 0.2


def lock(descriptor: int) -> bool:
    """Take the lock of an open file, if nobody else holds it; it goes with the descriptor.

    Returns
    -------
    bool
        False: another process holds it. True also where the system has no such locks.

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
    """Whether this system can tell a living writer from a dead one.

    >>> has_locks() in (True, False)
    True
    """
    return sys.platform != "win32"


def open_regular(path: str | Path, flags: int = os.O_RDONLY, mode: int = 0o666) -> int:
    """Open a regular file, not through a link; returns its descriptor.

    Parameters
    ----------
    path : path
    flags : int
        Of `os.open`.
    mode : int
        Of a file that is made, less the umask.

    Raises
    ------
    OSError
        It cannot be opened, or is a link, device, FIFO or folder.

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
    """Open a regular file to read it and to add bytes, unbuffered and not through a link.

    Parameters
    ----------
    path : path
    mode : int
        Of a file that is made, less the umask.

    >>> open_to_append("no_such_folder/file")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no_such_folder/file'
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    return os.fdopen(open_regular(path, flags, mode), "ab+", buffering=0)


@contextmanager
def claim(outputs: Iterable[str | Path]) -> Iterator[None]:
    """Hold outputs for one run: another run with one of them is told so.

    An empty lock file stands beside each; that of a run that died is free. A folder that
    is there is locked itself, a stream is not.

    Parameters
    ----------
    outputs : iterable of path
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
            with suppress(OSError):  # the name first: who locks a nameless file tries again
                beside.unlink()
        os.close(descriptor)


def _locked(path: Path, is_folder: bool) -> int | None:
    """A locked descriptor of what has that name; None where another process has it."""
    end_s = time.monotonic() + PATIENCE_S
    for _ in range(_TRIES):
        if is_folder:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        else:
            descriptor = open_regular(path, os.O_RDWR | os.O_CREAT)
        if not lock(descriptor):
            os.close(descriptor)
            if time.monotonic() > end_s:
                return None
            time.sleep(PATIENCE_S / 10)
            continue
        with suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=is_folder)):
                return descriptor
        os.close(descriptor)  # it was removed by its holder in between
    return None
