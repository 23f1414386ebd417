"""Convolutions that multiply half as often, against plain ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from openvino import opset13 as ops

from helpers.networks import measuring_network
from sspd.accel.stateful import make_streaming
from sspd.accel.winograd import apply_temporal_winograd
from sspd.network.export import export_onnx

RNG = np.random.default_rng(11)
ONE = [1, 1, 1]


def run(model: openvino.Model, *given: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    found = openvino.Core().compile_model(model, "CPU", hint)(list(given))
    return [np.array(found[k]) for k in range(len(model.outputs))]


def small(layers: int, in_time: int = 3, pool: int = 1) -> openvino.Model:
    """A pooling, convolutions with bias and tanh, another pooling."""
    frames = ops.parameter([1, 2, -1, 12, 12], np.float32)
    x = ops.avg_pool(frames, [1, 2, 2], [0] * 3, [0] * 3, [1, 2, 2], True)
    for _ in range(layers):
        kernel = RNG.normal(size=(2, 2, in_time, 3, 3)).astype(np.float32) / 4
        pads = [in_time // 2, 1, 1]
        x = ops.convolution(x, kernel, ONE, pads, pads, ONE)
        x = ops.tanh(ops.add(x, RNG.normal(size=(1, 2, 1, 1, 1)).astype(np.float32)))
    x = ops.avg_pool(x, [pool, 2, 2], [0] * 3, [0] * 3, [pool, 2, 2], True)
    return openvino.Model([x], [frames])


def video(n: int) -> NDArray[np.float32]:
    return RNG.normal(size=(1, 2, n, 12, 12)).astype(np.float32)


def streamed(model: openvino.Model, frames: NDArray[np.float32], block: int) -> NDArray[np.float32]:
    """What a rewritten model makes of a video, block by block."""
    state = [np.zeros(list(each.get_shape()), np.float32) for each in model.inputs[1:]]
    late = []
    for k in range(0, frames.shape[2], block):
        values, *state = run(model, frames[:, :, k : k + block], *state)
        late.append(values)
    return np.concatenate(late, axis=2)


@pytest.mark.slow
@settings(deadline=None, max_examples=12)
@given(st.sampled_from([(4, 8), (8, 24), (24, 24), (12, 36)]), st.integers(1, 3))
def test_it_is_the_same_numbers_a_frame_a_layer_late(sizes: tuple[int, int], layers: int) -> None:
    block, n = sizes
    model, frames = small(layers), video(n)
    (whole,) = run(model.clone(), frames)
    assert apply_temporal_winograd(model) == layers
    got = streamed(model, frames, block)
    # of its beginning it sees what its layers make of zeros, not zeros
    middle = slice(2 * layers, n - layers)
    np.testing.assert_allclose(got[:, :, layers:][:, :, middle], whole[:, :, middle], atol=2e-5)


def test_what_does_not_fit_stays_as_it_is() -> None:
    for model in (small(0), small(2, in_time=5), small(2, in_time=1)):
        before = [node.get_friendly_name() for node in model.get_ordered_ops()]
        assert apply_temporal_winograd(model) == 0
        assert [node.get_friendly_name() for node in model.get_ordered_ops()] == before


def test_a_bias_from_elsewhere_is_left_where_it_is() -> None:
    frames, bias = (ops.parameter([1, 2, -1, side, side], np.float32) for side in (12, 6))
    x = ops.avg_pool(frames, [1, 2, 2], [0] * 3, [0] * 3, [1, 2, 2], True)
    kernel = RNG.normal(size=(2, 2, 3, 3, 3)).astype(np.float32)
    x = ops.add(ops.convolution(x, kernel, ONE, ONE, ONE, ONE), bias)
    assert apply_temporal_winograd(openvino.Model([ops.tanh(x)], [frames, bias])) == 0


def test_a_pooling_in_time_ends_them() -> None:
    model, frames = small(1, pool=2), video(16)
    (whole,) = run(model.clone(), np.roll(frames, 1, axis=2))
    assert apply_temporal_winograd(model) == 1
    got = streamed(model, frames, 16)  # late by one, as what is rolled
    np.testing.assert_allclose(got[:, :, 2:-1], whole[:, :, 2:-1], atol=2e-5)


@pytest.mark.slow
def test_with_a_memory_nothing_falls_back_to_float32(tmp_path: Path) -> None:
    core, hint = openvino.Core(), {"INFERENCE_PRECISION_HINT": "bf16"}
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("needs bfloat16")
    export_onnx(measuring_network(), tmp_path / "net.onnx")
    model = core.read_model(tmp_path / "net.onnx")
    apply_temporal_winograd(model)
    make_streaming(model, 20)
    ran = core.compile_model(model, "CPU", hint).get_runtime_model().get_ordered_ops()
    facts = [{k: v.astype(str) for k, v in node.get_rt_info().items()} for node in ran]
    exact = [f["layerType"] for f in facts if f["runtimePrecision"] == "f32"]
    assert sum(f["layerType"] == "Convolution" for f in facts) > 36
    assert not {"Convolution", "Pooling"} & set(exact)
    assert exact.count("Subgraph") <= 1  # the norm of what comes in


@pytest.mark.parametrize("size", [96, 128])
def test_a_whole_network_has_six_such_convolutions(size: int, tmp_path: Path) -> None:
    export_onnx(measuring_network(size=size), tmp_path / "net.onnx")
    model = openvino.Core().read_model(tmp_path / "net.onnx")
    assert apply_temporal_winograd(model) == 6  # its values: tests/network/test_stream.py
    assert len(model.inputs) == len(model.outputs) == 1 + 6
