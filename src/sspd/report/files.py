"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from sspd.errors import OutputError
from sspd.video.files import whole_file

__all__ = ["check_output", "remove_parts", "whole_file"]


def check_output(path: str | Path) -> Path:
    """Make sure, before work starts, that a file can be written here.

    Raises
    ------
    OutputError
        The folder is missing or not writable, or ``path`` is a folder.

    >>> check_output("no_such_folder/out.json")
    Traceback (most recent call last):
        ...
    sspd.errors.OutputError: no_such_folder/out.json: the folder no_such_folder does not exist
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise OutputError(f"{target}: the folder {target.parent} does not exist")
    if target.is_dir():
        raise OutputError(f"{target}: is a folder, a file name is needed")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
        if target.exists():
            with target.open("ab"):
                pass
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror})") from error
    return target


def remove_parts(path: str | Path) -> None:
    """Remove what a killed process left beside ``path``, or a face's, of its `whole_file`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / f".a.{2**30}.part.txt").write_text("half of")
    ...     remove_parts(Path(folder) / "a.txt")
    ...     list(Path(folder).iterdir())
    []
    """
    target = Path(path)
    pattern = re.compile(
        rf"\.{re.escape(target.stem)}(?:-face\d+)?\.(\d+)\.part{re.escape(target.suffix)}"
    )
    for beside in target.parent.iterdir() if target.parent.is_dir() else ():
        found = pattern.fullmatch(beside.name)
        if found and not _lives(int(found[1])):
            with suppress(OSError):
                beside.unlink()


def _lives(pid: int) -> bool:
    if os.name != "posix":  # to ask would be to kill
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True
