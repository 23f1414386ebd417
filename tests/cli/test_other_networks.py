"""Another paper's network from videos to a rate: train, measure, score; what is missing is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sspd.cli.main import app
from sspd.errors import SourceError, SSPDError, UsageError
from sspd.simulation import VideoSpec, write_truth, write_video


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def error_of(result: Result) -> str:
    assert isinstance(result.exception, SSPDError), result.output
    return str(result.exception)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated videos; of one the truth is known."""
    folder = tmp_path_factory.mktemp("videos")
    (folder / "truth").mkdir()
    for seed in (1, 2):
        spec = VideoSpec(
            seed=seed, hr_bpm=80, face_px=100, width=192, height=160, duration_s=9.0, fps=30.0
        )
        write_video(spec, folder / f"video{seed}.mp4")
        if seed == 1:
            write_truth(spec, folder / "truth" / "video1.mp4")
    return folder


@pytest.fixture(scope="module")
def weights(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    result = run("train", videos, "--recipe", "deepphys-laptop", "--steps", 1, "--out", out)
    assert result.exit_code == 0, result.output
    assert "not trained on: " in result.stderr
    assert "2: no contact waveform to learn from" in result.stderr
    assert "training 'deepphys-laptop' on 1 videos" in result.stderr
    assert f"sspd measure VIDEO --method deepphys --weights {out / 'model.onnx'}" in result.stdout
    return out / "model.onnx"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_a_video_is_measured_with_it(
    videos: Path, weights: Path, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / "out.json"
    chosen = weights.with_suffix(suffix)
    result = run(
        *("measure", videos / "video1.mp4", "--method", "deepphys"),
        *("--weights", chosen, "--json", file),
    )
    assert result.exit_code in (0, 3), result.output
    (found,) = json.loads(file.read_text())
    assert (found["method"], found["weights"]) == ("deepphys", weights.parent.name)
    assert found["confidence"] is None  # nothing calibrated these weights
    assert found["windows"]


@pytest.mark.slow
def test_it_is_scored_beside_others(videos: Path, weights: Path, tmp_path: Path) -> None:
    data = f"folder:{videos}"
    common = ("evaluate", data, "--out", tmp_path, "--method", "pos,deepphys")
    result = run(*common, "--weights", weights)  # of the only method that has some
    # video2 has nothing that it could be scored against: it is counted, not passed over
    assert result.exit_code in (0, 1), result.output
    assert "| deepphys |" in result.stdout
    facts = json.loads((tmp_path / "manifest.json").read_text())
    told = {one["name"]: one["weights"] for one in facts["methods"]}
    assert told["deepphys"]["all"].startswith("model.onnx ") and told["pos"]["all"] is None


@pytest.mark.slow
def test_what_is_missing_or_too_much_is_said(videos: Path, weights: Path, tmp_path: Path) -> None:
    data, video = f"folder:{videos}", videos / "video1.mp4"
    message = error_of(run("measure", video, "--method", "deepphys"))
    assert "sspd train NAME:PATH --recipe deepphys-laptop" in message
    message = error_of(run("evaluate", data, "--method", "deepphys", "--out", tmp_path))
    assert "no weights of 'deepphys' come with the package" in message
    common = ("evaluate", data, "--method", "pos", "--out", tmp_path)
    message = error_of(run(*common, "--weights", f"deepphys={weights}"))
    assert "'deepphys', which is not among the methods" in message
    message = error_of(run(*common, "--weights", f"pos={weights}"))
    assert "'pos' uses no weights" in message
    twice = f"deepphys={weights},deepphys={weights}"
    result = run("evaluate", data, "--method", "deepphys", "--weights", twice, "--out", tmp_path)
    assert isinstance(result.exception, UsageError) and "two networks" in error_of(result)


@pytest.mark.slow
def test_a_recipe_that_learns_from_labels_needs_some(tmp_path: Path, videos: Path) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "video2.mp4").write_bytes((videos / "video2.mp4").read_bytes())
    result = run("train", folder, "--recipe", "can-laptop", "--out", tmp_path / "run")
    assert isinstance(result.exception, SourceError)
    assert "recipes such as 'laptop' need no labels" in error_of(result)
    message = error_of(run("train", folder, "--recipe", "tea", "--out", tmp_path / "b"))
    assert "no recipe is called 'tea'" in message and "physnet-laptop" in message
