from __future__ import annotations

import os
from pathlib import Path

import pytest

from sspd.errors import OutputError
from sspd.report.files import check_output, remove_parts, whole_file


def test_what_can_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    assert check_output(tmp_path / "a.json") == tmp_path / "a.json"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["missing/a.json", "folder"])
def test_what_cannot_be_written_is_said_before(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=name.split("/")[0]):
        check_output(tmp_path / name)


def test_a_failure_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as partial:
        partial.write_text("half")
        assert partial.suffix == ".txt"
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_refused_writing_is_an_output_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="cannot be written"),
        whole_file(tmp_path / "gone" / "a.txt") as partial,
    ):
        partial.write_text("x")


def test_parts_of_dead_processes_go_and_no_others(tmp_path: Path) -> None:
    dead, alive = 2**30, os.getpid()
    mine = [f".a[1].{dead}.part.png", f".a[1].{10**30}.part.png"]
    others = [f".a[1].{alive}.part.png", ".a[1].x.part.png", f".a1.{dead}.part.png", "a[1].png"]
    for name in (*mine, *others, f".b.{dead}.part.png"):
        (tmp_path / name).touch()
    remove_parts(tmp_path / "a[1].png")
    assert {path.name for path in tmp_path.iterdir()} == {*others, f".b.{dead}.part.png"}
    remove_parts(tmp_path / "gone" / "a.png")
