"""Which places may be written: regular files, standard output, and the null device."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sspd.errors import OutputError

#: Names of this process' standard output.
STANDARD_OUTPUTS = frozenset(("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"))
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def is_standard_output(path: str | Path) -> bool:
    """Whether a path means standard output.

    >>> is_standard_output("-"), is_standard_output("/dev/stdout"), is_standard_output("a-")
    (True, True, False)
    """
    return str(path) in STANDARD_OUTPUTS


def is_discarded(path: str | Path) -> bool:
    """Whether what is written to a path is thrown away.

    >>> is_discarded(os.devnull), is_discarded("null")
    (True, False)
    """
    return str(path) == os.devnull


def is_stream(path: str | Path) -> bool:
    """Whether a path is no file of a folder: nothing can lie beside it.

    >>> is_stream("-"), is_stream(os.devnull), is_stream("a.json")
    (True, True, False)
    """
    return is_standard_output(path) or is_discarded(path)


def make_folder(path: str | Path) -> Path:
    """Make a folder, and those above it, where it is missing.

    Raises
    ------
    OutputError
        It cannot be made.

    >>> make_folder(".").is_dir()
    True
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder}: cannot be made ({_reason(error)})") from error
    return folder


def mode_of(path: Path) -> int | None:
    """Permission bits of the regular file at ``path``; None where there is none yet.

    Parameters
    ----------
    path : Path
        Not followed where it is a link.

    Raises
    ------
    OutputError
        Something else than a regular file is there, or a file that may not be written.

    >>> mode_of(Path("no_such_file.json")) is None
    True
    """
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be written ({_reason(error)})") from error
    if stat.S_ISLNK(found):
        raise OutputError(f"{path}: {_link(path)}")
    if not stat.S_ISREG(found):
        kind = next((name for is_kind, name in _KINDS if is_kind(found)), "no regular file")
        raise OutputError(f"{path}: is {kind}; name a file, or - for standard output")
    if not os.access(path, os.W_OK):
        raise OutputError(f"{path}: cannot be written (Permission denied)")
    return stat.S_IMODE(found) & 0o777


def _link(path: Path) -> str:
    """What is wrong with a link as an output: it may reach where nobody meant to write."""
    try:
        aim = path.readlink()
    except OSError:
        return "is a link, which is not written through; name its target"
    if not path.exists():
        return f"is a link to {aim}, which is not there; remove the link"
    return f"is a link to {aim}, which is not written through; name that file, or remove the link"


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
