"""A worker on a node of a cluster: it keeps one process, which has the network loaded."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sspd.errors import SSPDError, WorkerDiedError
from sspd.pipeline.batch.identity import weights_digest
from sspd.pipeline.batch.pool import new_worker
from sspd.pipeline.batch.replies import to_reply
from sspd.pipeline.batch.result import Task, failed
from sspd.scale.places import deliver, local_task
from sspd.types import MeasureOptions
from sspd.utils.stores import Stores
from sspd.version import package_version


class VideoActor:
    """Measures videos one after the other, each in a process that a bad one may take along.

    What comes in and goes out is JSON: nothing of a video is unpickled.

    Parameters
    ----------
    facts : str
        JSON of the run, see `run_facts`.
    """

    def __init__(self, facts: str) -> None:
        self._facts: dict[str, Any] = json.loads(facts)
        self._options = MeasureOptions.from_dict(self._facts["options"])
        self._stores = Stores(self._facts["allow_http"])
        with suppress(OSError):  # relative paths are the driver's, where there is its folder
            os.chdir(self._facts["folder"])
        self._worker = new_worker(self._options, self._facts["threads"], self._facts["limit_s"])

    def ready(self) -> str:
        """Return the node's name and what is wrong with it, as JSON.

        Returns
        -------
        str
            ``node``, and ``problem``: None, or one line.
        """
        return json.dumps({"node": socket.gethostname(), "problem": self._problem()})

    def _problem(self) -> str | None:
        if self._facts["version"] != package_version():
            ours, theirs = self._facts["version"], package_version()
            return f"has sspd {theirs}, and this machine {ours}; install the same on all"
        if self._facts["weights_sha256"] is None:
            return None
        try:
            same = self._facts["weights_sha256"] == weights_digest(self._options)
        except SSPDError as error:
            return f"lacks the weights ({error})"
        return None if same else "has other weights at the same place"

    def measure(self, line: str, *parts: bytes) -> str:
        """Measure a video, or what a task asks of it.

        Parameters
        ----------
        line : str
            A `Task`, as JSON.
        parts : bytes
            The files of its ``part``, where it has some.

        Returns
        -------
        str
            JSON: the result without its waveforms, see `sspd.pipeline.batch.replies`; or
            ``died``, one line, where the video took its process along.
        """
        task = Task(**json.loads(line))
        with tempfile.TemporaryDirectory(prefix="sspd-") as folder:
            asked = local_task(with_files(task, parts, folder), folder)
            try:
                done = self._worker.measure(asked)
            except WorkerDiedError as error:
                return json.dumps({"died": str(error)})
            except Exception as error:
                done = failed(task, self._facts["method"], self._facts["weights"], error)
            done = deliver(task, done, folder, self._stores)
        return json.dumps(to_reply(done))


def run_facts(
    options: MeasureOptions,
    method: tuple[str, str | None],
    threads: int | None,
    limit_s: float | None,
    allow_http: bool,
) -> str:
    """Return what an actor needs to know of a run, as JSON.

    Parameters
    ----------
    options : MeasureOptions
        Its weights by an absolute path.
    method : tuple of str
        Names of the method and of its weights.
    threads, limit_s
        See `sspd.pipeline.batch.pool.new_worker`.
    allow_http : bool

    Returns
    -------
    str

    >>> json.loads(run_facts(MeasureOptions(), ("pos", None), 1, None, False))["weights_sha256"]
    """
    name, weights = method
    return json.dumps(
        {
            "options": options.to_dict(),
            "method": name,
            "weights": weights,
            "weights_sha256": None if weights is None else weights_digest(options),
            "version": package_version(),
            "threads": threads,
            "limit_s": limit_s,
            "allow_http": allow_http,
            "folder": os.getcwd(),  # noqa: PTH109
        }
    )


def with_files(task: Task, parts: Sequence[bytes], folder: str | Path) -> Task:
    """Return a task whose files of parts are in a folder of this machine.

    Parameters
    ----------
    task : Task
    parts : sequence of bytes
        What the files hold; none: the task has no such files.
    folder : str or Path

    Returns
    -------
    Task
    """
    if not parts:
        return task
    files = [Path(folder) / f"part-{k}" for k in range(len(parts))]
    for path, data in zip(files, parts, strict=True):
        path.write_bytes(data)
    return replace(task, part={"files": [str(path) for path in files]})


def task_line(task: Task) -> str:
    """Return a task as JSON.

    Parameters
    ----------
    task : Task

    Returns
    -------
    str
    """
    return json.dumps(asdict(task))


def files_of(task: Task) -> list[bytes]:
    """Return the files of a task's parts, for an actor on another machine.

    Parameters
    ----------
    task : Task

    Returns
    -------
    list of bytes
        Empty where it has none.

    >>> files_of(Task(0, "a.mp4"))
    []
    """
    names = [] if task.part is None else task.part.get("files", [])
    return [Path(name).read_bytes() for name in names]
