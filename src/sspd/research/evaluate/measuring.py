"""Recordings through a method, in one process or several; what is kept is not read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from sspd.errors import OutputError, SSPDError
from sspd.methods import Method
from sspd.research.evaluate.entries import Make
from sspd.research.evaluate.predictions import Unit, keep_unit, kept_unit, measure_unit, unit_key
from sspd.types import Recording
from sspd.utils.process_map import Words, process_map

#: Recordings that a process is given at a time; its method is made once for them.
BATCH = 6


def measured_units(
    recordings: Sequence[Recording],
    method: Method,
    make: Make,
    folder: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda n: None,
) -> Iterator[tuple[Recording, Unit | str]]:
    """Every recording's unit, measured where it is not kept already.

    Parameters
    ----------
    recordings : sequence of Recording
    method : Method
    make : callable
        Makes the same method in another process; can be pickled where there are several jobs.
    folder : Path
        Where units are kept, an .npz a recording.
    jobs : int
        Processes.
    progress : callable
        Is told that so many more are done.

    Yields
    ------
    recording, unit
        In the order given; in the unit's place the error, where it cannot be measured.

    Raises
    ------
    OutputError
        The folder cannot be written.
    SSPDError
        A process died.
    """
    keys = {one.name: unit_key(one, method) for one in recordings}
    todo = [one for one in recordings if kept_unit(_path(folder, one), keys[one.name]) is None]
    progress(len(recordings) - len(todo))
    errors: dict[str, str] = {}
    if jobs > 1 and len(todo) > 1:
        for found in _in_processes(todo, make, folder, jobs):
            errors |= found
            progress(len(found))
    else:
        for one in todo:
            errors[one.name] = _measure(one, method, folder)
            progress(1)
    for one in recordings:
        unit = kept_unit(_path(folder, one), keys[one.name])
        lost = errors.get(one.name) or "its waveform was lost while others were measured"
        yield one, unit if unit is not None else lost


def _path(folder: Path, recording: Recording) -> Path:
    return folder / f"{recording.name}.npz"


def _in_processes(
    todo: Sequence[Recording], make: Make, folder: Path, jobs: int
) -> Iterator[dict[str, str]]:
    size = max(1, min(BATCH, len(todo) // jobs))
    batches = [todo[k : k + size] for k in range(0, len(todo), size)]
    measure = partial(_measure_batch, make=make, folder=folder)
    words = Words(_names, "what was measured is kept, the same command continues")
    for _, found in process_map(measure, batches, jobs, words):
        yield found


def _names(batch: Sequence[Recording]) -> str:
    return " or ".join(one.name for one in batch)


def _measure_batch(batch: Sequence[Recording], make: Make, folder: Path) -> dict[str, str]:
    method = make()
    return {one.name: _measure(one, method, folder) for one in batch}


def _measure(recording: Recording, method: Method, folder: Path) -> str:
    """Measure and keep; what went wrong in a line, or nothing."""
    try:
        unit = measure_unit(recording, method)
        keep_unit(_path(folder, recording), unit, unit_key(recording, method))
    except OutputError:
        raise
    except SSPDError as error:
        return str(error)
    return ""
