"""A worker process: ``python -m sspd.pipeline.batch.worker``, started by the pool beside it.

Lines of JSON come in on standard input: first how videos are measured, then a video each.
A line goes out for each video, and before it lines that begin with `PROGRESS`. When the input
ends, whoever asked is gone, and so is the worker, in the middle of a video too.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from queue import SimpleQueue
from typing import IO

from sspd.accel.process import tune_process
from sspd.errors import SourceError
from sspd.methods.method import Method
from sspd.pipeline.batch.replies import to_reply
from sspd.pipeline.batch.result import PROGRESS, BatchResult, Task, failed, measure_video
from sspd.pipeline.batch.serialize import MAX_LINE_BYTES
from sspd.pipeline.loading import load_method
from sspd.types import MeasureOptions

#: Longest time for a worker without a parent to stop its video, seconds.
GRACE_S = 1.0
#: Seconds between two lines that say how far a video is.
REPORT_EVERY_S = 0.5

Lines = SimpleQueue[bytes | None]


def main() -> None:
    """Measure what comes in until nothing does."""
    tune_process()
    replies = _reply_channel()
    # the way out that lets half-written files be removed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lines: Lines = SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    first = lines.get()
    if first is None:
        return
    hello = json.loads(first)
    options, threads = MeasureOptions.from_dict(hello["options"]), hello["threads"]
    if hello["limit_bytes"] is not None:
        _bound_memory(hello["limit_bytes"])
    method: Method | None = None
    reporter = _ProgressReporter(replies)
    while (line := lines.get()) is not None:
        task = Task(**json.loads(line))
        try:
            method = method or load_method(options, threads)
        except Exception as error:  # it could be loaded a moment ago: say what changed
            done = failed(task, options.method, None, error)
        else:
            own = options if task.options is None else MeasureOptions.from_dict({**task.options})
            done = measure_video(task, own, method, reporter)
        reporter.send(_line(task, done))


class _ProgressReporter:
    """Says how far a video is, not too often; threads take turns."""

    def __init__(self, replies: IO[bytes]) -> None:
        self._replies, self._lock = replies, threading.Lock()
        self._phase, self._said_s = "", 0.0

    def __call__(self, phase: str, done: float) -> None:
        now_s = time.monotonic()
        if phase == self._phase and now_s - self._said_s < REPORT_EVERY_S:
            return
        self._phase, self._said_s = phase, now_s
        self.send(PROGRESS + json.dumps([phase, round(done, 4)]).encode())

    def send(self, line: bytes) -> None:
        with self._lock:
            self._replies.write(line + b"\n")
            self._replies.flush()


def _line(task: Task, done: BatchResult) -> bytes:
    """A result as a line, or a failure where that would be longer than anybody takes."""
    line = json.dumps(to_reply(done)).encode()
    if len(line) < MAX_LINE_BYTES:
        return line
    most = f"{MAX_LINE_BYTES >> 20} MB"
    error = SourceError(
        f"{task.video}: its result takes over {most}; measure a part (--start, --end)"
    )
    over = failed(task, done.vitals.method, done.vitals.weights, error)
    return json.dumps(to_reply(over)).encode()


def _reply_channel() -> IO[bytes]:
    """Standard output for replies alone: what a library prints goes to standard error."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _listen(lines: Lines) -> None:
    # unbuffered: a thread that waits inside of a buffer would hang Python's end
    with open(0, "rb", buffering=0, closefd=False) as tasks:
        for line in tasks:
            lines.put(line)
    lines.put(None)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    threading.Event().wait(GRACE_S)  # a decoder in the middle of something hears nothing
    os._exit(1)


def _bound_memory(n_bytes: int) -> None:
    """Let no video take more, where the system can be asked for it."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))


if __name__ == "__main__":
    main()
