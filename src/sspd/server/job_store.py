"""Jobs in an SQLite file: on the disk before they are promised, and never done twice.

A job is ``queued``, then ``running``, then ``done`` or ``failed``, and each step is one
transaction of a write-ahead log. A job whose server or worker is killed is running in the file
and nowhere else: it is queued again. One server at a time has the file: it locks the folder.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from sspd.server.jobs import COLUMNS, NEXT, STATES, Job, open_table


class JobStore:
    """The jobs of one server.

    Parameters
    ----------
    path : Path
        Made if it is not there.

    Raises
    ------
    OutputError
        The file cannot be used.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = JobStore(Path(folder) / "jobs.sqlite")
    ...     _ = store.add(Job("a", "me", None, "queued", 9, "", "{}", 1.0))
    ...     (store.claim().id, store.claim(), store.counts()["running"], store.close())
    ('a', None, 1, None)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._file = open_table(path)

    def add(self, job: Job) -> Job:
        """Write down a new job, or return the one that the caller's key names already.

        Parameters
        ----------
        job : Job

        Returns
        -------
        Job
            Another id than that of ``job`` where the key is known.
        """
        with self._lock, self._file:
            self._file.execute("BEGIN IMMEDIATE")
            # no key is equal to none
            known = self._one("client = ? AND key = ?", job.client, job.key)
            if known is None:
                self._do(
                    "INSERT INTO job (id, client, key, state, size, sha256, options, created_s)"
                    " VALUES (?, ?, ?, 'queued', ?, ?, ?, ?)",
                    *(job.id, job.client, job.key, job.size, job.sha256, job.options),
                    job.created_s,
                )
        return known or job

    def find(self, job_id: str) -> Job | None:
        """Find a job.

        Parameters
        ----------
        job_id : str

        Returns
        -------
        Job or None
        """
        return self._one("id = ?", job_id)

    def claim(self) -> Job | None:
        """Start the next job: callers take turns.

        Returns
        -------
        Job or None
            None if no job waits.
        """
        with self._lock, self._file:
            self._file.execute("BEGIN IMMEDIATE")
            row = self._file.execute(NEXT).fetchone()
            if row is None:
                return None
            self._do(
                "UPDATE job SET state = 'running', claimed_s = ? WHERE id = ?", time.time(), row[0]
            )
            return self.find(row[0])

    def finish(self, job_id: str, faces: bytes) -> bool:
        """Keep the result of a running job.

        Parameters
        ----------
        job_id : str
        faces : bytes
            See `Job.faces`.

        Returns
        -------
        bool
            False if it was deleted meanwhile.
        """
        return self._end(job_id, "running", "done", faces, None, 0)

    def fail(self, job_id: str, reason: str, state: str = "running", tries: int = 0) -> bool:
        """End a job without a result.

        Parameters
        ----------
        job_id, reason, state : str
            The state that it is in.
        tries : int
            Workers that ended over it since it was claimed.

        Returns
        -------
        bool
            False if it was deleted meanwhile.
        """
        return self._end(job_id, state, "failed", None, reason, tries)

    def release(self, job_id: str, *, blamed: bool) -> int:
        """Return a running job to the queue.

        Parameters
        ----------
        job_id : str
        blamed : bool
            Whether its worker ended over it.

        Returns
        -------
        int
            How many workers did.
        """
        with self._lock:
            self._do(
                "UPDATE job SET state = 'queued', tries = tries + ?"
                " WHERE id = ? AND state = 'running'",
                *(int(blamed), job_id),
            )
            found = self.find(job_id)
        return 0 if found is None else found.tries

    def recover(self, most_restarts: int) -> int:
        """Return the jobs to the queue that ran when the server before was killed.

        Parameters
        ----------
        most_restarts : int
            A job that ran at so many ends of a server fails: it may be the cause.

        Returns
        -------
        int
            How many ran.
        """
        with self._lock, self._file:
            self._file.execute("BEGIN IMMEDIATE")
            n = self._do("UPDATE job SET restarts = restarts + 1 WHERE state = 'running'")
            self._do(
                "UPDATE job SET state = 'failed', ended_s = ?, reason = ?"
                " WHERE state = 'running' AND restarts >= ?",
                time.time(),
                f"the server ended {most_restarts} times during this video",
                most_restarts,
            )
            self._do("UPDATE job SET state = 'queued' WHERE state = 'running'")
        return n

    def fetched(self, job_id: str) -> None:
        """Record that a result was fetched; only the first time counts.

        Parameters
        ----------
        job_id : str
        """
        self._do(
            "UPDATE job SET fetched_s = ? WHERE id = ? AND fetched_s IS NULL", time.time(), job_id
        )

    def delete(self, job_id: str) -> bool:
        """Delete a job, whatever its state.

        Parameters
        ----------
        job_id : str

        Returns
        -------
        bool
            Whether there was one.
        """
        return self._do("DELETE FROM job WHERE id = ?", job_id) > 0

    def expire(self, keep_s: float, keep_fetched_s: float) -> int:
        """Delete the results whose time is over.

        Parameters
        ----------
        keep_s : float
            After the end of a job, seconds.
        keep_fetched_s : float
            After the result was first fetched, seconds.

        Returns
        -------
        int
            How many.
        """
        now_s = time.time()
        n = self._do(
            "DELETE FROM job WHERE ended_s < ? OR (ended_s IS NOT NULL AND fetched_s < ?)",
            *(now_s - keep_s, now_s - keep_fetched_s),
        )
        if n:  # what was deleted stands in the log until then
            with self._lock:
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return n

    def counts(self) -> dict[str, int]:
        """Count jobs by state.

        Returns
        -------
        dict of str to int
        """
        rows = self._rows("SELECT state, count(*) FROM job GROUP BY state")
        return dict.fromkeys(STATES, 0) | dict(rows)

    def waiting(self, client: str | None = None) -> tuple[int, int]:
        """Count the jobs that wait or run, and bytes of videos.

        Parameters
        ----------
        client : str or None
            One caller; None: all.

        Returns
        -------
        jobs, bytes : int
        """
        query = (
            "SELECT count(*), coalesce(sum(size), 0) FROM job"
            " WHERE state IN ('queued', 'running') AND (?1 IS NULL OR client = ?1)"
        )
        ((n, n_bytes),) = self._rows(query, client)
        return n, n_bytes

    def waiting_ids(self) -> set[str]:
        """Return the jobs whose videos are needed.

        Returns
        -------
        set of str
        """
        return {row[0] for row in self._rows("SELECT id FROM job WHERE ended_s IS NULL")}

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _end(self, job_id: str, was: str, *values: object) -> bool:
        update = "UPDATE job SET ended_s = ?, state = ?, faces = ?, reason = ?, tries = tries + ?"
        where = "WHERE id = ? AND state = ?"
        return self._do(f"{update} {where}", time.time(), *values, job_id, was) > 0

    def _one(self, where: str, *values: Any) -> Job | None:
        rows = self._rows(f"SELECT {COLUMNS} FROM job WHERE {where}", *values)
        return Job(*rows[0]) if rows else None

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._file.execute(query, values).fetchall()

    def _do(self, statement: str, *values: Any) -> int:
        with self._lock:
            return self._file.execute(statement, values).rowcount
