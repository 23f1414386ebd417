"""Process pools that end with their parent, however it ends.

A pool of `concurrent.futures` outlives a parent that is killed, and one that Ctrl-C reaches
alone waits for what its workers are at, which may be hours. Here each worker watches a pipe
whose other end the parent alone holds: where that closes, the worker ends as by SIGTERM, so
that half-written files go, and at the latest after `GRACE_S`. (PDEATHSIG would not do: it
follows the thread that started a worker, and not every system has it.)
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

#: How long a worker may take to let go of what it is at, seconds.
GRACE_S = 1.0
#: How long the parent waits for workers that are to end before it kills them, seconds.
PATIENCE_S = 3.0
P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def process_pool(jobs: int, prepare: Callable[[], object] | None = None) -> Iterator[Pool]:
    """A pool of processes, each a fresh Python, for the time of a ``with`` block.

    Left by an error, by Ctrl-C or by a generator that is closed, the pool ends its workers
    in the middle of their work; left well, it waits for what was submitted. Ctrl-C reaches
    the parent alone.

    Parameters
    ----------
    jobs : int
        Processes.
    prepare : callable, optional
        A module's function, called once in each process, before it imports anything else.

    >>> with process_pool(1) as pool:
    ...     pool.submit(abs, -3).result()
    3
    """
    context = get_context("spawn")
    watched, held = context.Pipe(duplex=False)
    # by name: what it imports is imported only where the parent is watched already
    name = None if prepare is None else f"{prepare.__module__}:{prepare.__qualname__}"
    pool = Pool(jobs, mp_context=context, initializer=_begin, initargs=(watched, name))
    try:
        yield pool
        pool.shutdown()
    except BaseException:
        held.close()
        pool.end()
        raise
    finally:
        held.close()
        watched.close()


class Pool(ProcessPoolExecutor):
    """What `process_pool` gives."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a module's function called in one of the processes."""
        with _interrupts_held():  # a process may be started here, and inherits that
            return super().submit(partial(_run, fn), *args, **kwargs)

    def end(self) -> None:
        """End the workers now; those that do not go are killed."""
        processes = list((getattr(self, "_processes", None) or {}).values())
        for process in processes:
            with suppress(OSError, ValueError):
                process.terminate()
        late = threading.Timer(PATIENCE_S, _kill, [processes])
        late.daemon = True
        late.start()
        try:
            self.shutdown(cancel_futures=True)
        finally:
            late.cancel()

    def deaths(self) -> dict[int, int | None]:
        """End the workers; exit codes by process number, those of dead ones among them."""
        processes = list((getattr(self, "_processes", None) or {}).values())
        self.end()
        return {process.pid: process.exitcode for process in processes}


class _Leaving(SystemExit):
    """SIGTERM has come; told from a task's own way out."""


def _run(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A task; broken off, it has cleaned up when this is reached, and there is no other."""
    try:
        return fn(*args, **kwargs)
    except _Leaving:
        os._exit(128 + signal.SIGTERM)


def _kill(processes: list[Any]) -> None:
    for process in processes:
        with suppress(OSError, ValueError):
            process.kill()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start processes undisturbed: what asks for the end meanwhile is heard afterwards.

    They inherit that Ctrl-C is not for them, from their first moment.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {n: held for n in numbers if callable(held := signal.getsignal(n))}
    for number in handlers:
        signal.signal(number, lambda number, _: came.append(number))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if came:
        handlers[signal.Signals(came[0])](came[0], None)


def _begin(watched: Connection, name: str | None) -> None:
    """First thing in a worker."""
    end_with_parent(watched)
    if name is not None:
        module, _, function = name.partition(":")
        getattr(import_module(module), function)()


def end_with_parent(watched: Connection) -> None:
    """End this process where the pipe's other end closes; SIGTERM ends it with its cleanup.

    Parameters
    ----------
    watched : Connection
        Nothing is ever sent through it.
    """
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_watch, args=(watched,), daemon=True).start()


def end_with_process(parent: int) -> None:
    """End this process, as by SIGTERM, where the one that started it is gone.

    Parameters
    ----------
    parent : int
        Its number, `os.getppid` of a moment ago.
    """
    threading.Thread(target=_watch_process, args=(parent,), daemon=True).start()


def _watch_process(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(GRACE_S / 4)
    _end()


def _leave(number: int, _: object) -> None:
    # once: a second one must not break what the first has begun to clean up
    signal.signal(number, signal.SIG_IGN)
    timer = threading.Timer(GRACE_S, os._exit, [128 + number])
    timer.daemon = True  # a decoder in the middle of something hears nothing
    timer.start()
    raise _Leaving(128 + number)


def _watch(watched: Connection) -> None:
    with suppress(OSError, EOFError):
        watched.poll(None)  # nothing comes but its end
    _end()


def _end() -> None:
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(1)
