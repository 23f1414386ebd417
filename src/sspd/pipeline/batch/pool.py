"""Worker processes of which any may die: it takes its own video along and no other.

Each is a fresh Python (nothing is forked, no script is run again), asked video after video
by a thread of ours through a pipe; a reply that does not come means that it died.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from queue import SimpleQueue
from typing import IO

from sspd.errors import SourceError, WorkerDiedError
from sspd.methods.method import Method
from sspd.pipeline.batch.replies import from_reply, last_line
from sspd.pipeline.batch.result import BatchResult, Task, failed
from sspd.pipeline.batch.serialize import MAX_LINE_BYTES
from sspd.types import MeasureOptions
from sspd.utils.exit_codes import death_words

#: Called with the index of a video, a phase of `sspd.measure` and its finished fraction.
Progress = Callable[[int, str, float], object]
#: Longest time for a worker to remove unfinished files, seconds.
GRACE_S = 2.0
#: Address space of a worker whose videos are not trusted: by the network, 1080p takes 2.3 GiB.
LIMIT_BYTES = 4 << 30
#: Environment variables from which libraries read, once, their number of threads.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def measure_in_workers(
    tasks: Iterable[Task | None],
    options: MeasureOptions,
    method: Method,
    jobs: int,
    threads: int | None,
    limit_s: float | None = None,
    progress: Progress | None = None,
) -> Generator[BatchResult, None, None]:
    """Measure videos in several processes; results as they come.

    Parameters
    ----------
    tasks : iterable of Task or None
        None: there is nothing to be done until another result is taken.
    options : MeasureOptions
    method : Method
        What ``options`` made ready here: names the method where a video fails.
    jobs : int
        Processes.
    threads : int or None
        Processor threads of each; None: the libraries' own choice.
    limit_s : float or None
        Seconds that a video may take, its process' start included; its process then has
        no more than `LIMIT_BYTES` either. None: no limits.
    progress : callable, optional
        Called with the index of a task, a phase and its finished fraction, by any thread.

    Yields
    ------
    BatchResult
        The generator's end, however it comes, ends the processes.
    """
    workers = [new_worker(options, threads, limit_s) for _ in range(jobs)]
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def one(task: Task) -> BatchResult:
        worker = idle.get()
        try:
            return worker.measure(task, progress)
        except Exception as error:  # its process died, or could not even start
            return failed(task, method.name, method.weights, error)
        finally:
            idle.put(worker)

    waiting, running = iter(tasks), set[Future[BatchResult]]()

    def fill(pool: ThreadPoolExecutor) -> None:
        while len(running) < jobs and (task := next(waiting, None)) is not None:
            running.add(pool.submit(one, task))

    try:
        with ThreadPoolExecutor(jobs, "sspd-worker", initializer=leave_interrupts) as pool:
            fill(pool)
            try:
                while running:
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    running -= done
                    fill(pool)  # no worker waits for whoever takes the results
                    yield from sorted((future.result() for future in done), key=_index)
                    fill(pool)  # a result may have brought more to be done
            finally:
                for future in running:
                    future.cancel()
                for worker in workers:
                    worker.end()
    finally:  # the threads are done: nobody reads from the pipes any more
        for worker in workers:
            worker.reap()


def _index(done: BatchResult) -> int:
    return done.index


def _environment(threads: int | None) -> dict[str, str]:
    """Give our own environment, with our own places to import from and a share of the cores."""
    places = [place or str(os.getcwd()) for place in sys.path]  # noqa: PTH109
    shares = {} if threads is None else dict.fromkeys(_THREAD_VARIABLES, str(threads))
    # one heap for all threads of a worker: frames go from one to the other (glibc's name)
    heap = {"MALLOC_ARENA_MAX": "1"}
    return heap | shares | os.environ | {"PYTHONPATH": os.pathsep.join(places)}


def leave_interrupts() -> None:
    """Leave Ctrl-C to the main thread alone; workers inherit this from the calling thread."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def new_worker(options: MeasureOptions, threads: int | None, limit_s: float | None) -> Worker:
    """Return a worker, whose process starts with its first video.

    Parameters
    ----------
    options : MeasureOptions
        How its videos are measured, but for those whose task has its own.
    threads, limit_s
        See `measure_in_workers`.

    Returns
    -------
    Worker
    """
    facts = {"options": options.to_dict(), "threads": threads}
    facts["limit_bytes"] = None if limit_s is None else LIMIT_BYTES
    return Worker(json.dumps(facts).encode() + b"\n", _environment(threads), limit_s)


@dataclass
class Worker:
    """A process that measures video after video; started with its first, and anew after a death."""

    hello: bytes
    environment: dict[str, str]
    limit_s: float | None = None
    process: subprocess.Popen[bytes] | None = None
    ended: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def measure(self, task: Task, progress: Progress | None = None) -> BatchResult:
        """Measure a video in the process, and wait.

        Parameters
        ----------
        task : Task
        progress : callable, optional
            See `measure_in_workers`; what it raises ends the process, and is raised.

        Returns
        -------
        BatchResult

        Raises
        ------
        WorkerDiedError
            The process ended over this video.
        SourceError
            The video took too long.
        """
        line = json.dumps(asdict(task))
        if self.process is not None and self.process.poll() is not None:
            self.reap()  # it died between two videos: neither is to blame
        fresh = self.process is None
        process = self.process or self._started()
        trouble: list[Exception] = []

        def report(phase: str, done: float) -> None:
            if progress is None or trouble:
                return
            try:
                progress(task.index, phase, done)
            except Exception as error:  # in the middle of this video it must not stay
                trouble.append(error)
                process.kill()

        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write((self.hello if fresh else b"") + line.encode() + b"\n")
            process.stdin.flush()
            reply, in_time = self._reply(process, process.stdout, report)
        except OSError:  # a broken pipe
            reply, in_time = b"", True
        except (ValueError, RecursionError):  # ours sends no such line: whose is it now?
            raise self._disowned(process, task) from None
        if trouble:
            self.reap()
            raise trouble[0]
        whole = reply.endswith(b"\n")
        if not (whole and in_time):  # killed as the reply came, it is of no use to the next
            death = death_words(self.reap())
        if not whole:
            if not in_time:
                late = f"took longer than the {self.limit_s:g} s it may take"
                raise SourceError(f"{task.video}: {late}")
            raise WorkerDiedError(f"{task.video}: {death}")
        try:
            return from_reply(task, json.loads(reply))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise self._disowned(process, task) from None

    def _disowned(self, process: subprocess.Popen[bytes], task: Task) -> SourceError:
        """End a process that does not answer as ours do; what to say of it."""
        process.kill()
        self.reap()
        return WorkerDiedError(f"{task.video}: its worker process sent what is no result")

    def _reply(
        self,
        process: subprocess.Popen[bytes],
        pipe: IO[bytes],
        report: Callable[[str, float], object],
    ) -> tuple[bytes, bool]:
        """A line from the process, cut short where it dies, and whether it came in time."""
        if self.limit_s is None:
            return last_line(pipe, report, MAX_LINE_BYTES), True
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(min(self.limit_s, threading.TIMEOUT_MAX), stop)
        timer.start()
        try:
            reply = last_line(pipe, report, MAX_LINE_BYTES)
        finally:
            timer.cancel()
            timer.join()
        return reply, not late.is_set()

    def _started(self) -> subprocess.Popen[bytes]:
        # -P: a file in the working folder must not pass for a library
        command = [sys.executable, "-P", "-m", "sspd.pipeline.batch.worker"]
        # A library's last words are no line of ours; whoever looks for a fault wants them.
        words = None if os.environ.get("SSPD_TRACEBACK") else subprocess.DEVNULL
        pipe = subprocess.PIPE
        with self.lock:
            if self.ended:
                raise SourceError("the run was broken off")
            self.process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=words, env=self.environment
            )
            return self.process

    def end(self) -> None:
        """End the process, and start no other; its pipes stay with their reader."""
        with self.lock:
            self.ended = True
            process = self.process
        if process is not None:
            process.terminate()

    def reap(self) -> int:
        """Wait until the process is gone, and close its pipes.

        Returns
        -------
        int
            Its exit code; 0 if there is none.
        """
        process, self.process = self.process, None
        if process is None:
            return 0
        _gone(process)
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was never sent is of no use now
                if pipe is not None:
                    pipe.close()
        return process.returncode


def _gone(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
