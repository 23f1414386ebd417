"""Predict recordings with a method, in one process or several; saved predictions are reused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from sspd.errors import OutputError, SSPDError
from sspd.methods import Method
from sspd.research.evaluate.entries import Make
from sspd.research.evaluate.predictions import (
    Prediction,
    load_prediction,
    predict_recording,
    prediction_key,
    save_prediction,
)
from sspd.scale.mapping import MapOver
from sspd.types import Recording
from sspd.utils.process_map import Words, process_map

#: Recordings that a process is given at a time; it makes its method once for all of them.
BATCH = 6


def iter_predictions(
    recordings: Sequence[Recording],
    method: Method,
    make: Make,
    folder: Path,
    *,
    jobs: int = 1,
    over: MapOver | None = None,
    progress: Callable[[int], None] = lambda n: None,
) -> Iterator[tuple[Recording, Prediction | str]]:
    """Yield the prediction of every recording; those without a saved one are measured first.

    Parameters
    ----------
    recordings : sequence of Recording
    method : Method
    make : callable
        Makes the same method in another process; it can be pickled.
    folder : Path
        Folder of the saved predictions, one ``.npz`` for each recording.
    jobs : int
        Number of processes.
    over : callable, optional
        See `sspd.scale.mapping.mapping_of`; None: processes of this machine.
    progress : callable
        Called with the number of recordings that were finished since the last call.

    Yields
    ------
    recording : Recording
        In the order given.
    prediction : Prediction or str
        The error message, if the recording cannot be measured.

    Raises
    ------
    OutputError
        The folder cannot be written.
    SSPDError
        A process died.
    """
    keys = {one.name: prediction_key(one, method) for one in recordings}
    todo = [
        one for one in recordings if load_prediction(_path(folder, one), keys[one.name]) is None
    ]
    progress(len(recordings) - len(todo))
    errors: dict[str, str] = {}
    if todo and (over is not None or (jobs > 1 and len(todo) > 1)):
        for found in _in_processes(todo, make, folder, jobs, over or process_map):
            errors |= found
            progress(len(found))
    else:
        for one in todo:
            errors[one.name] = _measure(one, method, folder)
            progress(1)
    for one in recordings:
        prediction = load_prediction(_path(folder, one), keys[one.name])
        lost = errors.get(one.name) or "its saved prediction was lost while others were measured"
        yield one, prediction if prediction is not None else lost


def _path(folder: Path, recording: Recording) -> Path:
    return folder / f"{recording.name}.npz"


def _in_processes(
    todo: Sequence[Recording], make: Make, folder: Path, jobs: int, over: MapOver
) -> Iterator[dict[str, str]]:
    size = max(1, min(BATCH, len(todo) // max(1, jobs)))
    batches = [todo[k : k + size] for k in range(0, len(todo), size)]
    measure = partial(_measure_batch, make=make, folder=folder)
    words = Words(_names, "what was measured is kept, the same command continues")
    for _, found in over(measure, batches, jobs, words):
        yield found


def _names(batch: Sequence[Recording]) -> str:
    return " or ".join(one.name for one in batch)


def _measure_batch(batch: Sequence[Recording], make: Make, folder: Path) -> dict[str, str]:
    method = make()
    return {one.name: _measure(one, method, folder) for one in batch}


def _measure(recording: Recording, method: Method, folder: Path) -> str:
    """Predict a recording and save the result; return the error in one line, or nothing."""
    try:
        prediction = predict_recording(recording, method)
        save_prediction(_path(folder, recording), prediction, prediction_key(recording, method))
    except OutputError:
        raise
    except SSPDError as error:
        return str(error)
    return ""
