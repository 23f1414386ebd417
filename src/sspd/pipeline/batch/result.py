"""One video of many: measured, its own files written, failures told in a line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sspd.accel.prefetch import run_in_background
from sspd.errors import SSPDError, UsageError
from sspd.methods.method import Method
from sspd.report.result import Vitals
from sspd.types import MeasureOptions
from sspd.video.progress import Progress

if TYPE_CHECKING:
    from sspd.video.remote import RemoteVideo

#: A worker's line that begins so says how far its video is: a phase and a share, in JSON.
PROGRESS = b"~"


@dataclass(frozen=True)
class Task:
    """A video to be measured, and the files that are to be written of it.

    Parameters
    ----------
    index : int
        Its place among the videos.
    video : str
    outputs : mapping of str to str
        Kind (see `sspd.report.outputs`) to file.
    options : mapping of str to object, optional
        This video's own `MeasureOptions.to_dict`, of the same method, weights and precision;
        None: those of all videos.
    stored : mapping of str to object, optional
        Of a video in a store: ``facts`` (`sspd.utils.stores.ObjectFacts`, a list) and
        ``allow_http``; None: of its address alone.
    part : mapping of str to object, optional
        What is to be done of a long video, see `sspd.pipeline.batch.parts`; None: everything.
    """

    index: int
    video: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] | None = None
    stored: Mapping[str, Any] | None = None
    part: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class BatchResult:
    """One video of many, done.

    Parameters
    ----------
    index : int
        Its place among the videos that were given.
    vitals : Vitals
        Of its largest face; with ``error`` where the video failed.
    misused : bool
        Whether it failed because of an argument that cannot be right for it.
    failures : tuple of str
        What could not be written, a line each.
    resumed : bool
        Whether it was measured by a run before this one.
    others : tuple of Vitals
        Of its other faces, where every face was asked for.
    part : mapping of str to object, optional
        What was done of a long video, see `sspd.pipeline.batch.parts`: ``vitals`` say nothing
        yet; None: everything.
    """

    index: int
    vitals: Vitals
    misused: bool = False
    failures: tuple[str, ...] = ()
    resumed: bool = False
    others: tuple[Vitals, ...] = ()
    part: Mapping[str, Any] | None = None

    @property
    def faces(self) -> tuple[Vitals, ...]:
        """Everybody in the video."""
        return (self.vitals, *self.others)


def measure_video(
    task: Task, options: MeasureOptions, method: Method, progress: Progress | None = None
) -> BatchResult:
    """Measure a video and write its files; the result names what failed.

    Parameters
    ----------
    task : Task
    options : MeasureOptions
    method : Method
        What ``options`` made ready.
    progress : callable, optional
        See `sspd.measure`; at the end there is ``writing``.

    Returns
    -------
    BatchResult

    >>> from sspd.pipeline.loading import load_method
    >>> options = MeasureOptions(method="pos")
    >>> measure_video(Task(0, "gone.mp4"), options, load_method(options)).vitals.error
    'gone.mp4: no such file'
    """
    if method.prepare is not None:
        run_in_background(
            method.prepare
        )  # beside what is still to be imported; once done it is nothing
    from sspd.pipeline.batch.parts import measure_task
    from sspd.report.outputs import write_outputs

    try:
        found = measure_task(task, source_of(task), options, method, progress)
        if isinstance(found, dict):
            nothing = Vitals(task.video, method.name, method.weights, 0.0, None, ())
            return BatchResult(task.index, nothing, part=found)
        vitals, *others = found
    except Exception as error:  # the other videos are still to be measured
        return failed(task, method.name, method.weights, error)
    if progress is not None and task.outputs:
        progress("writing", 1.0)
    failures = [line for each in (vitals, *others) for line in write_outputs(each, task.outputs)]
    return BatchResult(task.index, vitals, failures=tuple(failures), others=tuple(others))


def source_of(task: Task) -> str | RemoteVideo:
    """Return what holds a video: its path, or the object that was listed.

    Parameters
    ----------
    task : Task

    Returns
    -------
    str or RemoteVideo

    >>> source_of(Task(0, "a.mp4"))
    'a.mp4'
    """
    if task.stored is None:
        return task.video
    from sspd.utils.stores import ObjectFacts
    from sspd.video.remote import RemoteVideo

    facts = task.stored["facts"]
    known = None if facts is None else ObjectFacts(*facts)
    return RemoteVideo(task.video, known, allow_http=bool(task.stored["allow_http"]))


def failed(task: Task, method: str, weights: str | None, error: Exception) -> BatchResult:
    """Return the result of a video that could not be measured, with one line that says why.

    Parameters
    ----------
    task : Task
    method, weights : str
        Names, as in `Vitals`.
    error : Exception

    Returns
    -------
    BatchResult

    >>> failed(Task(0, "videos/a.mp4"), "pos", None, KeyError("x")).vitals.error
    "a.mp4: unexpected KeyError: 'x'"
    """
    told = str(error)
    if not isinstance(error, SSPDError):
        told = f"{Path(task.video).name}: unexpected {type(error).__name__}: {error}"
    line = " ".join(told.split())
    vitals = Vitals(task.video, method, weights, 0.0, None, (), error=line)
    return BatchResult(task.index, vitals, misused=isinstance(error, UsageError))
