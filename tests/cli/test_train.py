"""``sspd train`` on real videos: a broken one is named, skipped and counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sspd.cli.main import app
from sspd.errors import SourceError, SSPDError, TrainingError, WeightsError
from sspd.network import load_network
from sspd.simulation import VideoSpec, write_video


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def error_of(result: Result) -> str:
    assert isinstance(result.exception, SSPDError), result.output
    return str(result.exception)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "broken.mp4").write_text("no video")
    return folder


@pytest.mark.slow
def test_a_folder_with_one_broken_video_trains_on_the_others(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sspd.research.train.finalize.STATISTICS_CLIPS", 2)
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 2)
    spec = VideoSpec(seed=1, face_px=120, width=320, height=240, duration_s=5.5, fps=15.0)
    write_video(spec, broken / "good.mp4")
    out = tmp_path / "run"
    result = run(broken, "--out", out, "--steps", 1, "--device", "cpu")
    assert result.exit_code == 1, result.output
    assert "broken.mp4: not a video" in result.stderr
    assert "on 1 videos, 1 skipped" in result.stderr
    assert load_network(out / "model.onnx").spec.fs == 30.0
    assert "holds a training" in error_of(run(broken, "--out", out, "--steps", 1))


def test_a_folder_without_a_readable_video_is_rejected(broken: Path, tmp_path: Path) -> None:
    result = run(broken, "--out", tmp_path / "run")
    assert isinstance(result.exception, SourceError)
    assert "none of its 1 videos can be used" in error_of(result)
    (broken / "broken.mp4").unlink()
    assert "no video in this folder" in error_of(run(broken, "--out", tmp_path / "run"))


def test_what_cannot_start_is_rejected_before_faces_are_cut_out(
    broken: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    result = run(broken, "--out", out, "--init", tmp_path / "missing.safetensors")
    assert isinstance(result.exception, WeightsError)
    assert not out.exists()
    out.mkdir()
    (out / "states").mkdir()
    (out / "states" / "00000003.pt").write_bytes(b"")
    assert isinstance(run(broken, "--out", out).exception, TrainingError)
    assert [p.name for p in out.iterdir()] == ["states"]


@pytest.mark.slow
def test_a_dataset_is_trained_on_by_its_split(tmp_path: Path) -> None:
    """The faces of subject37 are cut, those of subject38 are not; 9 s hold no clip of 10 s."""
    from sspd.research.datasets.faces import open_store
    from sspd.research.datasets.table import get_dataset
    from sspd.simulation import VideoSpec

    root = tmp_path / "ubfc"
    for number in (29, 30):
        spec = VideoSpec(
            seed=number, duration_s=9.0, width=192, height=160, face_px=100, pulse_percent=1.2
        )
        get_dataset("ubfc-rppg").write(root, number, spec)
    arguments = ["train", f"ubfc-rppg:{root}", "--protocol", "ubfc-30-12", "--recipe", "paper"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "run")])
    assert isinstance(result.exception, TrainingError)
    assert "training 'paper' on 0 videos, 1 skipped" in result.stderr
    (entry,) = open_store(tmp_path / "run" / "faces")
    assert entry.video.endswith("subject37/vid.avi") and entry.size == 151
    assert "MB in" in result.stderr


def test_a_step_that_is_too_large_for_the_machine_is_reported_beforehand(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sspd.research.train.memory.machine_bytes", lambda: 8 * 2**30)
    result = run(broken, "--out", tmp_path / "a", "--recipe", "paper", "--device", "cpu")
    assert "may take 27 GB of memory, this machine has 9; --precision bf16" in result.stderr
    result = run(broken, "--out", tmp_path / "b", "--device", "cpu")
    assert "GB of memory" not in result.stderr
