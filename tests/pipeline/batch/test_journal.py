from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers import results
from sspd.errors import OutputError, UsageError
from sspd.pipeline.batch.identity import identity
from sspd.pipeline.batch.journal import Journal, entry_of
from sspd.pipeline.batch.result import Task
from sspd.pipeline.batch.serialize import to_record
from sspd.pipeline.loading import load_method
from sspd.types import Box, MeasureOptions, Vitals

MADE_WITH = {"method": "pos", "version": "1"}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"pictures")
    return path


def _written(path: Path, *rows: tuple[dict[str, Any], Vitals]) -> Path:
    with closing(Journal(path)) as journal:
        for row in rows:
            assert journal.add(*row) is None
    return path


def _found(path: Path, name: str) -> tuple[Vitals, ...] | None:
    with closing(Journal(path, resume=True)) as journal:
        return journal.find({"film": name})


def _as_killed(path: Path, folder: Path) -> Path:
    """The files of a journal as a process that is killed now leaves them, elsewhere."""
    folder.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        shutil.copy(file, folder)
    return folder / path.name


def test_a_result_is_found_again_and_gone_when_removed(tmp_path: Path) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.measured()))
    journal = Journal(path, resume=True)
    found = journal.find({"film": "a"})
    assert found is not None
    assert [to_record(each) for each in found] == [to_record(results.measured())]
    assert journal.find({"film": "b"}) is None
    assert journal.found_results == 1
    journal.remove()
    assert list(tmp_path.iterdir()) == []
    journal.remove()


def test_without_resume_nothing_is_found_and_nothing_lost(tmp_path: Path) -> None:
    path = _written(tmp_path / "j", ({"film": "a"}, results.rejected()))
    with closing(Journal(path)) as again:
        assert again.find({"film": "a"}) is None
        again.add({"film": "b"}, results.rejected())
    assert _found(path, "a") is not None


def test_a_journal_is_on_the_disk_after_each_video(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "j")) as journal:
        assert not journal.path.exists()
        for n in (1, 2, 3):
            journal.add({"film": str(n)}, results.rejected())
            left = _as_killed(journal.path, tmp_path / f"killed{n}")
            with closing(Journal(left)) as again:
                assert again.found_results == n


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.999])
def test_a_torn_result_takes_no_other_along(tmp_path: Path, keep: float) -> None:
    with closing(Journal(tmp_path / "j")) as journal:
        log = tmp_path / "j-wal"
        assert journal.add({"film": "a"}, results.rejected()) is None
        whole = log.stat().st_size
        assert journal.add({"film": "b"}, results.measured()) is None
        torn = whole + round(keep * (log.stat().st_size - whole))
        path = _as_killed(journal.path, tmp_path / "killed")
    with (tmp_path / "killed" / "j-wal").open("r+b") as file:
        file.truncate(torn)
    _written(path, ({"film": "c"}, results.rejected()))
    assert [_found(path, name) is not None for name in "abc"] == [True, False, True]


def test_the_last_word_on_a_video_counts(tmp_path: Path) -> None:
    early = replace(results.rejected(), duration_s=1.0)
    path = _written(tmp_path / "j", ({"film": "a"}, early), ({"film": "a"}, results.rejected()))
    found = _found(path, "a")
    assert found is not None
    assert [each.duration_s for each in found] == [results.rejected().duration_s]


def test_two_runs_do_not_write_one_journal(tmp_path: Path) -> None:
    one, other = Journal(tmp_path / "j"), Journal(tmp_path / "j")
    with closing(one), closing(other):
        assert one.add({"film": "a"}, results.rejected()) is None
        assert "another run is writing it" in str(other.add({"film": "b"}, results.rejected()))
        with pytest.raises(OutputError, match="another run is writing it"):
            Journal(tmp_path / "j")
        assert one.add({"film": "c"}, results.rejected()) is None
    with closing(Journal(tmp_path / "j")) as again:
        assert again.found_results == 2


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
    path = _written(tmp_path / "j", (entry, results.rejected()))
    with closing(Journal(path, resume=True)) as journal:
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
    path = _written(tmp_path / "j", (with_plot, results.rejected()))
    with closing(Journal(path, resume=True)) as journal:
        assert journal.find(without) is None
        assert journal.find(with_plot) is None
        plot.touch()
        assert journal.find(with_plot) is not None


def test_everybody_in_a_video_is_found_again_with_their_files(tmp_path: Path) -> None:
    one, other = results.measured(), replace(results.rejected(), face_id=1)
    entry = {"film": "a", "outputs": {"signal": str(tmp_path / "s.csv")}}
    path = tmp_path / "j"
    journal = Journal(path)
    assert journal.add(entry, one, other) is None
    journal.close()
    with closing(Journal(path, resume=True)) as journal:
        (tmp_path / "s.csv").touch()
        assert journal.find(entry) is None
        (tmp_path / "s-face2.csv").touch()
        found = journal.find(entry)
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
