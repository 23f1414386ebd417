"""Journal of the results of a run: an SQLite file, with each video written at once.

A run that dies loses the videos in progress and no other: a result is one transaction of
a write-ahead log. A result is reused where all that its numbers depend on is the same
(`entry_of`), so it never matters which run wrote it, and where its CRC-32 is right. The
file itself is not trusted: it has a bounded size, one table whose definition is ours
to the letter, and no other run at it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sspd.errors import OutputError
from sspd.pipeline.batch.result import Task
from sspd.pipeline.batch.serialize import MAX_LINE_BYTES, from_record, to_record
from sspd.report.outputs import file_of_face
from sspd.report.result import Vitals
from sspd.utils.locks import LOCK_WAIT_S, open_regular

#: A larger row is no result: the waveform of a whole day takes half of this.
MAX_ROW_BYTES = MAX_LINE_BYTES
#: No journal is larger, on the disk.
MAX_JOURNAL_BYTES = 1 << 34
#: SQLite takes a file of fewer bytes for an empty one, and would write over it.
_LEAST_BYTES = 512
#: The whole of a journal's schema, as SQLite gives it back.
_TABLE = "CREATE TABLE result (entry TEXT PRIMARY KEY, faces BLOB NOT NULL, crc32 INTEGER NOT NULL)"
#: Before anything is read: the schema calls no function, cells stay inside their pages. One
#: process at a time, which is also what a write-ahead log on a network file system asks for.
_CAUTIONS = ("trusted_schema = OFF", "cell_size_check = ON", "locking_mode = EXCLUSIVE")
_INDEX = ("index", "sqlite_autoindex_result_1", None)
_ADVICE = "remove it, and every video is measured again"
_FOREIGN = f"it is no journal of this version; {_ADVICE}"
_DAMAGED = f"it is damaged; {_ADVICE}"


def entry_of(task: Task, made_with: dict[str, Any]) -> dict[str, Any] | None:
    """Return all that a video's result depends on, or None if there is no such video.

    Parameters
    ----------
    task : Task
    made_with : dict
        `sspd.pipeline.batch.identity.identity`.

    Returns
    -------
    dict of str to Any or None

    >>> entry_of(Task(0, "no_such_video.mp4"), {}) is None
    True
    """
    try:
        video = Path(task.video).stat()
    except (OSError, ValueError):
        return None
    outputs = {kind: str(Path(path).absolute()) for kind, path in task.outputs.items()}
    return {
        "film": task.video,
        "path": str(Path(task.video).absolute()),
        "size": video.st_size,
        "mtime_ns": video.st_mtime_ns,
        "outputs": outputs,
        **made_with,
    }


class Journal:
    """The journal of one run.

    Parameters
    ----------
    path : str or Path
        Made with the first video that is added.
    resume : bool
        Whether results of a run before are to be found; those that stand there are
        kept in any case, until `remove`.

    Raises
    ------
    OutputError
        There is one, and it cannot be read: a link, a damaged or foreign file, another
        run's.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder) / "out.json.journal")
    ...     journal.add({"film": "a.mp4"}, Vitals("a.mp4", "pos", None, 5.0, None, ()))
    ...     journal.close()
    ...     again = Journal(Path(folder) / "out.json.journal", resume=True)
    ...     again.find({"film": "a.mp4"})[0].duration_s
    ...     again.close()
    5.0
    """

    def __init__(self, path: str | Path, *, resume: bool = False) -> None:
        self.path = Path(path)
        self.resume = resume
        self.found_results = 0
        """Results that stood there before this run."""
        self._file: sqlite3.Connection | None = None
        self._broken = False
        try:
            if os.path.lexists(self.path):
                self._file = _opened(self.path)
                rows = self._file.execute("SELECT count(*) FROM result")
                (self.found_results,) = rows.fetchone()
        except (OSError, ValueError, sqlite3.Error) as error:
            self.close()
            raise OutputError(f"{self.path}: cannot be read ({_why(error)})") from error

    def find(
        self, entry: dict[str, Any], files: Iterable[str] | None = None
    ) -> tuple[Vitals, ...] | None:
        """Find the faces of a video that was measured in the same way, with its files still there.

        Parameters
        ----------
        entry : dict
            Of `entry_of`.
        files : iterable of str, optional
            Those that must be there; None: all outputs of the entry.

        Returns
        -------
        tuple of Vitals, or None
        """
        if self._file is None or not self.resume:
            return None
        key = _key(entry)
        try:
            rows = self._file.execute("SELECT faces, crc32 FROM result WHERE entry = ?", (key,))
            text, crc32 = rows.fetchone() or (b"", None)
            if crc32 != _crc32(key, text):  # a number with a flipped bit is a number
                return None
            faces = tuple(from_record(each) for each in json.loads(text))
        except (RecursionError, TypeError, ValueError, sqlite3.Error):  # it is measured again
            return None
        files = entry.get("outputs", {}).values() if files is None else files
        written = (file_of_face(path, face.face_id) for path in files for face in faces)
        return faces if faces and all(path.exists() for path in written) else None

    def add(self, entry: dict[str, Any], *faces: Vitals) -> str | None:
        """Write down a result; it is on the disk when this returns.

        Parameters
        ----------
        entry : dict
            Of `entry_of`.
        faces : Vitals
            Of everybody who was measured in it.

        Returns
        -------
        str or None
            One line, the first time that it cannot be written, and where a result is
            larger than `MAX_ROW_BYTES`.
        """
        key, text = _key(entry), json.dumps([to_record(vitals) for vitals in faces]).encode()
        if len(key) + len(text) > MAX_ROW_BYTES:  # it would not be read back either
            most = f"{MAX_ROW_BYTES >> 20} MB"
            return f"{self.path}: {entry.get('film')}: not kept, its result takes over {most}"
        try:
            if self._file is None:
                if not os.path.lexists(self.path):
                    # for its owner alone: an output that nobody else may read is not told here
                    os.close(open_regular(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
                self._file = _opened(self.path)
            row = (key, text, _crc32(key, text))
            self._file.execute("INSERT OR REPLACE INTO result VALUES (?, ?, ?)", row)
        except (OSError, ValueError, sqlite3.Error) as error:
            if not self._broken:
                self._broken = True
                return f"{self.path}: cannot be written ({_why(error)})"
        return None

    def close(self) -> None:
        """Close the file, which stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Remove the file after a complete run, which nothing has to resume."""
        if self._file is not None:
            with suppress(sqlite3.Error):
                _pragma(self._file, "synchronous = OFF")  # nobody reads it any more
        self.close()
        try:
            self.path.unlink(missing_ok=True)
            _log_of(self.path).unlink(missing_ok=True)  # SQLite's own, but for a full disk
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be removed ({error.strerror})") from error


def _opened(path: Path) -> sqlite3.Connection:
    """A journal that is there, or an empty file made one; `ValueError` where it is neither."""
    _check_files(path)
    file = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=LOCK_WAIT_S,
        isolation_level=None,  # each statement is a transaction
        check_same_thread=False,  # a run may end in another thread than it began in
    )
    try:
        file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * MAX_LINE_BYTES)
        for caution in _CAUTIONS:
            file.execute(f"PRAGMA {caution}")
        if _pragma(file, "journal_mode") != "wal":  # new, or as good as
            # no rollback file, whose twin of a stranger would be rolled back
            _pragma(file, "journal_mode = MEMORY")
        if _pragma(file, "quick_check(1)") != "ok":
            raise ValueError(_DAMAGED)
        schema = file.execute("SELECT type, name, sql FROM sqlite_schema").fetchmany(3)
        if not schema:
            _pragma(file, "synchronous = OFF")  # the next step brings all of it to the disk
            file.execute(_TABLE)
        elif schema != [("table", "result", _TABLE), _INDEX]:
            raise ValueError(_FOREIGN)
        _pragma(file, "synchronous = FULL")
        _pragma(file, "journal_mode = WAL")
        _pragma(file, f"max_page_count = {MAX_JOURNAL_BYTES // _pragma(file, 'page_size')}")
    except BaseException:
        file.close()
        raise
    return file


def _check_files(path: Path) -> None:
    """A file of a bounded size that is no link, and nothing beside it that is not ours."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("is a link, a folder or a device")
    if 0 < found.st_size < _LEAST_BYTES:
        raise ValueError(_FOREIGN)
    log = _log_of(path)
    if found.st_size + (log.lstat().st_size if log.exists() else 0) > 2 * MAX_JOURNAL_BYTES:
        raise ValueError(f"has over {MAX_JOURNAL_BYTES >> 30} GB")
    # SQLite would roll it back, and remove files that it names; a run of ours leaves none
    if os.path.lexists(rollback := f"{path}-journal"):
        raise ValueError(f"{rollback} is not a run's; remove it")


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _pragma(file: sqlite3.Connection, text: str) -> Any:
    row = file.execute(f"PRAGMA {text}").fetchone()
    return None if row is None else row[0]


def _why(error: Exception) -> str:
    """Return the message of the system or of SQLite about a file, in a few words."""
    match getattr(error, "sqlite_errorname", ""):
        case "SQLITE_BUSY":
            return "another run is writing it"
        case "SQLITE_NOTADB":
            return _FOREIGN
        case "SQLITE_CORRUPT":
            return _DAMAGED
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _key(entry: object) -> str:
    return json.dumps(entry, sort_keys=True)


def _crc32(key: str, text: bytes) -> int:
    return zlib.crc32(text, zlib.crc32(key.encode()))
