"""A worker on a node of a cluster: it keeps one process, which has the network loaded."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from sspd.errors import SSPDError, WorkerDiedError
from sspd.pipeline.batch.identity import weights_digest
from sspd.pipeline.batch.pool import new_worker
from sspd.pipeline.batch.result import BatchResult, Task, failed
from sspd.pipeline.batch.serialize import from_record, to_record
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

    def measure(self, line: str) -> str:
        """Measure a video.

        Parameters
        ----------
        line : str
            A `Task`, as JSON.

        Returns
        -------
        str
            JSON: the result without its waveforms, see `read_reply`; or ``died``, one line,
            where the video took its process along.
        """
        task = Task(**json.loads(line))
        with tempfile.TemporaryDirectory(prefix="sspd-") as folder:
            try:
                done = self._worker.measure(local_task(task, folder))
            except WorkerDiedError as error:
                return json.dumps({"died": str(error)})
            except Exception as error:
                done = failed(task, self._facts["method"], self._facts["weights"], error)
            done = deliver(task, done, folder, self._stores)
        return json.dumps(
            {
                "faces": [to_record(vitals) for vitals in done.faces],
                "misused": done.misused,
                "failures": list(done.failures),
            }
        )


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


def read_reply(task: Task, reply: dict[str, Any]) -> BatchResult:
    """Restore a result from an actor's reply.

    Parameters
    ----------
    task : Task
    reply : dict
        Of `VideoActor.measure`, after `json.loads`.

    Returns
    -------
    BatchResult

    Raises
    ------
    ValueError, KeyError, TypeError
        It is no reply of ours.
    """
    vitals, *others = (from_record(record) for record in reply["faces"])
    failures = tuple(str(line) for line in reply["failures"])
    return BatchResult(task.index, vitals, bool(reply["misused"]), failures, others=tuple(others))
