"""The small network from the command line: measured, exported, or refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner, Result

import sspd
from helpers.networks import measuring_network, nano_network
from sspd.cli.main import app
from sspd.errors import SSPDError
from sspd.models.checkpoint import save_checkpoint
from sspd.network.export import export_onnx
from sspd.pipeline.batch.identity import identity
from sspd.pipeline.loading import load_method
from sspd.simulation import VideoSpec, write_video
from sspd.types import MeasureOptions


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


def error_of(result: Result) -> str:
    assert isinstance(result.exception, SSPDError), result.output
    assert "\n" not in str(result.exception)
    return str(result.exception)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nano")
    save_checkpoint(nano_network(name="pupil"), folder / "nano.safetensors")
    export_onnx(nano_network(name="pupil"), folder / "nano.onnx")
    return folder


def test_a_video_is_measured_with_it(folder: Path, tmp_path: Path) -> None:
    spec = VideoSpec(seed=2, duration_s=9.0, face_px=90, width=192, height=160)
    write_video(spec, tmp_path / "face.mp4")
    file = tmp_path / "out.json"
    result = run(
        "measure", tmp_path / "face.mp4", "--weights", folder / "nano.onnx", "--json", file
    )
    assert result.exit_code in (0, 3), result.output
    (row,) = json.loads(file.read_text())
    assert (row["method"], row["weights"]) == ("sspd", "pupil")
    assert row["hr_bpm"] is None  # it learned nothing, and nothing is accepted


def test_frames_are_measured_and_streamed_with_it(folder: Path) -> None:
    frames = np.full((300, 48, 48, 3), 120, np.uint8)
    given = {"fs": 30.0, "box": (0, 0, 48, 48), "weights": folder / "nano.onnx"}
    vitals = sspd.measure(frames, **given)
    assert vitals.weights == "pupil" and vitals.hr_bpm is None
    assert len(list(sspd.stream(frames, **given))) >= 8


def test_a_result_depends_on_the_bytes_of_its_weights(folder: Path, tmp_path: Path) -> None:
    export_onnx(nano_network(seed=1, name="pupil"), tmp_path / "nano.onnx")
    found = []
    for file in (folder / "nano.onnx", tmp_path / "nano.onnx"):
        options = MeasureOptions(weights=str(file))
        found.append(identity(options, load_method(options))["weights_sha256"])
    assert found[0] != found[1] and all(found)


def test_it_is_exported_in_float32_and_int8(folder: Path, tmp_path: Path) -> None:
    checkpoint = folder / "nano.safetensors"
    assert run("export", tmp_path / "f.onnx", "--weights", checkpoint).exit_code == 0
    assert run("export", tmp_path / "i.onnx", "--weights", checkpoint, "--int8").exit_code == 0
    assert (tmp_path / "f.onnx").read_bytes() == (folder / "nano.onnx").read_bytes()
    kinds = [
        {node.op_type for node in onnx.load(str(tmp_path / f)).graph.node}
        for f in ("f.onnx", "i.onnx")
    ]
    assert ["DequantizeLinear" in kind for kind in kinds] == [False, True]
    save_checkpoint(measuring_network(), tmp_path / "large.safetensors")
    result = run(
        "export", tmp_path / "x.onnx", "--weights", tmp_path / "large.safetensors", "--int8"
    )
    assert "int8 weights are for the small network nano" in error_of(result)
    assert not (tmp_path / "x.onnx").exists()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("explain", "a.mp4", "--weights", "{}/nano.safetensors"), "LayerCAM is of the large"),
        (("export", "o.onnx", "--weights", "nano"), "--recipe nano --teacher shipped"),
        (("explain", "a.mp4", "--weights", "nano"), "no weights of this name"),
        (("train", ".", "--recipe", "laptop", "--teacher", "shipped"), "has no teacher"),
        (("train", ".", "--recipe", "nano", "--teacher", "missing"), "no such checkpoint"),
        (
            ("evaluate", "pure:x", "--out", "s", "--recipe", "nano", "--protocol", "pure-hr-cnn"),
            "trains no small",
        ),
    ],
)
def test_what_it_cannot_do_is_told_in_one_line(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert told in error_of(run(*(part.format(folder) for part in command)))
