"""A public call and the command of its name write the same files, and fail with one line."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import sspd
from helpers.tiny_recipe import TINY
from sspd.cli.main import app
from sspd.errors import SSPDError
from sspd.research.api.simulate import Simulation
from sspd.research.evaluate import Evaluation
from sspd.research.recipes import RECIPES


def command(*arguments: object) -> Any:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(result.exception, SSPDError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def files_of(folder: Path) -> dict[str, bytes]:
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    assert found
    return found


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny recipe by name, and what follows a training made short."""
    monkeypatch.setitem(RECIPES, "tiny", TINY)
    monkeypatch.setattr("sspd.research.train.finalize.STATISTICS_CLIPS", 2)
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 2)


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_train(store: Path, tmp_path: Path) -> None:
    outs = [tmp_path / way / "run" for way in ("python", "command")]
    told: list[tuple[str, int, int]] = []
    said: list[str] = []
    found = sspd.train(
        store, TINY, outs[0], device="cpu", progress=lambda *now: told.append(now),
        notice=said.append,
    )  # fmt: skip
    printed = command("train", store, "--recipe", "tiny", "--out", outs[1], "--device", "cpu")
    for name in ("model.safetensors", "model.onnx", "verdict.json"):
        assert (outs[0] / name).read_bytes() == (outs[1] / name).read_bytes()
    assert (found.weights, found.onnx) == (outs[0] / "model.safetensors", outs[0] / "model.onnx")
    assert (found.n_videos, found.step, found.method, found.rank) == (2, 1, "sspd", 0)
    assert not (found.unreadable or found.unlabelled or found.too_short)
    assert f"{found.verdict}: {found.why}" in printed.stdout
    assert [what.split(",")[0] for what, _, _ in told][:1] == ["Training"]
    assert ("Exporting", 0, 0) in told
    assert said == ["training 'tiny' on 2 videos, 0 skipped"]
    assert f"sspd: {said[0]}" in printed.stderr


@pytest.mark.slow
def test_evaluate(dataset: Path, tmp_path: Path) -> None:
    found = sspd.evaluate(("ubfc-rppg", dataset), tmp_path / "python", ["pos", "green"])
    assert isinstance(found, Evaluation)
    data = f"ubfc-rppg:{dataset}"
    printed = command("evaluate", data, "--method", "pos,green", "--out", tmp_path / "command")
    python, by_command = files_of(tmp_path / "python"), files_of(tmp_path / "command")
    assert python == by_command
    assert python["table.md"].decode() == found.table and found.table in printed.stdout
    assert {score.method for score in found.scores} == {"pos", "green"}
    assert found.scoring in printed.stdout


@pytest.mark.parametrize("layout", ["folder", "ubfc-rppg"])
def test_simulate(layout: str, tmp_path: Path) -> None:
    def call() -> Simulation:
        where, size = tmp_path / "python", (160, 128)
        return sspd.simulate(where, 2, seconds=0.2, seed=3, size=size, layout=layout)

    found = call()
    small = ["--n", "2", "--seconds", "0.2", "--seed", "3", "--size", "160x128"]
    command("simulate", tmp_path / "command", *small, "--layout", layout)
    assert files_of(tmp_path / "python") == files_of(tmp_path / "command")
    assert found.n_written == len(found.videos) == 2
    assert all(video.path.exists() and video.truth.exists() for video in found.videos)
    assert [video.spec.width for video in found.videos] == [160, 160]
    again = call()
    assert again.n_written == 0
    assert [video.path for video in again.videos] == [video.path for video in found.videos]


def _errors(store: Path, dataset: Path, out: Path) -> dict[str, Callable[[], object]]:
    """What cannot work, and a word of its message."""
    ubfc, taken = f"ubfc-rppg:{dataset}", out / "a-file" / "run"
    return {
        "missing: not a folder": lambda: sspd.train("missing", out=out / "run"),
        "no-such.mp4: no such file": lambda: sspd.train(["no-such.mp4"], out=out / "run"),
        "no recipe is called 'soup'": lambda: sspd.train(store, "soup", out / "run"),
        "a recipe is a name or a Recipe": lambda: sspd.train(store, 3, out / "run"),  # type: ignore[arg-type]
        "nothing to learn from": lambda: sspd.train(store, "physnet-laptop", out / "run"),
        "steps must be 1": lambda: sspd.train(store, TINY, out / "run", steps=0),
        "a protocol needs a dataset": lambda: sspd.train(store, TINY, out, protocol="2-fold"),
        "device is one of": lambda: sspd.train(store, TINY, out / "run", device="abacus"),
        f"{taken}: cannot be made": lambda: sspd.train(store, TINY, taken, device="cpu"),
        "missing": lambda: sspd.evaluate(("ubfc-rppg", "missing"), out / "scores"),
        "different methods": lambda: sspd.evaluate(ubfc, out / "scores", ["pos", "pos"]),
        "give a dataset as NAME:PATH": lambda: sspd.evaluate("videos", out / "scores"),
        "no method named 'tea'": lambda: sspd.evaluate(ubfc, out / "scores", "tea"),
        "jobs must be 1": lambda: sspd.evaluate(ubfc, out / "scores", "pos", jobs=0),
        f"{taken}: cannot be": lambda: sspd.evaluate(ubfc, taken, "pos"),
        "preset must be one of": lambda: sspd.simulate(out / "videos", preset="odd"),
        "n must be 1 or more": lambda: sspd.simulate(out / "videos", 0),
        f"{taken}: cannot": lambda: sspd.simulate(taken, 1, seconds=0.2),
    }


def test_what_cannot_work_is_said_in_one_line(store: Path, dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    for word, call in _errors(store, dataset, tmp_path).items():
        with pytest.raises(SSPDError) as error:
            call()
        assert word in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["train", "evaluate", "simulate", "calibrate"])
def test_a_command_reaches_research_through_its_public_call(name: str) -> None:
    """Besides it a command takes names, recipes and memory of its process, and no data."""
    module = import_module(f"sspd.cli.{name}")
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    taken = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    research = {one for one in taken if one.startswith("sspd.research")}
    assert f"sspd.research.api.{name}" in research
    assert research <= {
        f"sspd.research.api.{name}",
        "sspd.research.calibration.collect",
        "sspd.research.calibration.score",
        "sspd.research.recipes",
        "sspd.research.train.memory",
    }
