"""Keys of content: the same content always has the same key.

Stored results are used again if their key is the same, so the key of a content must not change
between versions. It is the SHA-256 of a text whose form is fixed here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

#: Values that JSON can represent.
Plain: TypeAlias = "Mapping[str, Plain] | Sequence[Plain] | str | float | int | bool | None"


def content_key(made_of: Plain) -> str:
    """Return the SHA-256 of plain data as JSON.

    Parameters
    ----------
    made_of : mapping, sequence, str, number or None
        Tuples count as lists; mappings are taken in their own order.

    Returns
    -------
    str
        64 hexadecimal digits.

    >>> content_key(["a", 1.5, None])[:12]
    '3a81ed6d4d1b'
    """
    return text_key(json.dumps(made_of))


def text_key(text: str) -> str:
    """Return the SHA-256 of a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        64 hexadecimal digits.

    >>> text_key("")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read in blocks.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    OSError
        The file cannot be read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     file_digest(Path(file.name))[:12]
    'e3b0c44298fc'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_facts(path: Path) -> tuple[str, int, int]:
    """Return path, size and modification time of a file, for a content key.

    Parameters
    ----------
    path : Path

    Returns
    -------
    path : str
        Absolute path.
    size : int
        Bytes.
    mtime_ns : int
        Nanoseconds.

    Raises
    ------
    OSError
        The file does not exist.
    """
    stat = path.stat()
    return str(path.resolve()), stat.st_size, stat.st_mtime_ns


def facts_of_files(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    """Return the `file_facts` of those files that exist.

    Parameters
    ----------
    paths : iterable of Path

    Returns
    -------
    list of (str, int, int)
    """
    return [file_facts(path) for path in paths if path.exists()]
