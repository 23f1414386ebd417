from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sspd.cli.main import run
from sspd.research.datasets.table import get_dataset
from sspd.simulation import VideoSpec

SPEC = VideoSpec(seed=6, duration_s=1.0, fps=15, width=128, height=96, face_px=60)


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `sspd check`: exit code, lines of output, errors."""

    def call(*arguments: str | Path) -> tuple[int, list[str], str]:
        monkeypatch.setattr(sys, "argv", ["sspd", "check", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            run()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out.splitlines(), err

    return call


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "videos").mkdir()
    for number in range(2):
        get_dataset("folder").write(tmp_path / "videos", number, SPEC.replace(seed=number))
    return tmp_path / "videos"


@pytest.mark.slow
def test_a_whole_folder_is_0(check: Any, root: Path, tmp_path: Path) -> None:
    assert check(root) == (0, ["2 recordings: 2 complete, 0 with findings"], "")
    assert check(f"folder:{root}", "--quick", "--jobs", "2")[0] == 0
    odd = root.rename(tmp_path / "a:b")
    assert check(odd)[0] == 0


def test_a_fault_is_1_with_a_line(check: Any, root: Path, tmp_path: Path) -> None:
    (root / "video_0001.mp4").unlink()
    code, lines, err = check(root, "--json", tmp_path / "found.json")
    assert (code, err) == (1, "")
    assert lines == [
        f"video_0001: missing: {root / 'video_0001.mp4'}: missing",
        "2 recordings: 1 complete, 1 with findings",
    ]
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["dataset"], found["n"], found["whole"]) == ("folder", 2, 1)
    assert [finding["kind"] for finding in found["findings"]] == ["missing"]


def test_the_index_is_written_once_and_compared(check: Any, root: Path, tmp_path: Path) -> None:
    index = root / "index.json"
    assert check(root, "--index", index)[0] == 0
    written = index.read_bytes()
    (root / "note.txt").write_text("new")
    code, lines, _ = check(root, "--index", index)
    assert (code, len(lines)) == (0, 2)
    assert lines[0].startswith("-: new: ")
    record = root / "truth" / "video_0000.csv"
    record.write_text(record.read_text() + "\n")
    code, lines, _ = check(root, "--index", index)
    assert code == 1
    assert f"video_0000: changed: {record}: changed since the index was written" in lines
    assert lines[-1] == "2 recordings: 1 complete, 1 with findings"
    assert index.read_bytes() == written


@pytest.mark.slow
def test_outputs_replace_nothing_of_the_dataset(check: Any, root: Path, tmp_path: Path) -> None:
    before = (root / "truth.csv").read_bytes()
    code, _, err = check(root, "--json", root / "truth.csv")
    assert code == 2
    assert "is inside the dataset" in err
    code, _, err = check(root, "--index", root / "truth.csv")
    assert code == 1
    assert "not an index" in err
    assert (root / "truth.csv").read_bytes() == before
    code, _, err = check(root, "--json", tmp_path / "none" / "a.json")
    assert code == 1
    assert "does not exist" in err


def test_missing_recordings_of_a_dataset_are_reported(check: Any, tmp_path: Path) -> None:
    get_dataset("ubfc-rppg").write(tmp_path, 0, SPEC)
    code, lines, _ = check(f"ubfc-rppg:{tmp_path}")
    assert code == 1
    assert "missing: 41 recordings, subject3, subject4 ... subject49 (--json: all)" in lines
    assert lines[-1] == "42 recordings: 1 complete, 41 with findings"


def test_names_that_are_no_text_stay_one_line(check: Any, root: Path) -> None:
    (root / "a\nb\x1b[31m\udcff.mp4").write_text("no video")
    code, lines, err = check(root)
    assert (code, len(lines), err) == (1, 2, "")
    assert "\x1b" not in lines[0]
