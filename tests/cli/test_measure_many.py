from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sspd.pipeline.batch import Journal


@pytest.mark.slow
def test_two_jobs_find_what_one_finds(
    videos: Path, short: Path, tmp_path: Path, measure: Any
) -> None:
    (tmp_path / "text.mp4").write_text("no video at all")
    sources = [tmp_path / "gone.mp4", videos, tmp_path / "text.mp4", short]
    told = {}
    for jobs in ("1", "2"):
        out = tmp_path / f"{jobs}.json", tmp_path / f"{jobs}.csv"
        code, table, err = measure(*sources, "--jobs", jobs, "--json", out[0], "--csv", out[1])
        rows = [row | {"timing_s": {}} for row in json.loads(out[0].read_text())]
        told[jobs] = code, table.splitlines()[-1], sorted(err), rows, out[1].read_bytes()
    assert told["1"] == told["2"]
    code, line, err, rows, _ = told["1"]
    assert code == 1
    assert line.startswith(
        "5 videos: 2 measured, 1 without a reliable pulse (too short 1), 2 failed"
    )
    assert [name in line for name, line in zip(("gone", "text"), err, strict=True)] == [True] * 2
    assert [Path(row["source"]).name for row in rows] == [
        *("gone.mp4", "b.mp4", "b.MP4", "text.mp4", "short.mp4")
    ]


@pytest.mark.slow
def test_resuming_measures_what_failed_and_nothing_else(
    videos: Path, tmp_path: Path, measure: Any
) -> None:
    late, out = tmp_path / "late.mp4", tmp_path / "a.json"
    code, table, err = measure(videos, late, "--json", out)
    assert (code, len(err)) == (1, 1)
    assert table.splitlines()[-1].endswith("1 failed; --resume tries these again")
    journal = tmp_path / "a.json.journal"
    with closing(Journal(journal)) as left:
        assert left.found_results == 2
    before = json.loads(out.read_text())
    late.write_bytes((videos / "b.mp4").read_bytes())
    # the results that are there show their timings: none was measured again
    code, table, err = measure(videos, late, "--json", out, "--resume")
    assert (code, err) == (0, [])
    rows = json.loads(out.read_text())
    assert rows[:2] == before[:2]
    assert rows[2]["hr_bpm"] == rows[0]["hr_bpm"]
    assert not journal.exists()
    assert table.splitlines()[-1] == ("3 videos: 3 measured, 0 without a reliable pulse, 0 failed")


@pytest.mark.slow
def test_a_run_that_starts_again_says_what_it_leaves(
    videos: Path, tmp_path: Path, measure: Any
) -> None:
    arguments = (videos, tmp_path / "gone.mp4", "--csv", tmp_path / "a.csv")
    measure(*arguments)
    code, _, err = measure(*arguments)
    assert code == 1
    assert len(err) == 2
    assert "a.csv.journal: has 2 videos of an interrupted run" in err[0]


@pytest.mark.slow
def test_resuming_needs_an_output(videos: Path, measure: Any) -> None:
    code, _, err = measure(videos, "--resume")
    assert code == 2
    assert "--resume needs an output" in err[0]


@pytest.mark.slow
def test_videos_of_strangers_are_read_elsewhere(
    videos: Path, tmp_path: Path, measure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "a.html"
    code, _, err = measure(videos / "b.mp4", "--limit", 300, "--report", page)
    assert (code, len(err)) == (2, 1)
    assert "--no-image" in err[0]

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a video was opened in this process")

    monkeypatch.setattr("av.open", opened)
    code, out, err = measure(videos / "b.mp4", "--limit", 300, "--report", page, "--no-image")
    assert (code, err) == (0, [])
    assert "b.mp4" in out
    assert "<svg" in page.read_text() or "<img" in page.read_text()
    code, _, err = measure(videos / "b.mp4", "--limit", 0)
    assert (code, len(err)) == (2, 1)


def test_ctrl_c_is_130_and_leaves_old_results(
    videos: Path, tmp_path: Path, measure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sspd.pipeline.batch.parts.drain", broken_off)
    (tmp_path / "a.json").write_text("old")
    code, out, err = measure(videos / "b.mp4", "--json", tmp_path / "a.json")
    assert (code, out) == (130, "")
    assert err == ["sspd: interrupted after 0 of 1 videos"]
    assert (tmp_path / "a.json").read_text() == "old"


def test_a_frame_that_cannot_be_is_said_once_and_at_once(
    videos: Path, tmp_path: Path, measure: Any
) -> None:
    code, out, err = measure(videos, "--plot", tmp_path / "a.docx")
    assert code == 1
    assert len(err) == 1
    assert "png" in err[0]
    assert out == ""


@pytest.mark.slow
def test_a_file_that_could_not_be_written_is_tried_again(
    videos: Path, tmp_path: Path, measure: Any
) -> None:
    wanted = (videos, "--json", tmp_path / "a.json", "--signal", tmp_path / "s.csv")
    (tmp_path / "s-b.csv").mkdir()
    code, _, err = measure(*wanted)
    assert (code, len(err)) == (1, 1)
    assert "s-b.csv" in err[0]
    (tmp_path / "s-b.csv").rmdir()
    assert measure(*wanted, "--resume")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "s-b-2.csv", "s-b.csv"]
