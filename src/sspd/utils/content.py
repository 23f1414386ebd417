"""Keys of what something is made of: the same content, the same key.

What is kept is taken again where its key is the same, so a key's value must not change
from version to version: it is the SHA-256 of a text that is fixed here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

#: What JSON can hold.
Plain: TypeAlias = "Mapping[str, Plain] | Sequence[Plain] | str | float | int | bool | None"


def content_key(made_of: Plain) -> str:
    """The SHA-256 of plain data as JSON, 64 hexadecimal digits.

    Parameters
    ----------
    made_of : mapping, sequence, str, number or None
        Tuples count as lists, and mappings by the order that they were made in.

    >>> content_key(["a", 1.5, None])[:12]
    '3a81ed6d4d1b'
    """
    return text_key(json.dumps(made_of))


def text_key(text: str) -> str:
    """The SHA-256 of a text.

    Parameters
    ----------
    text : str

    >>> text_key("")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in pieces.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        It cannot be read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     file_digest(Path(file.name))[:12]
    'e3b0c44298fc'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_facts(path: Path) -> tuple[str, int, int]:
    """Where a file lies, its size, and when it was written, nanoseconds: enough for a key.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        It is not there.
    """
    stat = path.stat()
    return str(path.resolve()), stat.st_size, stat.st_mtime_ns


def facts_of_files(paths: Iterable[Path]) -> list[tuple[str, int, int]]:
    """`file_facts` of those that are there.

    Parameters
    ----------
    paths : iterable of Path
    """
    return [file_facts(path) for path in paths if path.exists()]
