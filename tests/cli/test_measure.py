from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.beating_faces import beating_frames
from sspd.cli.inputs import list_videos, output_paths
from sspd.video.read import probe


@pytest.mark.slow
def test_one_video_with_every_output(videos: Path, tmp_path: Path, measure: Any) -> None:
    outputs = {name: tmp_path / f"out.{name}" for name in ("json", "csv", "png", "html", "mp4")}
    code, out, err = measure(
        videos / "b.mp4",
        *("--json", outputs["json"], "--csv", outputs["csv"], "--plot", outputs["png"]),
        *("--report", outputs["html"], "--overlay", outputs["mp4"]),
        *("--signal", tmp_path / "wave.csv"),
    )
    assert (code, err) == (0, [])
    assert "b.mp4" in out
    assert "bpm" in out
    assert "Not a medical device" in out
    (row,) = json.loads(outputs["json"].read_text())
    assert row["hr_bpm"] == pytest.approx(72, abs=0.6)
    assert row["source"] == str(videos / "b.mp4")
    with outputs["csv"].open(newline="") as file:
        assert [r["hr_bpm"] for r in csv.DictReader(file)] == [str(row["hr_bpm"])]
    assert outputs["png"].read_bytes()[:4] == b"\x89PNG"
    assert len((tmp_path / "wave.csv").read_text().splitlines()) == pytest.approx(300, abs=2)
    page = outputs["html"].read_text(encoding="utf-8")
    assert f"{row['hr_bpm']:.1f}" in page
    assert "data:image/png" in page
    assert probe(outputs["mp4"]).codec == "h264"
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.slow
def test_a_folder_is_searched_and_outputs_are_numbered(
    videos: Path, tmp_path: Path, measure: Any
) -> None:
    code, _, err = measure(
        videos,
        *("--json", tmp_path / "a.json", "--signal", tmp_path / "s.csv"),
        *("--report", tmp_path / "r.html", "--overlay", tmp_path / "o.mp4", "--no-image"),
    )
    assert (code, err) == (0, [])
    rows = json.loads((tmp_path / "a.json").read_text())
    assert [Path(row["source"]).relative_to(videos).as_posix() for row in rows] == [
        "b.mp4",
        "deeper/b.MP4",
    ]
    assert [row["hr_bpm"] for row in rows] == pytest.approx([72, 90], abs=0.8)
    overlays = ["o-b-2.mp4", "o-b.mp4"]
    expected = ["a.json", *overlays, "r.html", "s-b-2.csv", "s-b.csv"]
    assert sorted(p.name for p in tmp_path.iterdir()) == expected
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count('class="video"') == 2
    assert "data:image/png" not in page


@pytest.mark.slow
def test_bad_sources_are_named_and_the_rest_is_done(
    videos: Path, short: Path, tmp_path: Path, measure: Any
) -> None:
    (tmp_path / "text.mp4").write_text("no video at all")
    (tmp_path / "nothing").mkdir()
    sources = [tmp_path / "gone.mp4", tmp_path / "text.mp4", tmp_path / "nothing"]
    code, _, err = measure(*sources, short, videos / "b.mp4", "--json", tmp_path / "a.json")
    assert code == 1
    assert len(err) == 3
    # what is no video at all is known before the first one is measured
    for line, source in zip(err, [sources[2], *sources[:2]], strict=True):
        assert line.startswith("sspd: ")
        assert source.name in line
    rows = json.loads((tmp_path / "a.json").read_text())
    assert [("error" in row, row["accepted"]) for row in rows] == [
        *[(True, False)] * 3,
        (False, False),
        (False, True),
    ]
    assert rows[3]["reasons"] == ["too_short"]


@pytest.mark.slow
def test_no_reliable_pulse_is_code_3(videos: Path, short: Path, measure: Any) -> None:
    code, out, err = measure(videos / "b.mp4", short)
    assert (code, err) == (3, [])
    assert "short.mp4: there is less than 8 s to measure. Record a longer video." in out


@pytest.mark.slow
def test_an_output_that_cannot_be_ends_the_command_before_the_work(
    videos: Path, tmp_path: Path, measure: Any
) -> None:
    code, out, err = measure(
        videos / "b.mp4", "--json", tmp_path / "no" / "a.json", "--csv", tmp_path / "a.csv"
    )
    assert code == 1
    assert len(err) == 1
    assert "a.json" in err[0]
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_goes_before_failure(videos: Path, tmp_path: Path, measure: Any) -> None:
    code, _, err = measure(videos / "b.mp4", tmp_path / "gone.mp4", "--box", "500,0,600,60")
    assert code == 2
    assert len(err) == 2
    assert "does not lie inside" in err[0]


def test_an_unexpected_fault_is_one_line(
    videos: Path, measure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr("sspd.pipeline.batch.parts.drain", broken)
    code, _, err = measure(videos / "b.mp4")
    assert code == 1
    assert err == ["sspd: b.mp4: unexpected RuntimeError: first line second line"]
    monkeypatch.setattr("sspd.pipeline.loading.get_method", broken)
    code, _, err = measure(videos / "b.mp4")
    assert code == 1
    assert len(err) == 1
    assert "SSPD_TRACEBACK=1" in err[0]


@pytest.mark.slow
def test_a_truncated_video_is_measured_with_a_warning(
    tmp_path: Path, measure: Any, write_video: Callable[..., Path]
) -> None:
    t = np.arange(600) / 30
    # The index in front, so that what is there can be decoded.
    front = {"movflags": "faststart"}
    whole = write_video(
        tmp_path / "w.mp4", beating_frames(t, 1.2), t, options={"crf": "16"}, muxer=front
    )
    data = whole.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: int(0.7 * len(data))])
    code, _, err = measure(tmp_path / "cut.mp4", "--json", tmp_path / "a.json")
    (row,) = json.loads((tmp_path / "a.json").read_text())
    assert code == 0
    assert row["hr_bpm"] == pytest.approx(72, abs=0.8)
    assert row["duration_s"] < 18
    assert len(row["warnings"]) == len(err) >= 1
    assert "warning" in err[0]


def test_names_of_several_outputs() -> None:
    videos = [Path("a/x.mp4"), Path("b/x.mov"), Path("y.mp4")]
    names = [path.name for path in output_paths(Path("out/p.png"), videos)]
    assert names == ["p-x.png", "p-x-2.png", "p-y.png"]
    assert output_paths(Path("out/p.png"), videos[:1]) == [Path("out/p.png")]


def test_a_folder_without_videos_is_a_problem(tmp_path: Path) -> None:
    ((path, problem),) = list_videos([tmp_path])
    assert path == tmp_path
    assert problem is not None
    assert ".mp4" in problem
