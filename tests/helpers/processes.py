"""Processes that a test has started, found and ended for real."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.servers import read_proc


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*"):
        fields = read_proc(place / "stat").rpartition(b")")[2].split()
        if len(fields) > 1:
            parents[int(place.name)] = int(fields[1])
    found, last = [], [pid]
    while last:
        last = [child for child, parent in parents.items() if parent in last]
        found += last
    return found


def below_us(*words: bytes) -> list[int]:
    """Processes below this one whose command has one of these words."""
    commands = {pid: read_proc(Path(f"/proc/{pid}/cmdline")) for pid in descendants(os.getpid())}
    return [pid for pid, said in commands.items() if any(word in said for word in words)]


def kill(pids: list[int]) -> int:
    """Kill processes of this test's own; return how many were there."""
    n = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            n += 1
        except ProcessLookupError:
            pass
    return n


@contextmanager
def killing_readers_of(path: Path) -> Iterator[list[int]]:
    """Kill each worker below this process that opens a file, as its decoder could."""
    killed: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            for pid in below_us(b"batch.worker"):
                if pid not in killed and _has_open(pid, path):
                    killed.append(pid)
                    kill([pid])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def _has_open(pid: int, path: Path) -> bool:
    try:
        return any(fd.readlink() == path for fd in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has ended
        return False
