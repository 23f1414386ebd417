"""Many videos, one after the other or several at a time."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sspd.errors import UsageError
from sspd.methods.method import Method
from sspd.pipeline.batch.identity import identity
from sspd.pipeline.batch.journal import Journal, entry_of
from sspd.pipeline.batch.pool import Progress, measure_in_workers
from sspd.pipeline.batch.result import BatchResult, Task, measure_video
from sspd.pipeline.loading import load_method
from sspd.types import MeasureOptions
from sspd.types.arguments import BoxLike, Source, face_box, source_list, source_path
from sspd.utils.partials import remove_parts

#: Memory to have for each worker where their number is not said: a video of 1920x1080 took
#: 0.57 GB by the network in float32, and a second face takes more.
WORKER_BYTES = 1 << 30


def measure_many(
    videos: Source | Iterable[Source],
    *,
    jobs: int = 1,
    outputs: Sequence[Mapping[str, str | Path]] | None = None,
    journal: Journal | None = None,
    method: str = "sspd",
    weights: str | Path | None = None,
    window_s: float = 30.0,
    step_s: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
    box: BoxLike | None = None,
    every_face: bool = False,
    precision: str = "f32",
    smooth: bool = False,
    min_confidence: float | None = None,
    limit_s: float | None = None,
    progress: Progress | None = None,
) -> Generator[BatchResult, None, None]:
    """Measure videos in processes of their own; each result as it comes.

    A video that fails is a result with ``vitals.error``, also where it takes its process
    along (out of memory, a decoder that crashes): the others go on. A single video is
    measured in this process, unless there is a limit.

    Parameters
    ----------
    videos : path, or iterable of path
        One path alone is one video.
    jobs : int
        Videos measured at a time, each by a process with its share of the cores; 0: one
        a core, as far as the memory goes.
    outputs : sequence of mapping, optional
        For each video the files to write of it: kind, of `sspd.report.outputs`, to path.
    journal : Journal, optional
        Where each result is written down as soon as it is there, its files before it;
        if the journal resumes, what stands in it is not measured again, unless video,
        options, weights, files or version changed. Videos that failed are.
    method, weights, window_s, step_s, start_s, end_s, fps, box, precision
        See `sspd.measure`; the method by name.
    smooth, min_confidence
        See `sspd.measure`.
    every_face : bool
        Measure everybody, see `sspd.measure_faces`: the largest face is the result's
        ``vitals``, the files of the others are called after their number.
    limit_s : float, optional
        For videos that are not trusted: seconds that one may take, start-up included,
        in a process that may take 4 GiB of address space (where the system has limits,
        which Windows has not).
    progress : callable, optional
        Called with the index of a video in ``videos``, a phase and its finished fraction
        (see `sspd.measure`), by any thread.

    Yields
    ------
    BatchResult
        In order of their ends; ``index`` is the place among ``videos``.

    Raises
    ------
    SSPDError
        At once: an argument that cannot be right, weights that cannot be used.

    >>> for done in measure_many(["no_such_video.mp4"], method="pos"):
    ...     print(done.index, done.vitals.error)
    0 no_such_video.mp4: no such file
    """
    options = MeasureOptions(
        method=method,
        weights=None if weights is None else source_path(weights),
        precision=precision,
        window_s=window_s,
        step_s=step_s,
        start_s=start_s,
        end_s=end_s,
        fps=fps,
        box=face_box(box),
        every_face=every_face,
        smooth=smooth,
        min_confidence=min_confidence,
    )
    if jobs < 0:
        raise UsageError(f"jobs must be 0 or more, got {jobs}")
    if limit_s is not None and not limit_s > 0:
        raise UsageError(f"a video may take more than 0 s, got a limit of {limit_s} s")
    tasks = _tasks(source_list(videos), outputs)
    ready = load_method(options)
    # of each video as it is now: one that changes while it waits is measured again by a
    # run that resumes
    made_with = {} if journal is None else identity(options, ready)
    entries = [None if journal is None else entry_of(task, made_with) for task in tasks]
    return _measure(tasks, entries, journal, options, ready, jobs, limit_s, progress)


def _tasks(videos: list[str], outputs: Sequence[Mapping[str, str | Path]] | None) -> list[Task]:
    files = [{}] * len(videos) if outputs is None else outputs
    if len(files) != len(videos):
        raise UsageError(f"outputs must be one mapping a video, got {len(files)} for {len(videos)}")
    return [
        Task(i, video, {kind: str(path) for kind, path in wanted.items()})
        for i, (video, wanted) in enumerate(zip(videos, files, strict=True))
    ]


def _measure(
    tasks: list[Task],
    entries: list[dict[str, Any] | None],
    journal: Journal | None,
    options: MeasureOptions,
    method: Method,
    jobs: int,
    limit_s: float | None,
    progress: Progress | None,
) -> Generator[BatchResult, None, None]:
    waiting = []
    for task, entry in zip(tasks, entries, strict=True):
        known = _known(task, entry, journal)
        if known is not None:
            yield known
        else:
            waiting.append(task)
    with closing(_run(waiting, len(tasks), options, method, jobs, limit_s, progress)) as run:
        for done in run:
            yield _written_down(done, entries[done.index], journal)


def _known(task: Task, entry: dict[str, Any] | None, journal: Journal | None) -> BatchResult | None:
    """A video's result from the journal, or a place where nothing is left of a try before."""
    if journal is None or entry is None or not journal.resume:
        return None
    faces = journal.find(entry)
    if faces is None:
        for path in task.outputs.values():
            remove_parts(path)
        return None
    return BatchResult(task.index, faces[0], resumed=True, others=faces[1:])


def _written_down(
    done: BatchResult, entry: dict[str, Any] | None, journal: Journal | None
) -> BatchResult:
    """Add a result to the journal; what failed is left out, and so tried again."""
    if journal is None or entry is None or done.vitals.error is not None or done.failures:
        return done
    problem = journal.add(entry, *done.faces)
    return done if problem is None else replace(done, failures=(problem,))


def _run(
    tasks: list[Task],
    given: int,
    options: MeasureOptions,
    method: Method,
    jobs: int,
    limit_s: float | None,
    progress: Progress | None,
) -> Generator[BatchResult, None, None]:
    # The number of videos that were given decides, not what is left of them: where a run
    # resumes, the last one may be the one that crashes its process.
    if given <= 1 and limit_s is None:
        for task in tasks:
            own = None if progress is None else partial(progress, task.index)
            yield measure_video(task, options, method, own)
        return
    cores = usable_cores()
    jobs = min(jobs or workers_of_machine(cores), len(tasks))
    if jobs:
        threads = max(1, cores // jobs) if jobs > 1 else None
        yield from measure_in_workers(tasks, options, method, jobs, threads, limit_s, progress)


def usable_cores() -> int:
    """Return how many processor cores this process may use.

    Returns
    -------
    int

    >>> usable_cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers_of_machine(cores: int) -> int:
    """Return how many videos to measure at a time: one a core, as far as the memory goes.

    Parameters
    ----------
    cores : int

    Returns
    -------
    int

    >>> workers_of_machine(1)
    1
    """
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # a system that does not tell
        return cores
    return max(1, min(cores, memory // WORKER_BYTES))
