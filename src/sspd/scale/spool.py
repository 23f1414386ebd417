"""Results of a corpus while it is measured: on the disk, given back in the order of the videos.

The memory of a run does not grow with its videos. This is no journal: it is a private temporary
database, which SQLite removes when it is closed or its process dies.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sspd.errors import OutputError
from sspd.pipeline.batch.serialize import from_record, to_record
from sspd.report.result import Vitals
from sspd.scale.manifests import Cell


class SpooledResult(NamedTuple):
    """The faces of one video, and what its list says beside."""

    faces: tuple[Vitals, ...]
    columns: Mapping[str, Cell]


class Spool:
    """Results by the place of their video.

    >>> spool = Spool()
    >>> spool.add(1, [Vitals("b.mp4", "pos", None, 5.0, None, ())], {"subject": "7"})
    >>> spool.add(0, [Vitals("a.mp4", "pos", None, 5.0, None, ())], {})
    >>> [(found.faces[0].source, found.columns) for found in spool.results()]
    [('a.mp4', {}), ('b.mp4', {'subject': '7'})]
    >>> spool.close()
    """

    def __init__(self) -> None:
        # an empty name: a file of SQLite's own, which has no name on the disk
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("CREATE TABLE result (place INTEGER PRIMARY KEY, record BLOB NOT NULL)")
        self._file.execute("CREATE TABLE name (stem TEXT PRIMARY KEY, n INTEGER NOT NULL)")

    def add(self, place: int, faces: Sequence[Vitals], columns: Mapping[str, Cell]) -> None:
        """Add a video's results.

        Parameters
        ----------
        place : int
            Of the video in the corpus; a second result replaces the first.
        faces : sequence of Vitals
        columns : mapping of str to Cell

        Raises
        ------
        OutputError
            The disk of temporary files is full.
        """
        record = {"faces": [to_record(face) for face in faces], "columns": dict(columns)}
        data = zlib.compress(json.dumps(record).encode(), 1)
        try:
            self._file.execute("INSERT OR REPLACE INTO result VALUES (?, ?)", (place, data))
        except sqlite3.Error as error:
            raise OutputError(
                f"results cannot be kept among temporary files ({error}); set SQLITE_TMPDIR"
            ) from error

    def results(self) -> Iterator[SpooledResult]:
        """Iterate over all results, in the order of the videos.

        Yields
        ------
        SpooledResult
        """
        for (data,) in self._file.execute("SELECT record FROM result ORDER BY place"):
            record = json.loads(zlib.decompress(data))
            faces = tuple(from_record(each) for each in record["faces"])
            yield SpooledResult(faces, record["columns"])

    def count_name(self, stem: str) -> int:
        """Count how often a name was given, this time included.

        Parameters
        ----------
        stem : str

        Returns
        -------
        int

        >>> spool = Spool()
        >>> spool.count_name("a"), spool.count_name("b"), spool.count_name("a")
        (1, 1, 2)
        >>> spool.close()
        """
        key = stem.encode(errors="surrogateescape").hex()  # any name of a file
        row = self._file.execute(
            "INSERT INTO name VALUES (?, 1) ON CONFLICT (stem) DO UPDATE SET n = n + 1 RETURNING n",
            (key,),
        ).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Remove everything."""
        self._file.close()
