"""The network without tricks: as it was exported, in chunks that overlap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest

from helpers.networks import measuring_network, random_input
from sspd.accel.quantize import supports_int8
from sspd.accel.switch import VARIABLE
from sspd.network import load_network
from sspd.network.export import export_onnx, onnx_bytes
from sspd.network.stream import BLOCK_FRAMES

VIDEO = random_input(2 * BLOCK_FRAMES + 7)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plain") / "net.onnx"
    export_onnx(measuring_network(), path)
    return path


def operators(graph: openvino.Model) -> list[str]:
    """What computes; the shapes are worked out when they are fixed."""
    kinds = ("Convolution", "Tanh", "AvgPool", "Parameter", "Result", "FakeQuantize", "Transpose")
    found = (node.get_type_name() for node in graph.get_ordered_ops())
    return sorted(kind for kind in found if kind in kinds)


@pytest.mark.usefixtures("tricks_off")
def test_what_is_compiled_is_what_was_exported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []
    compile_ = openvino.Core.compile_model

    def noted(core: openvino.Core, model: Any, device: str, settings: dict[str, Any]) -> Any:
        compiled.append((operators(model), settings))
        return compile_(core, model, device, settings)

    monkeypatch.setattr(openvino.Core, "compile_model", noted)
    network = load_network(path, precision="auto")
    assert network.begin is None
    network(VIDEO)
    exported = operators(openvino.Core().read_model(str(path)))
    hints = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }
    assert compiled
    assert all(each == (exported, hints) for each in compiled)


@pytest.mark.slow
@pytest.mark.parametrize("frames", [5, 120, len(VIDEO)])
def test_the_waveform_is_the_same(path: Path, frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    waves = []
    for switch in ("on", "off"):
        monkeypatch.setenv(VARIABLE, switch)
        waves.append(load_network(path)(VIDEO[:frames]))
    np.testing.assert_allclose(*waves, atol=1e-4 * np.abs(waves[0]).max())


@pytest.mark.slow
@pytest.mark.skipif(
    not supports_int8(openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
    reason="needs products of 8-bit integers",
)
@pytest.mark.usefixtures("tricks_off")
def test_integers_stay_the_users_choice(path: Path) -> None:
    exact, rough = (load_network(path, precision=p)(VIDEO) for p in ("f32", "int8"))
    assert 0.9 < np.corrcoef(exact, rough)[0, 1] < 1 - 1e-9


def test_the_export_is_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for switch in ("on", "off"):
        monkeypatch.setenv(VARIABLE, switch)
        files.append(onnx_bytes(measuring_network()))
    assert files[0] == files[1]
