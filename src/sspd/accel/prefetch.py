"""Work that runs ahead of whoever wants it, in a thread of its own, and never far."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from functools import partial
from importlib import import_module
from queue import Full, Queue
from threading import Event, Lock, Thread, get_native_id
from typing import TypeVar

Item = TypeVar("Item")
#: How often a thread that waits looks whether it is still wanted, seconds.
_LOOK_S = 0.05
#: How much less urgent work ahead is than the work that waits for it (see nice(2)).
_LESS_URGENT, _LEAST_URGENT = 5, 19
#: After so long another thread may run Python, seconds, while a module is imported.
_GIVE_WAY_S, _ONE_GIVES_WAY = 3e-4, Lock()


class _End:
    """Stands behind the last item, with what went wrong."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def prefetch(items: Iterable[Item], depth: int) -> Generator[Item, None, None]:
    """Iterate in a thread of its own.

    Decoding, cutting out faces and the network leave Python's lock most of the time, so
    they run side by side. A consumer that is slow holds the thread up: no more than
    `depth` items wait. One that stops early ends it. Where there are fewer cores than
    threads the consumer goes first (on Linux, which knows threads that are less urgent).

    Parameters
    ----------
    items : iterable
        Made and used in the thread alone.
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
    waiting: Queue[Item | _End] = Queue(depth)
    unwanted = Event()
    thread = Thread(target=_fill, args=(items, waiting, unwanted), daemon=True)
    thread.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        unwanted.set()
        thread.join()


def run_in_background(work: Callable[[], object]) -> Thread:
    """Do something that is wanted later, in a thread of its own.

    Starting leaves a core idle at first. Who wants it meanwhile waits for it or does it
    himself, and an error is raised to him.

    Parameters
    ----------
    work : callable

    Returns
    -------
    Thread
        Nobody has to wait for it.

    Examples
    --------
    >>> run_in_background(list).join()
    """
    thread = Thread(target=_quietly, args=(work,))
    thread.start()
    return thread


def import_in_background(name: str) -> Thread | None:
    """Import a module that is wanted later, in a thread of its own that gives way to others.

    An import is Python alone, which one thread runs at a time; who waits for it waits 5 ms,
    and a picture on its way through this package waits twenty times. So threads change
    places sixteen times as often meanwhile, in the whole process.

    Parameters
    ----------
    name : str

    Returns
    -------
    Thread or None
        None where it is there already.

    Examples
    --------
    >>> import_in_background("sys")
    """
    return None if name in sys.modules else run_in_background(partial(_give_way, name))


def _give_way(name: str) -> None:
    with _ONE_GIVES_WAY:  # or two would each put back what the other has set
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(min(usual_s, _GIVE_WAY_S))
        try:
            import_module(name)
        finally:
            sys.setswitchinterval(usual_s)


def _quietly(work: Callable[[], object]) -> None:
    with suppress(Exception):
        work()


def _fill(items: Iterable[Item], waiting: Queue[Item | _End], unwanted: Event) -> None:
    error: BaseException | None = None
    _be_less_urgent()
    try:
        for item in items:
            if not _put(item, waiting, unwanted):
                break
    except BaseException as raised:  # the consumer's thread is where it belongs
        error = raised
    finally:
        if hasattr(items, "close"):
            items.close()  # a video is closed here, where it was read
    _put(_End(error), waiting, unwanted)


def _be_less_urgent() -> None:
    if sys.platform != "linux":  # where the number of a thread may be another's process
        return
    with suppress(OSError):  # forbidden: then it is as urgent as all
        thread = get_native_id()
        urgency = os.getpriority(os.PRIO_PROCESS, thread) + _LESS_URGENT
        os.setpriority(os.PRIO_PROCESS, thread, min(urgency, _LEAST_URGENT))


def _put(item: Item | _End, waiting: Queue[Item | _End], unwanted: Event) -> bool:
    """Wait until there is room; False where nobody wants it any more."""
    while not unwanted.is_set():
        try:
            waiting.put(item, timeout=_LOOK_S)
        except Full:
            continue
        return True
    return False
