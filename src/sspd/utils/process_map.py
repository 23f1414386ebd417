"""Parallel map over items in several processes; if a process dies, its item is named.

Each process writes its current item to shared memory. If a process dies, its exit code and
that entry tell the cause and the item; the other processes are ended.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Generic, TypeVar

from sspd.errors import SSPDError
from sspd.utils.exit_codes import death_words
from sspd.utils.pool import Pool, process_pool

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Size of an entry: the process id, or 0 when the item is finished.
_NOTE_BYTES = 8
#: Exit codes of processes that were ended on purpose.
_ENDED = (0, 128 + signal.SIGTERM, -signal.SIGTERM)


@dataclass(frozen=True)
class Words(Generic[Item]):
    """Text of the error message for a process that dies.

    Parameters
    ----------
    name : callable
        Returns the name of an item.
    kept : str
        Clause that tells which results are kept and how to continue.
    fewer : str
        Advice that reduces the use of memory; empty if there is none.
    error : type
        Type of the error.

    >>> str(Words(str, kept="nothing is kept").died(["a.mp4"], -11))
    'a.mp4: its worker process crashed (SIGSEGV); nothing is kept'
    """

    name: Callable[[Item], str] = str
    kept: str = ""
    fewer: str = "fewer --jobs need less"
    error: type[SSPDError] = SSPDError

    def died(self, items: Iterable[Item], code: int | None) -> SSPDError:
        """Return the error for a process that died at one of these items.

        Parameters
        ----------
        items : iterable
            Empty if the process had no item.
        code : int or None
            Exit code; None if unknown.

        Returns
        -------
        SSPDError
        """
        names = [self.name(item) for item in items]
        death = "its worker process died" if code is None else death_words(code, self.fewer)
        if not names:
            text = death.replace("its", "a", 1)
        else:
            text = f"{'one of ' if len(names) > 1 else ''}{', '.join(names)}: {death}"
        return self.error(f"{text}; {self.kept}" if self.kept else text)


def process_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    words: Words[Item],
    *,
    ordered: bool = False,
    prepare: Callable[[], object] | None = None,
) -> Generator[tuple[Item, Result], None, None]:
    """Call a function with each item in parallel, and yield the results as they finish.

    A single job runs in this process, item by item on request. An error of the function is
    raised here. When the generator ends early, by an error, Ctrl-C or `close`, the processes
    are ended during their tasks.

    Parameters
    ----------
    function : callable
        Function of a module, or a `functools.partial` of one.
    items : iterable
        Picklable items.
    jobs : int
        Number of processes.
    words : Words
        Error message for a process that dies.
    ordered : bool
        True to yield the results in the order of the items.
    prepare : callable or None
        See `process_pool`.

    Yields
    ------
    item, result

    Raises
    ------
    SSPDError
        A process died; the message names its item.

    >>> list(process_map(abs, [-3, 2], 1, Words(str)))
    [(-3, 3), (2, 2)]
    """
    if jobs == 1:
        for item in items:
            yield item, function(item)
        return
    items = list(items)
    with _watched_pool(jobs, words, len(items), prepare) as run:
        run.submit(function, items)
        for future in list(run.waiting) if ordered else as_completed(list(run.waiting)):
            yield run.taken(future)


class _Run(Generic[Item]):
    """Items that were submitted to a pool and whose results are not taken yet."""

    def __init__(self, pool: Pool, notes: SharedMemory, words: Words[Item]) -> None:
        self.waiting: dict[Future[Any], Item] = {}
        self._pool, self._notes, self._words = pool, notes, words
        self._at: dict[Future[Any], int] = {}

    def submit(self, function: Callable[[Item], object], items: Iterable[Item]) -> None:
        for place, item in enumerate(items):
            future = self._pool.submit(_noted, self._notes.name, place, function, item)
            self.waiting[future], self._at[future] = item, place

    def taken(self, future: Future[Any]) -> tuple[Item, Any]:
        try:
            result = future.result()
        except BrokenProcessPool:
            raise
        except Exception as error:
            error.add_note(f"in a worker process, at {self._words.name(self.waiting[future])}")
            raise
        del self._at[future]
        return self.waiting.pop(future), result

    def died(self) -> SSPDError:
        """End the processes, and name the items of the dead ones if they are known."""
        codes = self._pool.deaths()
        at = {_note(self._notes, self._at[future]): item for future, item in self.waiting.items()}
        dead = [pid for pid, code in codes.items() if code not in _ENDED]
        if not dead:  # a process ended from outside looks like those ended on purpose
            return self._words.died([item for pid, item in at.items() if pid in codes], None)
        return self._words.died([at[pid] for pid in dead if pid in at], codes[dead[0]])


@contextmanager
def _watched_pool(
    jobs: int, words: Words[Item], places: int, prepare: Callable[[], object] | None = None
) -> Generator[_Run[Item], None, None]:
    """Run a pool with shared memory for its items; its deaths raise the error of ``words``."""
    places = max(1, places)
    notes = SharedMemory(create=True, size=places * _NOTE_BYTES)
    try:
        with process_pool(jobs, prepare) as pool:
            run = _Run(pool, notes, words)
            try:
                yield run
            except BrokenProcessPool as error:
                raise run.died() from error
    finally:  # no process is left that uses it
        notes.close()
        notes.unlink()


def _noted(notes: str, place: int, function: Callable[[Item], Result], item: Item) -> Result:
    """Call the function, and note the item in shared memory meanwhile."""
    memory = SharedMemory(notes)
    try:
        _set_note(memory, place, os.getpid())
        try:
            result = function(item)
        except Exception:
            _set_note(memory, place, 0)
            raise
        _set_note(memory, place, 0)  # not in `finally`: a process that is ended keeps its note
        return result
    finally:
        memory.close()


def _note(memory: SharedMemory, place: int) -> int:
    assert memory.buf is not None
    start = place * _NOTE_BYTES
    return int.from_bytes(memory.buf[start : start + _NOTE_BYTES], "little")


def _set_note(memory: SharedMemory, place: int, number: int) -> None:
    assert memory.buf is not None
    start = place * _NOTE_BYTES
    memory.buf[start : start + _NOTE_BYTES] = number.to_bytes(_NOTE_BYTES, "little")
