"""Valid places for output: regular files, standard output, and the null device."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sspd.errors import OutputError

#: Paths that mean the standard output of this process.
STANDARD_OUTPUTS = frozenset(("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"))
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def is_standard_output(path: str | Path) -> bool:
    """Return whether a path means standard output.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    bool

    >>> is_standard_output("-"), is_standard_output("/dev/stdout"), is_standard_output("a-")
    (True, True, False)
    """
    return str(path) in STANDARD_OUTPUTS


def is_discarded(path: str | Path) -> bool:
    """Return whether a path is the null device.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    bool

    >>> is_discarded(os.devnull), is_discarded("null")
    (True, False)
    """
    return str(path) == os.devnull


def is_stream(path: str | Path) -> bool:
    """Return whether a path is standard output or the null device, not a file in a folder.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    bool

    >>> is_stream("-"), is_stream(os.devnull), is_stream("a.json")
    (True, True, False)
    """
    return is_standard_output(path) or is_discarded(path)


def make_folder(path: str | Path) -> Path:
    """Create a folder and its parents, unless they exist.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        The folder cannot be created.

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
    """Return the permission bits of the regular file at a path.

    Parameters
    ----------
    path : Path
        A link is not followed.

    Returns
    -------
    int or None
        None if there is no file.

    Raises
    ------
    OutputError
        The path is not a regular file, or may not be written.

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
    """Describe what is wrong with a link as an output: it may point to an unintended file."""
    try:
        aim = path.readlink()
    except OSError:
        return "is a link, which is not written through; name its target"
    if not path.exists():
        return f"is a link to {aim}, which is not there; remove the link"
    return f"is a link to {aim}, which is not written through; name that file, or remove the link"


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
