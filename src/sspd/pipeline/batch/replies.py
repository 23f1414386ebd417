"""Lines that come from a worker process: how far it is, then its reply; none is trusted."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import IO, Any

from sspd.pipeline.batch.result import PROGRESS, BatchResult, Task
from sspd.pipeline.batch.serialize import from_record, to_record

#: Phases that a worker may report (see `sspd.video.progress`).
PHASES = frozenset(("reading", "network", "vitals", "writing"))
#: A line of progress takes no more, bytes.
MAX_PROGRESS_BYTES = 200
#: A video has no more lines of progress than these, and these more for each second: ours
#: sends two a second, and one for each phase.
FREE_LINES, LINES_PER_S = 1000, 50.0


def to_reply(done: BatchResult) -> dict[str, Any]:
    """Convert a result to a worker's reply, ready for `json.dumps`.

    Parameters
    ----------
    done : BatchResult

    Returns
    -------
    dict of str to Any
    """
    return {
        "faces": [to_record(vitals) for vitals in done.faces],
        "misused": done.misused,
        "failures": list(done.failures),
        "part": done.part,
    }


def from_reply(task: Task, reply: dict[str, Any]) -> BatchResult:
    """Restore a result from the reply of `to_reply`.

    Parameters
    ----------
    task : Task
        What was asked.
    reply : dict
        After `json.loads`; every part of it is checked, but for ``part``, which whoever asked
        for it checks.

    Returns
    -------
    BatchResult

    Raises
    ------
    ValueError, KeyError, TypeError
        It is no reply of ours.
    """
    vitals, *others = (from_record(record) for record in reply["faces"])
    failures, part = tuple(str(line) for line in reply["failures"]), reply.get("part")
    if part is not None and not (isinstance(part, dict) and task.part is not None):
        raise ValueError("a part that nobody asked for")
    misused = bool(reply["misused"])
    return BatchResult(task.index, vitals, misused, failures, others=tuple(others), part=part)


def last_line(pipe: IO[bytes], report: Callable[[str, float], object], max_bytes: int) -> bytes:
    r"""Read the reply, after the lines that say how far the video is.

    Parameters
    ----------
    pipe : binary file
    report : callable
        Called with a phase and its finished fraction.
    max_bytes : int
        A reply's largest size.

    Returns
    -------
    bytes
        Cut short where the process ends over it.

    Raises
    ------
    ValueError
        A line that no worker of ours sends: too long, too many, or nonsense.

    >>> from io import BytesIO
    >>> last_line(BytesIO(b'~["reading", 0.5]\n{}\n'), print, 100)
    reading 0.5
    b'{}\n'
    """
    n, began_s = 0, time.monotonic()
    while (line := pipe.readline(max_bytes + 1)).startswith(PROGRESS):
        if len(line) > MAX_PROGRESS_BYTES:
            raise ValueError("too long")
        if not line.endswith(b"\n"):  # cut short by a death
            return b""
        n += 1
        if n > FREE_LINES and n > FREE_LINES + LINES_PER_S * (time.monotonic() - began_s):
            raise ValueError("too many lines of progress")
        report(*_progress(line))
    if len(line) > max_bytes:
        raise ValueError("too long")
    return line


def _progress(line: bytes) -> tuple[str, float]:
    """Parse a line of progress."""
    told = json.loads(line[len(PROGRESS) :])
    match told:
        case [str(phase), float(done)] if phase in PHASES and math.isfinite(done):
            return phase, min(1.0, max(0.0, done))
    raise ValueError("no progress")
