"""Ray as the engine of a corpus: it places workers on nodes; what is lost is tried again.

One video is one call of one actor, which has one network loaded. An actor that dies is replaced
after a pause that grows; its video goes to another one. The journal and the results are the
driver's (`sspd.scale.run`): an actor holds nothing that could be lost.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from sspd.methods.method import Method
from sspd.pipeline.batch.result import BatchResult, Task
from sspd.scale.actor import run_facts
from sspd.scale.scheduler import RaySettings, Scheduler
from sspd.scale.session import ray_session
from sspd.types import MeasureOptions


def measure_on_ray(
    options: MeasureOptions,
    method: Method,
    settings: RaySettings,
    note: Callable[[str], object],
    tasks: Iterator[Task | None],
) -> Generator[BatchResult, None, None]:
    """Measure tasks on a cluster.

    Parameters
    ----------
    options : MeasureOptions
    method : Method
        What ``options`` made ready.
    settings : RaySettings
    note : callable
        Called with one line about each event of a worker.
    tasks : iterator of Task or None
        See `sspd.scale.scheduler.Scheduler.results`.

    Yields
    ------
    BatchResult
        Without waveforms, in order of their ends.

    Raises
    ------
    ClusterError
        The cluster cannot be reached, keeps no worker, or has another version of the package.
    """
    first = next(tasks, None)
    if first is None:
        return  # nothing to be done: nothing to be started
    if options.weights is not None:
        options = replace(options, weights=str(Path(options.weights).absolute()))
    names = (method.name, method.weights)
    facts = run_facts(options, names, settings.cores, settings.limit_s, settings.allow_http)
    with ray_session(settings.address, settings.jobs, note) as ray:
        run = Scheduler(ray, facts, names, settings, note)
        try:
            yield from run.results(chain([first], tasks))
        finally:
            run.end()
