"""What a run has measured so far: one line of JSON a video, on the disk at once.

A run that dies loses the videos in progress and no other: the journal is only ever added
to, and a line that is torn, damaged (each begins with its CRC-32) or means nothing is
passed over. A line is believed where all that its numbers depend on is the same
(`entry_of`), so it never matters which run wrote it.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from sspd.errors import OutputError
from sspd.pipeline.batch.result import Task
from sspd.pipeline.batch.serialize import MAX_LINE_BYTES, from_record, to_record
from sspd.report.outputs import file_of_face
from sspd.report.result import Vitals
from sspd.utils.locks import lock, open_to_append, open_to_read

#: Longer lines are no result: the waveform of a whole day takes half of this.
LONGEST_LINE_BYTES = MAX_LINE_BYTES
#: What a line begins with; the CRC-32 is that of the bytes after it.
_HEAD = b'{"crc32": "%08x", '


def entry_of(task: Task, made_with: dict[str, Any]) -> dict[str, Any] | None:
    """Give all that a video's result depends on; None where there is no such video.

    Parameters
    ----------
    task : Task
    made_with : dict
        `sspd.pipeline.batch.identity.identity`.

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
        There is one, and it cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = Journal(Path(folder) / "out.json.journal")
    ...     journal.add({"video": "a.mp4"}, Vitals("a.mp4", "pos", None, 5.0, None, ()))
    ...     journal.close()
    ...     again = Journal(Path(folder) / "out.json.journal", resume=True)
    ...     again.find({"video": "a.mp4"})[0].duration_s
    5.0
    """

    def __init__(self, path: str | Path, *, resume: bool = False) -> None:
        self.path = Path(path)
        self.resume = resume
        self.found_lines = 0
        """Results that stood there before this run."""
        self._places: dict[str, int] = {}
        self._file: IO[bytes] | None = None
        self._broken = False
        for place, row in self._rows():
            self._places[_key(row["entry"])] = place
            self.found_lines = len(self._places)

    def _rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Every line that is one of ours, and where it begins."""
        try:
            with open_to_read(self.path) as file:
                place = 0
                while line := file.readline(LONGEST_LINE_BYTES):
                    row = _parsed(line)
                    if row is not None:
                        yield place, row
                    place = file.tell()
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be read ({error.strerror})") from error

    def find(self, entry: dict[str, Any]) -> tuple[Vitals, ...] | None:
        """The faces of a video that was measured before just so, its files still there.

        Parameters
        ----------
        entry : dict
            Of `entry_of`.

        Returns
        -------
        tuple of Vitals, or None
        """
        place = self._places.get(_key(entry)) if self.resume else None
        if place is None:
            return None
        try:
            with open_to_read(self.path) as file:
                file.seek(place)
                row = _parsed(file.readline(LONGEST_LINE_BYTES))
            faces = tuple(from_record(record) for record in row["faces"]) if row else ()
        except (OSError, TypeError, ValueError):  # it is measured again
            return None
        files = entry.get("outputs", {}).values()
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
            larger than `LONGEST_LINE_BYTES`.
        """
        records = [to_record(vitals) for vitals in faces]
        line = _checked_line({"entry": entry, "faces": records})
        if len(line) > LONGEST_LINE_BYTES:  # it would not be read back either
            most = f"{LONGEST_LINE_BYTES >> 20} MB"
            return f"{self.path}: {entry.get('video')}: not kept, its result takes over {most}"
        try:
            if self._file is None:
                self._file = self._opened()
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError as error:
            self.close()
            if not self._broken:
                self._broken = True
                return f"{self.path}: cannot be written ({error.strerror or error})"
        return None

    def _opened(self) -> IO[bytes]:
        # unbuffered: a line leaves the process as a whole, or is torn by the system alone;
        # for its owner alone: an output that nobody else may read is not told here
        file = open_to_append(self.path, mode=0o600)
        if not lock(file.fileno()):
            file.close()
            raise OSError("another run is writing it")
        if file.seek(0, os.SEEK_END) > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a torn line must not take the next one along
                file.write(b"\n")
        return file

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """The run ended well: nothing is to be gone on from."""
        self.close()
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be removed ({error.strerror})") from error


def _key(entry: object) -> str:
    return json.dumps(entry, sort_keys=True)


def _checked_line(row: dict[str, Any]) -> bytes:
    """A row as JSON behind the CRC-32 of its text: a number with a flipped bit is a number."""
    text = json.dumps(row).encode()[1:]
    return _HEAD % zlib.crc32(text) + text + b"\n"


def _parsed(line: bytes) -> dict[str, Any] | None:
    head = len(_HEAD % 0)
    if line[:head] != _HEAD % zlib.crc32(line[head:].removesuffix(b"\n")):
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and {"entry", "faces"} <= row.keys() else None
