from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import results
from sspd.errors import OutputError, UsageError
from sspd.pipeline.batch.identity import identity
from sspd.pipeline.batch.journal import Journal, entry_of
from sspd.pipeline.batch.result import Task
from sspd.pipeline.batch.serialize import to_record
from sspd.pipeline.session import load_method
from sspd.types import Box, MeasureOptions, Vitals

MADE_WITH = {"method": "pos", "version": "1"}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"pictures")
    return path


def _written(path: Path, *rows: tuple[dict[str, Any], Vitals]) -> Path:
    journal = Journal(path)
    for row in rows:
        assert journal.add(*row) is None
    journal.close()
    return path


def test_a_result_is_found_again_and_gone_when_removed(tmp_path: Path) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.measured()))
    journal = Journal(path, resume=True)
    found = journal.find({"film": "a"})
    assert found is not None
    assert [each.hr_bpm for each in found] == [results.measured().hr_bpm]
    assert journal.find({"film": "b"}) is None
    assert journal.found_lines == 1
    journal.remove()
    assert not path.exists()
    journal.remove()


def test_without_resume_nothing_is_found_and_nothing_lost(tmp_path: Path) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.refused()))
    again = Journal(path)
    assert again.find({"film": "a"}) is None
    again.add({"film": "b"}, results.refused())
    again.close()
    assert Journal(path, resume=True).find({"film": "a"}) is not None


def test_a_journal_is_on_the_disk_after_each_video(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    assert not journal.path.exists()
    for n in (1, 2, 3):
        journal.add({"film": str(n)}, results.refused())
        # unclosed, as a process that is killed leaves it
        assert Journal(tmp_path / "j").found_lines == n
    journal.close()


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.999])
def test_a_torn_line_takes_no_other_along(tmp_path: Path, keep: float) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.refused()))
    whole = path.stat().st_size
    _written(path, ({"film": "b"}, results.measured()))
    with path.open("r+b") as file:
        file.truncate(whole + round(keep * (path.stat().st_size - whole)))
    _written(path, ({"film": "c"}, results.refused()))
    journal = Journal(path, resume=True)
    assert [journal.find({"film": name}) is not None for name in "abc"] == [True, False, True]


def test_the_last_word_on_a_video_counts(tmp_path: Path) -> None:
    early = replace(results.refused(), duration_s=1.0)
    path = _written(tmp_path / "j", ({"film": "a"}, early), ({"film": "a"}, results.refused()))
    found = Journal(path, resume=True).find({"film": "a"})
    assert found is not None
    assert [each.duration_s for each in found] == [results.refused().duration_s]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x80\x04\x95",
        b"[]",
        b'"text"',
        b"{}",
        b'{"entry": {"film": "a"}}',
        b'{"entry": {"film": "a"}, "faces": [{"source": "a"}]}',
        b'{"entry": {"film": "a"}, "faces": 3}',
        b'{"entry": {"film": "a"}, "faces": []}',
        b'{"entry": [1], "faces": 3}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
    ids=range(12),
)
def test_a_line_that_means_nothing_is_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "j"
    checked = b'{"crc32": "%08x", ' % zlib.crc32(line[1:]) + line[1:]  # whole, and no result
    path.write_bytes(line + b"\n" + checked + b"\n")
    _written(path, ({"film": "b"}, results.refused()))
    journal = Journal(path, resume=True)
    assert journal.find({"film": "a"}) is None
    assert journal.find({"film": "b"}) is not None


def test_a_flipped_bit_loses_its_line_and_no_other(tmp_path: Path) -> None:
    rows = [({"film": name}, results.measured()) for name in "ab"]
    path, rng = _written(tmp_path / "j", *rows), np.random.default_rng(4)
    whole, wanted = path.read_bytes(), to_record(results.measured())
    first = whole.index(b"\n")
    for place in [*range(0, 60, 7), *rng.integers(0, first, 20)]:
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        journal = Journal(path, resume=True)
        assert journal.find({"film": "a"}) is None
        (found,) = journal.find({"film": "b"}) or ()
        assert to_record(found) == wanted


def test_two_runs_do_not_write_one_journal(tmp_path: Path) -> None:
    one, other = Journal(tmp_path / "j"), Journal(tmp_path / "j")
    assert one.add({"film": "a"}, results.refused()) is None
    assert "another run is writing it" in str(other.add({"film": "b"}, results.refused()))
    one.close()
    assert Journal(tmp_path / "j", resume=True).found_lines == 1


def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "j").mkdir()
    with pytest.raises(OutputError, match="cannot be read"):
        Journal(tmp_path / "j")


def test_a_full_disk_is_said_once_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("sspd.pipeline.batch.journal.os.fsync", full)
    journal = Journal(tmp_path / "j")
    assert "No space left" in str(journal.add({"film": "a"}, results.refused()))
    assert journal.add({"film": "b"}, results.refused()) is None


def _touched(video: Path) -> None:
    os.utime(video, ns=(0, 1))


def _longer(video: Path) -> None:
    kept = video.stat()
    video.write_bytes(b"more pictures")
    os.utime(video, ns=(kept.st_atime_ns, kept.st_mtime_ns))


@pytest.mark.parametrize("change", [_touched, _longer, Path.unlink])
def test_a_video_that_changed_is_another_one(
    video: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    entry = entry_of(Task(0, str(video)), MADE_WITH)
    assert entry is not None
    path = _written(tmp_path / "j", (entry, results.refused()))
    journal = Journal(path, resume=True)
    assert journal.find(json.loads(json.dumps(entry))) is not None
    change(video)
    after = entry_of(Task(0, str(video)), MADE_WITH)
    assert after is None or journal.find(after) is None


def test_files_of_a_video_must_be_asked_alike_and_there(video: Path, tmp_path: Path) -> None:
    plot = tmp_path / "a.png"
    with_plot, without = (
        entry_of(Task(0, str(video), outputs), MADE_WITH) for outputs in ({"plot": str(plot)}, {})
    )
    assert with_plot is not None
    assert without is not None
    path = _written(tmp_path / "j", (with_plot, results.refused()))
    journal = Journal(path, resume=True)
    assert journal.find(without) is None
    assert journal.find(with_plot) is None
    plot.touch()
    assert journal.find(with_plot) is not None


def test_everybody_in_a_video_is_found_again_with_their_files(tmp_path: Path) -> None:
    one, other = results.measured(), replace(results.refused(), face_id=1)
    entry = {"film": "a", "outputs": {"signal": str(tmp_path / "s.csv")}}
    path = tmp_path / "j"
    journal = Journal(path)
    assert journal.add(entry, one, other) is None
    journal.close()
    (tmp_path / "s.csv").touch()
    assert Journal(path, resume=True).find(entry) is None
    (tmp_path / "s-face2.csv").touch()
    found = Journal(path, resume=True).find(entry)
    assert found is not None
    assert [each.face_id for each in found] == [0, 1]


def test_a_box_is_of_one_face() -> None:
    with pytest.raises(UsageError, match="a box says where one face is"):
        MeasureOptions(method="pos", every_face=True, box=Box(0, 0, 9, 9))


def test_every_option_and_the_weights_make_another_result(tmp_path: Path) -> None:
    base = MeasureOptions(method="pos")
    ready = load_method(base)
    others = [
        MeasureOptions(method="pos", window_s=20.0),
        MeasureOptions(method="pos", step_s=5.0),
        MeasureOptions(method="pos", start_s=1.0),
        MeasureOptions(method="pos", end_s=9.0),
        MeasureOptions(method="pos", precision="bf16"),
        MeasureOptions(method="green"),
        MeasureOptions(method="pos", every_face=True),
    ]
    keys = {json.dumps(identity(s, load_method(s)), sort_keys=True) for s in [base, *others]}
    assert len(keys) == len(others) + 1
    weights = [tmp_path / "a.onnx", tmp_path / "b.onnx"]
    for n, path in enumerate(weights):
        path.write_bytes(bytes([n]))
    trained = replace(ready, name="sspd", weights="mine")
    hashes = {identity(MeasureOptions(weights=str(p)), trained)["weights_sha256"] for p in weights}
    assert len(hashes) == 2
    moved = weights[1].rename(tmp_path / "c.onnx")
    assert identity(MeasureOptions(weights=str(moved)), trained)["weights_sha256"] in hashes
    shipped = identity(MeasureOptions(), trained)["weights_sha256"]
    assert len(shipped) == 64
