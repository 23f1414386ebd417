"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sspd.errors import OutputError


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


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside ``path``; on leaving it becomes ``path``.

    If the block fails, ``path`` stays as it was and the temporary file goes.

    Raises
    ------
    OutputError
        The system refused the writing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder) / "a.txt") as partial:
    ...         _ = partial.write_text("all of it")
    ...     (Path(folder) / "a.txt").read_text()
    'all of it'
    """
    target = Path(path)
    partial = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        yield partial
        partial.replace(target)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        partial.unlink(missing_ok=True)
