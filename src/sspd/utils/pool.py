"""Process pools that end together with their parent process.

The workers of a `concurrent.futures` pool outlive a parent that is killed, and after Ctrl-C
the parent waits for their current tasks, which may take hours. Here each worker watches a pipe
of which only the parent holds the other end. When it closes, the worker ends as by SIGTERM, so
that partial files are removed, and at the latest after `WORKER_GRACE_S`. (PDEATHSIG is no
alternative: it follows the thread that started a worker, and not every system has it.)
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

#: Time that a worker gets to clean up after SIGTERM, seconds.
WORKER_GRACE_S = 1.0
#: Time after which the parent kills workers that have not ended, seconds.
KILL_AFTER_S = 3.0
P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def process_pool(jobs: int, prepare: Callable[[], object] | None = None) -> Iterator[Pool]:
    """Run a pool of processes, each a new Python interpreter, during a ``with`` block.

    At the normal end of the block the pool waits for the submitted tasks. After an error,
    Ctrl-C or the closing of a generator it ends its workers during their tasks. Ctrl-C reaches
    only the parent.

    Parameters
    ----------
    jobs : int
        Number of processes.
    prepare : callable or None
        Function of a module that is called once in each process, before other imports.

    Yields
    ------
    Pool

    >>> with process_pool(1) as pool:
    ...     pool.submit(abs, -3).result()
    3
    """
    context = get_context("spawn")
    watched, held = context.Pipe(duplex=False)
    # by name, so that its module is imported only after the worker watches its parent
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
    """Process pool of `process_pool`."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a module's function in one of the processes.

        Parameters
        ----------
        fn : callable
            Function of a module, or a `functools.partial` of one.
        *args, **kwargs : object
            Its arguments, which must be picklable.

        Returns
        -------
        concurrent.futures.Future
        """
        with _interrupts_held():  # this may start a process, which inherits the mask
            future = super().submit(partial(_run, fn), *args, **kwargs)
            self._watch_workers()
            return future

    def _watch_workers(self) -> None:
        """Make the pool's thread look at its list of workers again.

        `ProcessPoolExecutor.submit` wakes this thread before it starts a worker: a thread that
        is back at its wait by then does not notice the death of that worker before another
        worker has a result.
        """
        wakeup = getattr(self, "_executor_manager_thread_wakeup", None)
        with getattr(self, "_shutdown_lock", nullcontext()):
            if wakeup is not None:
                wakeup.wakeup()

    def end(self) -> None:
        """End the workers now; kill those that do not end within `KILL_AFTER_S`."""
        processes = list((getattr(self, "_processes", None) or {}).values())
        for process in processes:
            with suppress(OSError, ValueError):
                process.terminate()
        late = threading.Timer(KILL_AFTER_S, _kill, [processes])
        late.daemon = True
        late.start()
        try:
            self.shutdown(cancel_futures=True)
        finally:
            late.cancel()

    def deaths(self) -> dict[int, int | None]:
        """End the workers, and return the exit codes of all, including those that had died.

        Returns
        -------
        dict of int to int or None
            Exit code of each process id; None if it is unknown.
        """
        processes = list((getattr(self, "_processes", None) or {}).values())
        self.end()
        return {process.pid: process.exitcode for process in processes}


class _Leaving(SystemExit):
    """SIGTERM was received; distinguished from a task's own exit."""


def _run(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a task; after SIGTERM end the process, as the task has cleaned up by then."""
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
    """Postpone signals while processes are started, and handle them afterwards.

    The processes inherit from the beginning that they ignore Ctrl-C.
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
    """Initialize a worker; one that is ended meanwhile has nothing to clean up, or to say."""
    try:
        end_with_parent(watched)
        if name is not None:
            module, _, function = name.partition(":")
            getattr(import_module(module), function)()
    except _Leaving:
        os._exit(128 + signal.SIGTERM)


def end_with_parent(watched: Connection) -> None:
    """End this process when the other end of a pipe closes; on SIGTERM clean up first.

    Parameters
    ----------
    watched : Connection
        Reading end of the pipe, through which nothing is ever sent.
    """
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_watch, args=(watched,), daemon=True).start()


def end_with_process(parent: int) -> None:
    """End this process, as by SIGTERM, when the process that started it has ended.

    Parameters
    ----------
    parent : int
        Process id of the parent, from `os.getppid`.
    """
    threading.Thread(target=_watch_process, args=(parent,), daemon=True).start()


def _watch_process(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(WORKER_GRACE_S / 4)
    _end()


def _leave(number: int, _: object) -> None:
    # only once: a second signal must not interrupt the cleanup after the first
    signal.signal(number, signal.SIG_IGN)
    timer = threading.Timer(WORKER_GRACE_S, os._exit, [128 + number])
    timer.daemon = True  # native code such as a decoder does not handle the signal
    timer.start()
    raise _Leaving(128 + number)


def _watch(watched: Connection) -> None:
    with suppress(OSError, EOFError):
        watched.poll(None)  # returns only when the pipe closes
    _end()


def _end() -> None:
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(WORKER_GRACE_S)
    os._exit(1)
