"""Work done on background threads: items made ahead of their consumer, and preparations.

With tricks off (`sspd.accel.switch`) no thread is started: items are made when they are asked
for, and preparations are made at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from functools import partial
from importlib import import_module
from queue import Full, Queue
from threading import Event, Thread, get_native_id
from typing import TypeVar

from sspd.accel.switch import enabled

Item = TypeVar("Item")
#: Time between two checks of a waiting thread whether it is still needed, seconds.
_POLL_S = 0.05
#: Niceness of prefetching above its consumer's, and the highest niceness (nice(2)).
_NICE_STEP, _NICE_MAX = 5, 19


class _End:
    """Stands behind the last item, with the error that ended the iteration."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def prefetch(items: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    """Iterate on a background thread, a bounded number of items ahead.

    Decoding, cropping faces and the network release Python's lock most of the time, so they
    run side by side. A slow consumer holds the thread up: no more than `depth` items wait. A
    consumer that stops early ends it. Where there are fewer cores than threads the consumer
    goes first (on Linux, where each thread has a priority of its own).

    Parameters
    ----------
    items : iterable
        Made and used on the thread alone.
    depth : int
        How many items may wait, 1 or more.

    Yields
    ------
    item
        In order. What `items` raises is raised here, in its turn.

    Examples
    --------
    >>> list(prefetch(iter("abc"), depth=1))
    ['a', 'b', 'c']
    """
    if not enabled():
        yield from _inline(items)
        return
    queue: Queue[Item | _End] = Queue(depth)
    stopped = Event()
    thread = Thread(target=_fill, args=(items, queue, stopped), daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


def run_in_background(work: Callable[[], object]) -> Thread:
    """Run a preparation on a background thread.

    Parameters
    ----------
    work : callable
        Prepares something that its user would otherwise prepare when it is wanted. An error is
        dropped here: the user meets it again.

    Returns
    -------
    Thread
        Started. Nobody has to wait for it. With tricks off it has ended.

    Examples
    --------
    >>> run_in_background(list).join()
    """
    beside = enabled()
    thread = Thread(target=_drop_errors, args=(work,))
    thread.start()
    if not beside:
        thread.join()
    return thread


def import_in_background(name: str) -> Thread | None:
    """Import a module that is wanted later on a background thread.

    Parameters
    ----------
    name : str

    Returns
    -------
    Thread or None
        None where it is imported already, and with tricks off: its user imports it.

    Examples
    --------
    >>> import_in_background("sys")
    """
    if name in sys.modules or not enabled():
        return None
    return run_in_background(partial(import_module, name))


def _inline(items: Iterable[Item]) -> Generator[Item, None, None]:
    """Iterate here; who stops early closes the items, as the thread does."""
    try:
        yield from items
    finally:
        if hasattr(items, "close"):
            items.close()


def _drop_errors(work: Callable[[], object]) -> None:
    with suppress(Exception):
        work()


def _fill(items: Iterable[Item], queue: Queue[Item | _End], stopped: Event) -> None:
    error: BaseException | None = None
    _lower_priority()
    try:
        for item in items:
            if not _put(item, queue, stopped):
                break
    except BaseException as raised:  # the consumer's thread is where it belongs
        error = raised
    finally:
        if hasattr(items, "close"):
            items.close()  # a video is closed here, where it was read
    _put(_End(error), queue, stopped)


def _lower_priority() -> None:
    if sys.platform != "linux":  # where the number of a thread may be another's process
        return
    with suppress(OSError):  # forbidden: then it keeps its priority
        thread = get_native_id()
        nice = os.getpriority(os.PRIO_PROCESS, thread) + _NICE_STEP
        os.setpriority(os.PRIO_PROCESS, thread, min(nice, _NICE_MAX))


def _put(item: Item | _End, queue: Queue[Item | _End], stopped: Event) -> bool:
    """Wait until there is room; return False where nobody wants the item any more."""
    while not stopped.is_set():
        try:
            queue.put(item, timeout=_POLL_S)
        except Full:
            continue
        return True
    return False
