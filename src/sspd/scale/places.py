"""Destinations of the results of a corpus: local files, or objects of a store."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

from sspd.errors import OutputError, SSPDError
from sspd.pipeline.batch.result import BatchResult, Task
from sspd.utils.addresses import HTTP_SCHEMES, scheme_of
from sspd.utils.stores import Stores

#: Stem of the temporary file that is uploaded.
_PLAIN = "output"


def is_address(place: str | Path) -> bool:
    """Return whether a place is in a store.

    Parameters
    ----------
    place : str or Path

    Returns
    -------
    bool

    >>> is_address("s3://bucket/out.json"), is_address("out.json")
    (True, False)
    """
    return scheme_of(str(place)) is not None


def stem_of(video: str) -> str:
    """Return the name of a video without its suffix, for names of its files.

    Parameters
    ----------
    video : str
        Path or address.

    Returns
    -------
    str

    >>> stem_of("s3://bucket/a/b.c.mp4"), stem_of("a/b.mp4")
    ('b.c', 'b')
    """
    return PurePosixPath(video).stem if is_address(video) else Path(video).stem


def file_beside(place: str, ending: str) -> str:
    """Return the place of a video's file: ``NAME-ENDING.EXT`` for ``NAME.EXT``.

    Parameters
    ----------
    place : str
        As the user gave it.
    ending : str
        Empty: the place itself.

    Returns
    -------
    str

    >>> file_beside("s3://bucket/out/pulse.csv", "a-2"), file_beside("pulse.csv", "a")
    ('s3://bucket/out/pulse-a-2.csv', 'pulse-a.csv')
    """
    if not ending:
        return place
    if not is_address(place):
        path = Path(place)
        return str(path.with_name(f"{path.stem}-{ending}{path.suffix}"))
    folder, _, name = place.rpartition("/")
    whole = PurePosixPath(name)
    return f"{folder}/{whole.stem}-{ending}{whole.suffix}"


def check_address(place: str, stores: Stores) -> None:
    """Check, before work starts, that an address can be written to.

    Parameters
    ----------
    place : str
    stores : Stores

    Raises
    ------
    OutputError
        It is a web server's, or has no name.
    UsageError
        It is no address.
    """
    if scheme_of(place) in HTTP_SCHEMES:
        raise OutputError(f"{place}: a web server takes no results; give s3://, gs:// or az://")
    _, key = stores.find(place)
    if not key or key.endswith("/"):
        raise OutputError(f"{place}: is a folder, a file name is needed")


@contextmanager
def written_to(place: str, stores: Stores) -> Iterator[Path]:
    """Yield the path of a file to be written, which goes to a place at the end.

    Parameters
    ----------
    place : str
        Path or address.
    stores : Stores

    Yields
    ------
    Path

    Raises
    ------
    OutputError
        It cannot be written.
    """
    if not is_address(place):
        yield Path(place)
        return
    with tempfile.TemporaryDirectory(prefix="sspd-") as folder:
        path = Path(folder) / f"{_PLAIN}{PurePosixPath(place).suffix}"
        yield path
        stores.write(place, path)


def local_task(task: Task, folder: str | Path) -> Task:
    """Return a task whose files for stores are written to a folder of this machine first.

    Parameters
    ----------
    task : Task
    folder : str or Path
        Empty.

    Returns
    -------
    Task

    >>> task = Task(0, "a.mp4", {"signal": "s3://bucket/pulse-a.csv", "plot": "a.png"})
    >>> local_task(task, "parts").outputs
    {'signal': 'parts/signal.csv', 'plot': 'a.png'}
    """
    outputs = {
        kind: str(Path(folder) / f"{kind}{PurePosixPath(place).suffix}")
        if is_address(place)
        else place
        for kind, place in task.outputs.items()
    }
    return replace(task, outputs=outputs)


def deliver(task: Task, done: BatchResult, folder: str | Path, stores: Stores) -> BatchResult:
    """Send the files of a measured video to their stores.

    Parameters
    ----------
    task : Task
        As it was before `local_task`.
    done : BatchResult
    folder : str or Path
        See `local_task`.
    stores : Stores

    Returns
    -------
    BatchResult
        With a line for each file that could not be sent, and without the waveforms: those are
        in the files.
    """
    failures = list(done.failures)
    for kind, place in _addresses(task.outputs).items():
        suffix = PurePosixPath(place).suffix
        for path in sorted(Path(folder).glob(f"{kind}*{suffix}")):
            ending = path.stem.removeprefix(kind).removeprefix("-")  # of further faces
            try:
                stores.write(file_beside(place, ending), path)
            except SSPDError as error:
                failures.append(str(error))
    failures = [_named(line, task, folder) for line in failures]
    faces = tuple(replace(vitals, signal=None, beats_s=None) for vitals in done.faces)
    return replace(done, vitals=faces[0], others=faces[1:], failures=tuple(failures))


def _addresses(outputs: Mapping[str, str]) -> dict[str, str]:
    return {kind: place for kind, place in outputs.items() if is_address(place)}


def _named(line: str, task: Task, folder: str | Path) -> str:
    """A failure with the place that the user knows instead of the temporary one."""
    for kind, place in _addresses(task.outputs).items():
        line = line.replace(str(Path(folder) / f"{kind}{PurePosixPath(place).suffix}"), place)
    return line
