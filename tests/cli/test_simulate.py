from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sspd.cli.simulate import simulate
from sspd.errors import OutputError, UsageError
from sspd.research.datasets.faces import open_store
from sspd.research.datasets.table import DATASETS, open_dataset
from sspd.simulation import PRESET_NAMES

SHORT = ["--seconds", "0.2", "--size", "160x120"]


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(simulate)
    return CliRunner().invoke(app, list(arguments))


def test_writes_videos_and_truth_beside_them(tmp_path: Path) -> None:
    result = run(str(tmp_path / "videos"), "--n", "2", "--seed", "3", "--fps", "25", *SHORT)
    assert result.exit_code == 0, result.output
    assert "2 videos written, 0 kept" in result.output
    names = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*"))
    assert names == [
        "videos/truth/video_0000.csv",
        "videos/truth/video_0000.json",
        "videos/truth/video_0001.csv",
        "videos/truth/video_0001.json",
        "videos/video_0000.mp4",
        "videos/video_0001.mp4",
    ]
    spec = json.loads((tmp_path / "videos/truth/video_0000.json").read_text())["spec"]
    assert (spec["fps"], spec["width"], spec["height"]) == (25.0, 160, 120)


def test_goes_on_where_it_stopped_and_overwrites_nothing(tmp_path: Path) -> None:
    assert run(str(tmp_path), "--n", "1", *SHORT).exit_code == 0
    first = (tmp_path / "video_0000.mp4").read_bytes()
    more = run(str(tmp_path), "--n", "2", *SHORT)
    assert "1 videos written, 1 kept" in more.output
    assert (tmp_path / "video_0000.mp4").read_bytes() == first
    other = run(str(tmp_path), "--n", "2", "--seed", "1", *SHORT)
    assert isinstance(other.exception, OutputError)
    assert "is another video" in str(other.exception)
    assert (tmp_path / "video_0000.mp4").read_bytes() == first


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["folder", "faces"])
def test_several_processes_write_what_one_does(tmp_path: Path, layout: str) -> None:
    for jobs in ("1", "2"):
        what = ["--n", "3", "--layout", layout, "--jobs", jobs, "--preset", "still", *SHORT]
        result = run(str(tmp_path / jobs), *what)
        assert result.exit_code == 0, result.output
    files = [sorted(p for p in (tmp_path / jobs).rglob("*.*") if p.is_file()) for jobs in "12"]
    assert len(files[0]) == len(files[1]) >= 9
    for one, other in zip(*files, strict=True):
        assert one.relative_to(tmp_path / "1") == other.relative_to(tmp_path / "2")
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--layout", "attic"], "layout must be one of folder, faces, "),
        (["--layout", "pure", "--jobs", "2"], "jobs is for the layouts folder and faces alone"),
        (["--size", "640"], "--size must be like 640x480"),
        (["--size", "641x480"], "even sides"),
        (["--preset", "odd"], "preset must be one of varied"),
        (["--fps", "0"], "fps must be 1 to 240"),
    ],
)
def test_wrong_use_is_named_before_anything_is_written(
    tmp_path: Path, options: list[str], message: str
) -> None:
    result = run(str(tmp_path / "new"), *options)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
    assert not (tmp_path / "new").exists()


def test_unwritable_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(str(tmp_path / "file" / "videos"), "--n", "1", *SHORT)
    assert isinstance(result.exception, OutputError)


def test_help_names_every_preset() -> None:
    result = run("--help")
    text = " ".join(result.output.replace("│", " ").split())
    assert all(preset in text for preset in PRESET_NAMES)


def test_faces_can_be_trained_on_and_are_written_once(tmp_path: Path) -> None:
    out = tmp_path / "faces"
    arguments = [str(out), "--n", "2", *SHORT, "--layout", "faces"]
    assert run(*arguments).exit_code == 0
    entries = open_store(out)
    assert [entry.name for entry in entries] == ["video_0000", "video_0001"]
    assert entries[0].read(0, 3).rgb.shape == (3, 151, 151, 3)
    assert (out / "truth" / "video_0001.json").is_file()
    before = (out / "video_0000.zarr").stat().st_mtime_ns
    assert "faces of 0 videos written, 2 kept" in run(*arguments).output
    assert (out / "video_0000.zarr").stat().st_mtime_ns == before
    other = run(*arguments, "--seed", "7")
    assert "is already there and is another video" in str(other.exception)
    assert (out / "video_0000.zarr").stat().st_mtime_ns == before


LAYOUTS = sorted(set(DATASETS) - {"folder"})


@pytest.mark.parametrize("layout", LAYOUTS)
def test_videos_lie_as_a_dataset_does_and_are_kept(layout: str, tmp_path: Path) -> None:
    out = tmp_path / "data"
    arguments = [str(out), "--layout", layout, "--seed", "3", *SHORT]
    result = run(*arguments, "--n", "2")
    assert result.exit_code == 0, result.output
    assert "2 videos written, 0 kept" in result.output
    _, found = open_dataset(f"{layout}:{out}")
    truths = {path.stem for path in (out / "truth").glob("*.csv")}
    assert truths == {recording.name for recording in found}
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = run(*arguments, "--n", "2")
    assert "0 videos written, 2 kept" in again.output
    found[0].video.rename(tmp_path / "aside")
    assert "1 videos written, 1 kept" in run(*arguments, "--n", "2").output
    assert found[0].video.exists()
    kept = {path for path, at in before.items() if path.stat().st_mtime_ns == at}
    assert set(found[1].files) <= kept | {path for path in found[1].files if path.is_dir()}


def test_a_layout_is_written_over_nothing_else(tmp_path: Path) -> None:
    arguments = [str(tmp_path / "out"), "--layout", "ubfc-rppg", "--n", "1", *SHORT]
    assert run(*arguments).exit_code == 0
    other = run(*arguments, "--seed", "1")
    assert isinstance(other.exception, OutputError)
    assert "subject1 is another video" in str(other.exception)
    otherwise = run(str(tmp_path / "out"), "--layout", "vipl-hr", *SHORT)
    assert "laid out as ubfc-rppg" in str(otherwise.exception)
    for damage in ("{", "[]", '{"layout": 1, "recordings": []}'):
        (tmp_path / "out" / "truth" / "recordings.json").write_text(damage)
        assert "recordings.json: damaged" in str(run(*arguments).exception)
    (tmp_path / "real" / "subject1").mkdir(parents=True)
    real = run(str(tmp_path / "real"), "--layout", "ubfc-rppg", *SHORT)
    assert "holds something else; choose an empty folder" in str(real.exception)
    (tmp_path / "file").touch()
    assert isinstance(run(str(tmp_path / "file"), *arguments[1:]).exception, OutputError)
