"""One function over many items, on this machine or on a Ray cluster."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from sspd.errors import ClusterError, UsageError
from sspd.scale.deaths import brief, is_of_node, pause_s
from sspd.scale.scheduler import MAX_NODES, MAX_TRIES, POLL_S
from sspd.scale.session import ray_session
from sspd.utils.process_map import Words, process_map
from sspd.version import package_version

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Engines that can run a function.
ENGINES = ("local", "ray")
#: Items that are given to a cluster beyond its cores, so that none of them waits.
AHEAD = 2


class MapOver(Protocol):
    """A function like `sspd.utils.process_map.process_map`."""

    def __call__(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        jobs: int,
        words: Words[Item],
    ) -> Generator[tuple[Item, Result], None, None]:
        """Call the function with each item, and yield the results as they come."""


def mapping_of(
    engine: str, address: str | None = None, note: Callable[[str], object] | None = None
) -> MapOver:
    """Return how to run a function over many items.

    Parameters
    ----------
    engine : str
        ``local``: processes of this machine; ``ray``: a cluster.
    address : str or None
        Of a Ray cluster; None: Ray is started here, for as long as it is needed.
    note : callable, optional
        Called with one line about each event of a worker.

    Returns
    -------
    callable
        As `sspd.utils.process_map.process_map`.

    Raises
    ------
    UsageError
        No such engine, or an address without Ray.

    >>> mapping_of("soup")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: the engine is one of local, ray, not 'soup'
    """
    if engine not in ENGINES:
        raise UsageError(f"the engine is one of {', '.join(ENGINES)}, not {engine!r}")
    if address is not None and engine != "ray":
        raise UsageError("an address is that of a Ray cluster: it needs the engine ray")
    if engine == "local":
        return process_map
    return partial(ray_map, address=address, note=note or _nothing)


def check_jobs(jobs: int, engine: str) -> int:
    """Check the number of jobs.

    Parameters
    ----------
    jobs : int
        0, as many as there are cores for, is for a cluster alone.
    engine : str

    Returns
    -------
    int

    Raises
    ------
    UsageError

    >>> check_jobs(0, "ray")
    0
    """
    least = 0 if engine == "ray" else 1
    if jobs < least:
        raise UsageError(f"jobs must be {least} or more, got {jobs}")
    return jobs


def ray_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    words: Words[Item],
    *,
    address: str | None = None,
    note: Callable[[str], object] = lambda line: None,
) -> Generator[tuple[Item, Result], None, None]:
    """Call a function with each item on a Ray cluster, and yield the results as they finish.

    Whatever the function writes, it writes on a node: to a folder that all nodes share, or to
    this machine where Ray is started here.

    Parameters
    ----------
    function : callable
        Function of a module of this package, or a `functools.partial` of one.
    items : iterable
        Picklable items; asked for as there is room.
    jobs : int
        Items at a time; 0: as many as the cluster has cores, also when it grows.
    words : Words
        Error message for an item whose worker dies again and again.
    address : str or None
        See `mapping_of`.
    note : callable
        See `mapping_of`.

    Yields
    ------
    item, result

    Raises
    ------
    SSPDError
        An item took its worker along three times.
    ClusterError
        The cluster cannot be reached, or a node has another version of the package.
    """
    waiting = iter(items)
    first = next(waiting, _END)
    if first is _END:
        return  # nothing to be done: nothing to be started
    with ray_session(address, jobs, note) as ray:
        run = _Run(ray, function, jobs, words, note)
        run.again.append(_Try(first))
        try:
            yield from run.results(waiting)
        finally:
            run.end()


_END: Any = object()


def _nothing(line: str) -> None:
    pass


@dataclass(frozen=True, eq=False)
class _Try:
    """An item, and what has ended under it."""

    item: Any
    deaths: int = 0
    nodes: int = 0
    from_s: float = 0.0
    """Time of the next try."""


@dataclass
class _Run:
    """The driver's loop."""

    ray: Any
    function: Callable[[Any], Any]
    jobs: int
    words: Words[Any]
    note: Callable[[str], object]
    running: dict[Any, _Try] = field(default_factory=dict)
    again: deque[_Try] = field(default_factory=deque)
    exhausted: bool = False

    def results(self, items: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
        # this loop tries again, after a pause; an error of the function is no reason to
        task = self.ray.remote(num_cpus=1, max_retries=0, retry_exceptions=False)(_called)
        facts = (package_version(), os.getcwd())  # noqa: PTH109
        while True:
            most = self._most()
            while len(self.running) < most and (one := self._next(items)) is not None:
                self.running[task.remote(self.function, one.item, *facts)] = one
            if not self.running:
                if self.exhausted and not self.again:
                    return
                time.sleep(POLL_S / 10)
                continue
            ended, _ = self.ray.wait(list(self.running), num_returns=1, timeout=POLL_S)
            for ref in ended:
                found = self._ended(ref)
                if found is not None:
                    yield found

    def end(self) -> None:
        """End what runs; its workers end with it."""
        for ref in self.running:
            with suppress(Exception):  # it may be gone, and Ray too
                self.ray.cancel(ref, force=True)

    def _most(self) -> int:
        cores = int(self.ray.cluster_resources().get("CPU", 0))
        return min(self.jobs, cores + AHEAD) if self.jobs else max(1, cores + AHEAD)

    def _next(self, items: Iterator[Any]) -> _Try | None:
        if self.again and self.again[0].from_s <= time.monotonic():
            return self.again.popleft()
        if not self.exhausted:
            item = next(items, _END)
            if item is not _END:
                return _Try(item)
            self.exhausted = True
        return None

    def _ended(self, ref: Any) -> tuple[Any, Any] | None:
        one = self.running.pop(ref)
        try:
            problem, result = self.ray.get(ref)
        except self.ray.exceptions.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            cause.add_note(f"on a cluster, at {self.words.name(one.item)}")
            raise cause from None
        except self.ray.exceptions.RayError as error:
            on_node, why = is_of_node(error), brief(error)
        else:
            if problem is not None:
                raise ClusterError(problem)
            return one.item, result
        deaths, nodes = one.deaths + (not on_node), one.nodes + on_node
        if deaths >= MAX_TRIES or nodes >= MAX_NODES:
            raise self.words.died([one.item], None)
        self.note(f"{self.words.name(one.item)}: its worker ended ({why}); tried again")
        from_s = time.monotonic() + pause_s(deaths + nodes)
        self.again.append(_Try(one.item, deaths, nodes, from_s))
        return None


def _called(
    function: Callable[[Item], Result], item: Item, version: str, folder: str
) -> tuple[str | None, Result | None]:
    """Call the function on a node; what is wrong with the node, and the result."""
    if version != package_version():
        ours = f"sspd {package_version()}, and the command {version}; install the same on all"
        return f"node {socket.gethostname()} has {ours}", None
    with suppress(OSError):  # relative paths are the driver's, where there is its folder
        os.chdir(folder)
    return None, function(item)
