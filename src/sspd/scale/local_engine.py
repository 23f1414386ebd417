"""Worker processes of this machine as the engine of a corpus."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

from sspd.methods.method import Method
from sspd.pipeline.batch.pool import measure_in_workers
from sspd.pipeline.batch.result import BatchResult, Task
from sspd.pipeline.batch.run import usable_cores, workers_of_machine
from sspd.scale.places import deliver, local_task
from sspd.types import MeasureOptions
from sspd.utils.stores import Stores


def measure_here(
    options: MeasureOptions,
    method: Method,
    jobs: int,
    limit_s: float | None,
    stores: Stores,
    tasks: Iterator[Task | None],
) -> Generator[BatchResult, None, None]:
    """Measure tasks in worker processes of this machine, each with its share of the cores.

    Parameters
    ----------
    options : MeasureOptions
    method : Method
        What ``options`` made ready.
    jobs : int
        Videos at a time; 0: as many as cores and memory allow.
    limit_s : float or None
        See `sspd.measure_many`.
    stores : Stores
    tasks : iterator of Task or None
        See `sspd.pipeline.batch.pool.measure_in_workers`.

    Yields
    ------
    BatchResult
        Without waveforms, in order of their ends.
    """
    cores = usable_cores()
    jobs = jobs or workers_of_machine(cores)
    threads = max(1, cores // jobs) if jobs > 1 else None
    given: dict[int, Task] = {}
    with tempfile.TemporaryDirectory(prefix="sspd-") as folder:

        def here() -> Iterator[Task | None]:
            for task in tasks:
                if task is None:
                    yield None
                    continue
                own = Path(folder) / str(task.index)
                own.mkdir()
                given[task.index] = task
                yield local_task(task, own)

        run = measure_in_workers(here(), options, method, jobs, threads, limit_s)
        with closing(run):
            for done in run:
                own = Path(folder) / str(done.index)
                yield deliver(given.pop(done.index), done, own, stores)
                for path in own.iterdir():
                    path.unlink()
                own.rmdir()
