"""Integers of 8 bits in place of the network's floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest

from helpers.networks import measuring_network, random_input
from sspd.accel import quantize
from sspd.accel.quantize import is_quantizable, quantize_int8, supports_int8
from sspd.errors import UsageError
from sspd.network import load_network
from sspd.network.export import export_onnx
from sspd.network.load import shipped_weights
from sspd.network.stream import BLOCK_FRAMES

ABLE = supports_int8(openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
needs_integers = pytest.mark.skipif(not ABLE, reason="needs products of 8-bit integers")


@pytest.fixture(scope="module", params=[96, 128])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("integers") / "net.onnx"
    export_onnx(measuring_network(size=request.param), path)
    return path


@pytest.mark.slow
@needs_integers
def test_integers_are_near_floats_also_piece_by_piece(path: Path) -> None:
    exact, rough = (load_network(path, precision=p) for p in ("f32", "int8"))
    video = random_input(2 * BLOCK_FRAMES + 7, exact.spec.size)
    waveform = rough(video)
    assert np.corrcoef(waveform, exact(video))[0, 1] > 0.9  # of weights that nobody trained
    even = np.append(video, video[-1:], axis=0).transpose(1, 0, 2, 3)
    whole = rough.run(np.ascontiguousarray(even))[: len(video)]
    np.testing.assert_allclose(waveform, whole, atol=1e-5 * np.abs(whole).max())


@pytest.mark.slow
@needs_integers
def test_the_shipped_network_agrees_as_asked_for() -> None:
    video = random_input(BLOCK_FRAMES, 128)
    waves = [load_network(precision=p)(video) for p in ("f32", "int8", "auto")]
    assert np.corrcoef(waves[0], waves[1])[0, 1] > 0.9999
    np.testing.assert_array_equal(waves[1], waves[2])  # the fastest here


def test_every_later_kernel_and_what_it_sees_is_rounded(path: Path) -> None:
    model = openvino.Core().read_model(str(path))
    assert is_quantizable(model)
    quantize_int8(model)
    convolutions = [n for n in model.get_ordered_ops() if n.get_type_name() == "Convolution"]
    rounded = [
        [value.get_node().get_type_name() == "FakeQuantize" for value in node.input_values()]
        for node in convolutions
    ]
    assert rounded[0] == rounded[-1] == [False, False]  # of pictures, and of means
    assert len(rounded) == 11
    sees = [node.input_value(0).get_node().get_type_name() for node in convolutions[1:-1]]
    assert set(sees) == {"FakeQuantize", "Interpolate"}  # which repeats what was rounded
    assert all(kernel for _, kernel in rounded[1:-1])


def test_what_cannot_be_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="int8 runs in OpenVINO"):
        load_network(shipped_weights(".safetensors"), backend="torch", precision="int8")
    monkeypatch.setattr("sspd.network.compiler.supports_int8", lambda _: False)
    with pytest.raises(UsageError, match="this processor has no int8; precision auto or f32"):
        load_network(path, precision="int8")
    assert load_network(path, precision="auto").spec.size in (96, 128)


def test_auto_leaves_weights_alone_of_which_nothing_is_known(path: Path) -> None:
    video = random_input(10, load_network(path).spec.size)
    waves = [load_network(path, precision=p)(video) for p in ("auto", "bf16")]
    assert np.corrcoef(*waves)[0, 1] > 0.9999


def test_a_processor_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(quantize, "_CPUINFO", tmp_path / "cpuinfo")
    assert supports_int8(["FP32", "BF16"])
    assert not supports_int8(["FP32", "INT8"])
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu avx512f avx512_vnni sha_ni\n")
    assert supports_int8(["FP32"])
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu avx2 not_avx512_vnni\n")
    assert not supports_int8(["FP32"])
