"""A result has a size that it does not exceed, wherever it goes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import results
from sspd.errors import SourceError
from sspd.pipeline.batch import journal as journal_module
from sspd.pipeline.batch import pool, replies, worker
from sspd.pipeline.batch.journal import Journal
from sspd.pipeline.batch.replies import last_line
from sspd.pipeline.batch.result import BatchResult, Task
from sspd.pipeline.batch.serialize import MAX_LINE_BYTES, to_record
from sspd.types import Signal
from sspd.video.bounds import MAX_SPAN_S


def test_the_waveform_of_the_longest_video_fits() -> None:
    signal = Signal(np.full(round(MAX_SPAN_S * 30), np.nan), 30.0)
    line = json.dumps(to_record(replace(results.measured(), signal=signal)))
    assert len(line) < 0.6 * MAX_LINE_BYTES


def test_a_result_that_is_too_large_becomes_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    done = BatchResult(3, results.measured())
    assert json.loads(worker._line(Task(3, "a.mp4"), done))["faces"][0]["error"] is None
    monkeypatch.setattr(worker, "MAX_LINE_BYTES", 2000)
    row = json.loads(worker._line(Task(3, "a.mp4"), done))
    assert "a.mp4: its result takes over" in row["faces"][0]["error"]
    assert not row["misused"]


def test_a_journal_keeps_no_row_that_it_would_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MAX_ROW_BYTES", 2000)
    journal = Journal(tmp_path / "j")
    told = journal.add({"film": "a.mp4"}, results.measured())
    assert told is not None
    assert "a.mp4: not kept" in told
    assert journal.add({"film": "b.mp4"}, results.rejected()) is None
    journal.close()
    again = Journal(tmp_path / "j", resume=True)
    assert again.find({"film": "a.mp4"}) is None
    assert again.find({"film": "b.mp4"}) is not None
    again.close()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)", "no result"),
        ("print('[' * 20_000)\ninput()", "no result"),
        ('print(\'{"faces": [{}], "failures": 3}\')\ninput()', "no result"),
        ("print('{\"faces\": []}')\ninput()", "no result"),
        ("print('nonsense', end='')", "ended by itself"),
        ("while True: print('~[\"reading\", 0.5]')", "no result"),
        ("print('~[\"' + 'x' * 1000 + '\", 0.5]')\ninput()", "no result"),
        ("print('~[\"\\\\u001b]52\", 0.5]')\ninput()", "no result"),
        ("print('~5')\ninput()", "no result"),
        ("print('~[\"reading\", NaN]')\ninput()", "no result"),
        ("print('~' + '[' * 20_000)\ninput()", "no result"),
        ("print('~[\"reading\", 0.', end='')", "ended by itself"),
    ],
    ids=[
        *("endless", "deep", "other fields", "nobody", "torn", "flood", "long word", "escape"),
        *("number", "no number", "deep progress", "torn progress"),
    ],
)
@pytest.mark.parametrize("limit_s", [None, 60.0])
def test_a_worker_that_is_not_ours_any_more_is_ended(
    script: str, words: str, limit_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started = subprocess.Popen, list[Any]()

    def other(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(start([sys.executable, "-c", script], **options))
        return started[-1]

    monkeypatch.setattr(pool.subprocess, "Popen", other)
    monkeypatch.setattr(pool, "MAX_LINE_BYTES", 1 << 18)
    asked = pool.Worker(b"{}\n", {}, limit_s)
    with pytest.raises(SourceError, match=f"a.mp4.*{words}"):
        asked.measure(Task(0, "a.mp4"))
    assert started[0].returncode is not None
    assert asked.process is None


def test_what_is_no_progress_is_never_shown() -> None:
    """Not even where it comes among others that are."""
    told: list[tuple[str, float]] = []
    lines = b'~["reading", 0.25]\n~["vitals", 7.0]\n~["\\u001b]0;x", 0.5]\n{}\n'
    with pytest.raises(ValueError, match="no progress"):
        last_line(io.BytesIO(lines), lambda *row: told.append(row), 100)
    assert told == [("reading", 0.25), ("vitals", 1.0)]


def test_hours_of_progress_are_no_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines a second, for two hours; at once they are too many."""
    lines = 2 * 7200 * b'~["reading", 0.5]\n' + b"{}\n"
    with pytest.raises(ValueError, match="too many"):
        last_line(io.BytesIO(lines), lambda *_: None, 100)
    now_s = iter(range(2 * 7200 + 2))
    monkeypatch.setattr(replies.time, "monotonic", lambda: next(now_s) / 2)
    assert last_line(io.BytesIO(lines), lambda *_: None, 100) == b"{}\n"


def test_a_callback_that_fails_takes_no_other_video_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker that it leaves in the middle must not answer for the next video."""
    script = """
import json, sys
sys.stdin.readline()
for line in sys.stdin:
    video = json.loads(line)["video"]
    print('~["reading", 0.5]', flush=True)
    reply = {"faces": [RECORD | {"source": video}], "misused": False, "failures": []}
    print(json.dumps(reply), flush=True)
""".replace("RECORD", repr(to_record(results.rejected())))
    start = subprocess.Popen

    def other(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        return start([sys.executable, "-c", script], **options)

    def progress(index: int, phase: str, done: float) -> None:
        if index == 0:
            raise OSError("the screen is gone")

    monkeypatch.setattr(pool.subprocess, "Popen", other)
    asked = pool.Worker(b"{}\n", {})
    with pytest.raises(OSError, match="the screen is gone"):
        asked.measure(Task(0, "a.mp4"), progress)
    assert asked.measure(Task(1, "b.mp4"), progress).vitals.source == "b.mp4"
    asked.end()
    asked.reap()
