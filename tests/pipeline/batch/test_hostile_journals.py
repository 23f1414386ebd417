"""A journal is a file that anybody may have put there: bounded, checked, named."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import results
from sspd.errors import OutputError
from sspd.pipeline.batch import journal as journal_module
from sspd.pipeline.batch.journal import Journal
from sspd.pipeline.batch.serialize import to_record
from sspd.types import Vitals


def _written(path: Path, *rows: tuple[dict[str, Any], Vitals]) -> Path:
    with closing(Journal(path)) as journal:
        for row in rows:
            assert journal.add(*row) is None
    return path


def _found(path: Path, name: str) -> tuple[Vitals, ...] | None:
    with closing(Journal(path, resume=True)) as journal:
        return journal.find({"film": name})


@pytest.mark.parametrize(
    "faces",
    [
        *(b"", b"\x80\x04\x95", b"[]", b'"text"', b"{}", b"3", b"[3]", b'[{"source": "a"}]'),
        *(b"[" * 100_000, b"\xff\xfe", "[]", 3, 0.5),
    ],
    ids=range(13),
)
def test_a_row_that_means_nothing_is_passed_over(tmp_path: Path, faces: Any) -> None:
    path = _written(tmp_path / "j", ({"film": "b"}, results.rejected()))
    key = json.dumps({"film": "a"})
    crc32 = journal_module._crc32(key, faces) if isinstance(faces, bytes) else 0
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("INSERT INTO result VALUES (?, ?, ?)", (key, faces, crc32))
    assert _found(path, "a") is None
    assert _found(path, "b") is not None


def test_a_flipped_bit_is_said_or_loses_its_result_and_is_never_a_number(tmp_path: Path) -> None:
    rows = [({"film": name}, results.measured()) for name in "abc"]
    path, rng = _written(tmp_path / "j", *rows), np.random.default_rng(4)
    whole, wanted = path.read_bytes(), to_record(results.measured())
    lost = said = 0
    for place in [*range(0, 100, 9), *rng.integers(0, len(whole), 60)]:
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        try:
            with closing(Journal(path, resume=True)) as journal:
                found = [journal.find({"film": name}) for name in "abc"]
        except OutputError as error:
            assert "\n" not in str(error)
            said += 1
            continue
        assert all([to_record(each) for each in faces] == [wanted] for faces in found if faces)
        assert found.count(None) <= 1
        lost += found.count(None)
    assert lost > 20
    assert said > 2


HOSTILE = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON result BEGIN DELETE FROM result; END",
    "view": "CREATE VIEW v AS SELECT load_extension('x')",
    "table": "CREATE TABLE other (x)",
    "endless": "DROP TABLE result; CREATE VIEW result AS WITH RECURSIVE r(entry, faces, crc32) AS"
    " (VALUES ('', x'', 1) UNION ALL SELECT entry, faces, crc32 + 1 FROM r) SELECT * FROM r",
    "columns": "DROP TABLE result; CREATE TABLE result (entry PRIMARY KEY, faces, crc32)",
    "check": "DROP TABLE result; CREATE TABLE result"
    " (entry TEXT PRIMARY KEY, faces BLOB, crc32 INTEGER CHECK (randomblob(1e9) IS NULL))",
}


@pytest.mark.parametrize("sql", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_file_with_another_schema_is_no_journal(tmp_path: Path, sql: str, mode: str) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.rejected()))
    with closing(sqlite3.connect(path)) as file:
        file.executescript(sql)
        file.execute(f"PRAGMA journal_mode = {mode}")
    before = path.read_bytes()
    with pytest.raises(OutputError, match="no journal of this version; remove it"):
        Journal(path)
    assert path.read_bytes() == before


OLD = b'{"crc32": "0badcafe", "entry": {"film": "a"}, "faces": []}\n'


@pytest.mark.parametrize("data", [OLD, b"\0" * 9000, b"SQLite format 3\0" + b"\xff" * 5000, b"?"])
def test_another_file_or_a_journal_of_an_older_version_is_named_and_kept(
    tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "j").write_bytes(data)
    with pytest.raises(OutputError, match=r"j: cannot be read \(.*remove it"):
        Journal(tmp_path / "j", resume=True)
    assert (tmp_path / "j").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["j"]


def test_what_a_run_left_before_its_first_result_is_an_empty_journal(tmp_path: Path) -> None:
    (tmp_path / "j").touch()
    path = _written(tmp_path / "j", ({"film": "a"}, results.rejected()))
    assert _found(path, "a") is not None


def test_a_stranger_s_rollback_file_is_not_rolled_back(tmp_path: Path) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.rejected()))
    for place in (path, tmp_path / "new"):
        rollback = place.with_name(f"{place.name}-journal")
        rollback.symlink_to("nothing")
        with closing(Journal(tmp_path / "new")) as journal:
            warning = journal.add({"film": "a"}, results.rejected()) if place != path else ""
        if place == path:
            with pytest.raises(OutputError, match="j-journal is not a run's"):
                Journal(path)
        else:
            assert "new-journal is not a run's" in str(warning)


def test_a_log_is_not_followed_through_a_link(tmp_path: Path) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.rejected()))
    (tmp_path / "secret").write_bytes(b"kept")
    (tmp_path / "j-wal").symlink_to("secret")
    with pytest.raises(OutputError, match="cannot be read"):
        Journal(path)
    assert (tmp_path / "secret").read_bytes() == b"kept"


def test_a_journal_has_a_size_that_it_does_not_exceed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.rejected()))
    monkeypatch.setattr(journal_module, "MAX_JOURNAL_BYTES", 1 << 18)
    with closing(Journal(path)) as journal:  # a full disk is the same to SQLite
        warnings = [journal.add({"film": str(n)}, results.measured()) for n in range(20)]
        said = [line for line in warnings if line is not None]
        assert said == [f"{path}: cannot be written (database or disk is full)"]
        assert journal.add({"film": "b"}, results.rejected()) is None
    assert _found(path, "0") is not None
    with path.open("ab") as file:
        file.truncate(1 << 20)
    with pytest.raises(OutputError, match=r"has over 0 GB"):
        Journal(path)


def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("nothing")
    for name in ("folder", "fifo", "link"):
        with pytest.raises(OutputError, match="cannot be read"):
            Journal(tmp_path / name)


FULL = """
import resource, sys
from pathlib import Path
from helpers import results
from sspd.pipeline.batch.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
journal = Journal(sys.argv[1])
print(*(journal.add({"film": str(n)}, results.measured()) for n in range(20)), sep="\\n")
journal.close()
"""


@pytest.mark.slow
def test_a_write_that_fails_is_said_once_and_the_run_goes_on(tmp_path: Path) -> None:
    paths = os.pathsep.join(("tests", *filter(None, sys.path)))
    done = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path / "j"],
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if line != "None"]
    assert lines == [f"{tmp_path / 'j'}: cannot be written (disk I/O error)"]
    assert _found(tmp_path / "j", "0") is not None
