"""Process items in separate processes: one that dies or hangs costs its item, not the run."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

Item = TypeVar("Item")
#: Items for each process before it is replaced, to bound memory leaks.
ITEMS_A_PROCESS = 25


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, work(item)))
        except Exception as error:
            pipe.send((False, f"{type(error).__name__}: {error}"))


class _Worker:
    """One process and its current item."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.pipe, other = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self.process = context.Process(target=_serve, args=(other, work), daemon=True)
        self.process.start()
        other.close()
        self.item: Any = None
        self.since_s, self.served = 0.0, 0

    def begin(self, item: Any) -> None:
        self.item, self.since_s = item, time.monotonic()
        self.pipe.send(item)

    def end(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join()


def each_in_process(
    work: Callable[[Item], Any], items: Sequence[Item], jobs: int, patience_s: float
) -> Iterator[tuple[Item, Any]]:
    """Yield each item with its result as it arrives, or with its error in one line (str).

    ``work`` must be importable by name. A process that dies, or takes longer than ``patience_s``
    for one item, is replaced.
    """
    left = list(reversed(items))
    workers: list[_Worker] = []
    try:
        while left or workers:
            while left and len(workers) < jobs:
                workers.append(_Worker(work))
                workers[-1].begin(left.pop())
            ready = wait([worker.pipe for worker in workers], timeout=1.0)
            for worker in list(workers):
                result = _result(worker, worker.pipe in ready, patience_s)
                if result is None:
                    continue
                yield worker.item, result[0]
                worker.served += 1
                if left and result[1] and worker.served < ITEMS_A_PROCESS:
                    worker.begin(left.pop())
                else:
                    worker.end()
                    workers.remove(worker)
    finally:
        for worker in workers:
            worker.end()


def _result(worker: _Worker, ready: bool, patience_s: float) -> tuple[Any, bool] | None:
    """Return the result of a worker's item and whether the worker can go on; None: nothing yet."""
    if ready:
        try:
            _, result = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            return f"the process died ({worker.process.exitcode})", False
        return result, True
    if time.monotonic() - worker.since_s > patience_s:
        return f"took longer than {patience_s:g} s", False
    return None
