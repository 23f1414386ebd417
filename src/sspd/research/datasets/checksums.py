"""An index of a copy: the SHA-256 of every file, to find later damage."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sspd.errors import SourceError
from sspd.research.datasets.check import Finding
from sspd.research.datasets.texts import read_text
from sspd.types import Recording
from sspd.utils.content import file_digest
from sspd.utils.files import whole_file

INDEX_VERSION = 1


def files_of(root: Path, besides: Sequence[Path] = ()) -> list[Path]:
    """List every regular file below a folder, sorted; hidden files are left out.

    Parameters
    ----------
    root : Path
    besides : sequence of Path
        More files to leave out, for example the index itself.

    Returns
    -------
    list of Path
    """
    out = {path.resolve() for path in besides}
    found = []
    # os.walk does not follow links to folders, which may form a cycle
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(folder) / name for name in names if not name.startswith(".")]
        found += [path for path in paths if path.is_file() and path.resolve() not in out]
    return sorted(found)


def checksums(root: Path, files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield the path and the SHA-256 of each file in turn.

    Parameters
    ----------
    root : Path
    files : sequence of Path

    Yields
    ------
    path : str
        Relative to `root`, with ``/``.
    digest : str

    Raises
    ------
    SourceError
        A file cannot be read.
    """
    for path in files:
        try:
            digest = file_digest(path)
        except OSError as error:
            raise SourceError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
        yield path.relative_to(root).as_posix(), digest


def read_index(path: Path) -> dict[str, str]:
    """Read the checksums of an index, by path.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to str

    Raises
    ------
    SourceError
        The file is not an index.
    """
    try:
        known = json.loads(read_text(path))
        sums = {str(name): str(sha) for name, sha in known["sha256"].items()}
        version = known["schema_version"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(f"{path}: not an index of sspd check; name another file") from error
    if version != INDEX_VERSION:
        raise SourceError(f"{path}: an index of version {version}, not {INDEX_VERSION}")
    return sums


def write_index(path: Path, sums: Mapping[str, str]) -> None:
    """Write an index, whole or not at all.

    Parameters
    ----------
    path : Path
    sums : mapping of str to str
        SHA-256 by path.

    Raises
    ------
    OutputError
        The index cannot be written.
    """
    record = {"schema_version": INDEX_VERSION, "sha256": dict(sorted(sums.items()))}
    with whole_file(path) as part:
        text = json.dumps(record, indent=1)  # ASCII: undecodable names are escaped
        part.write_text(text + "\n", encoding="utf-8")


def compare(
    root: Path, recordings: Sequence[Recording], known: Mapping[str, str], now: Mapping[str, str]
) -> list[Finding]:
    """Compare files with an index: changed, missing and new ones.

    Parameters
    ----------
    root : Path
    recordings : sequence of Recording
        The recordings that the files belong to; other files belong to none.
    known, now : mapping of str to str
        SHA-256 by path, of the index and of the copy.

    Returns
    -------
    list of Finding
    """
    owners = {
        file.relative_to(root).as_posix(): recording.name
        for recording in recordings
        for file in recording.files
        if file.is_relative_to(root)
    }

    def finding(kind: str, path: str, text: str) -> Finding:
        # for an image in a folder, the recording names the folder
        places = (path, *(str(parent.as_posix()) for parent in Path(path).parents))
        owner = next((owners[place] for place in places if place in owners), "")
        return Finding(owner, kind, f"{root / path}: {text}")

    found = []
    for path in sorted(known.keys() | now.keys()):
        if path not in now:
            found.append(finding("missing", path, "missing, but in the index"))
        elif path not in known:
            found.append(finding("new", path, "new, not in the index"))
        elif known[path] != now[path]:
            found.append(finding("changed", path, "changed since the index was written"))
    return found
