"""One job, the table of all, and whose turn it is."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sspd.errors import OutputError

#: States in which a job's video is still needed.
WAITING = ("queued", "running")
STATES = (*WAITING, "done", "failed")
#: Version of the table; a file of another one is not read.
VERSION = 1
#: The whole of the schema.
TABLE = """
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, client TEXT NOT NULL, key TEXT, state TEXT NOT NULL,
    size INTEGER NOT NULL, sha256 TEXT NOT NULL, options TEXT NOT NULL,
    created_s REAL NOT NULL, claimed_s REAL, ended_s REAL, fetched_s REAL,
    tries INTEGER NOT NULL DEFAULT 0, restarts INTEGER NOT NULL DEFAULT 0,
    faces BLOB, reason TEXT, UNIQUE (client, key)
) STRICT
"""
#: In the order of the fields of `Job`.
COLUMNS = (
    "id, client, key, state, size, sha256, options, created_s, claimed_s, ended_s, fetched_s,"
    " tries, restarts, faces, reason"
)
#: The next job: of the caller with the fewest running jobs; then of the caller whose last turn
#: is the longest ago; then a job that ended no worker; then the oldest one.
NEXT = """
SELECT id FROM job AS one WHERE state = 'queued' ORDER BY
    (SELECT count(*) FROM job WHERE client = one.client AND state = 'running'),
    coalesce((SELECT max(claimed_s) FROM job WHERE client = one.client), 0.0),
    tries + restarts, created_s, id
LIMIT 1
"""


@dataclass(frozen=True)
class Job:
    """One job, as it stands in the file."""

    id: str
    client: str
    key: str | None
    """Hash of the caller's idempotency key."""
    state: str
    size: int
    """Bytes of its video."""
    sha256: str
    options: str
    """JSON of `MeasureOptions.to_dict`."""
    created_s: float
    claimed_s: float | None = None
    ended_s: float | None = None
    fetched_s: float | None = None
    tries: int = 0
    restarts: int = 0
    faces: bytes | None = None
    """JSON: a list of `sspd.pipeline.batch.serialize.to_record`, one a face."""
    reason: str | None = None
    """Reason for the failure, one sentence."""


def open_table(path: Path) -> sqlite3.Connection:
    """Open the file of all jobs, or make it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    sqlite3.Connection
        Each statement outside of ``BEGIN`` is a transaction, and on the disk at its end.

    Raises
    ------
    OutputError
        The file cannot be used.
    """
    try:
        file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        version = file.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise ValueError(f"is of another version ({version})")
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        file.execute("PRAGMA secure_delete = ON")
        file.execute(TABLE)
        file.execute(f"PRAGMA user_version = {VERSION}")
    except (sqlite3.Error, ValueError) as error:
        raise OutputError(
            f"{path}: cannot be used ({error}); remove it, or name another --folder"
        ) from error
    return file
