"""Worker slots: each takes job after job, and has one process that may die over its video."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sspd.errors import SourceError, WorkerDiedError
from sspd.pipeline.batch.pool import Worker, leave_interrupts, new_worker
from sspd.pipeline.batch.result import BatchResult, Task
from sspd.pipeline.batch.serialize import to_record
from sspd.server.job_store import JobStore
from sspd.server.jobs import Job
from sspd.server.metrics import Metrics
from sspd.server.settings import ServerSettings

#: Name of every video in the messages of its job; its caller's name for it is never known.
VIDEO_NAME = "video"
#: A slot looks for jobs at least so often, seconds.
_LOOK_S = 1.0
_log = logging.getLogger("sspd.server")


class _DeletedError(Exception):
    """End of the work on a job that was deleted."""


class Slots:
    """All worker slots of a server.

    Parameters
    ----------
    settings : ServerSettings
    store : JobStore
    metrics : Metrics
    video_of : callable
        Returns the path of a job's video.
    threads : int or None
        Processor threads of each process; None: the libraries' own choice.
    """

    def __init__(
        self,
        settings: ServerSettings,
        store: JobStore,
        metrics: Metrics,
        video_of: Callable[[str], Path],
        threads: int | None,
    ) -> None:
        self._settings, self._store, self._metrics = settings, store, metrics
        self._video_of = video_of
        self._wake = threading.Condition()
        self._stopping = self._ended = False
        self._warm = 0
        self._progress: dict[str, tuple[str, float]] = {}
        self._deleted: set[str] = set()
        self._workers = [
            new_worker(settings.options, threads, settings.limit_s) for _ in range(settings.jobs)
        ]
        self._threads = [
            threading.Thread(target=self._run, args=(worker,), name="sspd-slot", daemon=True)
            for worker in self._workers
        ]

    def start(self) -> None:
        """Start all slots."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Resume a slot that waits, as there is a job."""
        with self._wake:
            self._wake.notify()

    def alive(self) -> bool:
        """Return whether every slot takes jobs: not yet while its process starts.

        Returns
        -------
        bool
        """
        warm = self._warm == len(self._threads)
        return warm and not self._stopping and all(each.is_alive() for each in self._threads)

    def progress(self, job_id: str) -> tuple[str, float] | None:
        """Return how far a running job is.

        Parameters
        ----------
        job_id : str

        Returns
        -------
        phase : str
        done : float
            0 to 1.
            None instead of both where nothing was said yet.
        """
        return self._progress.get(job_id)

    def forget(self, job_id: str) -> None:
        """End the work on a job that was deleted.

        Parameters
        ----------
        job_id : str
        """
        if job_id in self._progress:
            self._deleted.add(job_id)

    def stop(self, grace_s: float) -> None:
        """Stop: no more jobs, some time for those that run, and the rest back to the queue.

        Parameters
        ----------
        grace_s : float
            Seconds.
        """
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        end_s = time.monotonic() + grace_s
        started = [thread for thread in self._threads if thread.ident is not None]
        for thread in started:
            thread.join(max(0.0, end_s - time.monotonic()))
        self._ended = True
        for worker in self._workers:
            worker.end()
        for thread in started:
            thread.join()
        for worker in self._workers:
            worker.reap()

    def _run(self, worker: Worker) -> None:
        leave_interrupts()
        with suppress(Exception):  # so that the first video does not wait for imports
            worker.measure(Task(0, str(self._video_of("none"))))
        with self._wake:
            self._warm += 1
        while not self._stopping:
            try:
                job = self._store.claim()
            except Exception as error:  # a full disk may have room again
                _log.error("journal error=%s", type(error).__name__)
                job = None
            if job is None:
                with self._wake:
                    if not self._stopping:
                        self._wake.wait(_LOOK_S)
                continue
            self._one(worker, job)

    def _one(self, worker: Worker, job: Job) -> None:
        self._progress[job.id] = ("waiting", 0.0)
        try:
            self._measure(worker, job)
        except _DeletedError:
            _log.info("deleted job=%s while it ran", job.id)
        except Exception as error:  # the journal, not the video: it stays running until a restart
            _log.error("job=%s error=%s", job.id, type(error).__name__)
            with suppress(Exception):
                self._fail(job, "it could not be written down; try again")
        finally:
            self._progress.pop(job.id, None)
            self._deleted.discard(job.id)

    def _measure(self, worker: Worker, job: Job) -> None:
        video = self._video_of(job.id)

        def report(_: int, phase: str, done: float) -> None:
            if job.id in self._deleted:
                raise _DeletedError
            self._progress[job.id] = (phase, done)

        task = Task(0, str(video), options=json.loads(job.options))
        try:
            result = worker.measure(task, report)
        except (WorkerDiedError, OSError) as error:  # it could not even be started
            self._worker_died(job, _plain(str(error), video))
            return
        except SourceError as error:  # it took too long, or we are being stopped
            self._give_up(job, _plain(str(error), video))
            return
        if result.vitals.error is not None:
            self._fail(job, _plain(result.vitals.error, video))
            return
        if self._store.finish(job.id, _records(result, video, job.id)):
            self._over(job, "done")
        video.unlink(missing_ok=True)

    def _worker_died(self, job: Job, said: str) -> None:
        if self._ended:
            self._give_up(job, said)
            return
        self._metrics.worker_deaths.inc()
        most = self._settings.bounds.tries
        if job.tries + 1 < most:
            tries = self._store.release(job.id, blamed=True)
            _log.warning("worker died job=%s tries=%d", job.id, tries)
            return
        self._fail(job, f"{said}, {most} times", 1)

    def _give_up(self, job: Job, said: str) -> None:
        """Fail a job, but for one that was interrupted by us."""
        if self._ended:
            self._store.release(job.id, blamed=False)
        else:
            self._fail(job, said)

    def _fail(self, job: Job, reason: str, tries: int = 0) -> None:
        if self._store.fail(job.id, reason, tries=tries):
            self._over(job, "failed")
        self._video_of(job.id).unlink(missing_ok=True)

    def _over(self, job: Job, outcome: str) -> None:
        took_s = time.time() - job.created_s
        self._metrics.ended.labels(outcome).inc()
        self._metrics.job_s.observe(took_s)
        _log.info("%s job=%s bytes=%d seconds=%.1f", outcome, job.id, job.size, took_s)


def _records(result: BatchResult, video: Path, job_id: str) -> bytes:
    """The faces of a result, without a place of this machine in any text."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, str):
            return _plain(value, video)
        if isinstance(value, list | tuple):
            return [cleaned(each) for each in value]
        return value

    records = []
    for face in result.faces:
        record = to_record(face)
        for name in ("warnings", "error"):
            record[name] = cleaned(record[name])
        records.append(record | {"source": job_id})
    return json.dumps(records).encode()


def _plain(text: str, video: Path) -> str:
    return text.replace(str(video), VIDEO_NAME).replace(video.name, VIDEO_NAME)
