"""The first convolution, two pixels at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13 as ops

from helpers.networks import measuring_network, random_input
from sspd.accel.space_to_depth import FEW, pack_pixel_pairs
from sspd.network.export import export_onnx

RNG = np.random.default_rng(3)


def small(
    outputs: int = 4, width: int = 11, strides: int = 1, pad: int = 0, *, bias: bool = True
) -> openvino.Model:
    """Three pictures long and wide, as ours begin."""
    kernel = RNG.normal(size=(outputs, 3, 3, 3, 3)).astype(np.float32)
    pictures = ops.parameter([1, 3, 6, 9, width], np.float32)
    pads = [1, pad, pad]
    found = ops.convolution(pictures, kernel, [1, strides, strides], pads, pads, [1, 1, 1])
    if bias:
        found = ops.add(found, RNG.normal(size=(1, outputs, 1, 1, 1)).astype(np.float32))
    return openvino.Model([ops.tanh(found)], [pictures])


def run(model: openvino.Model, pictures: np.ndarray) -> np.ndarray:
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(model, "CPU", hint)
    return np.array(compiled([pictures])[0])


def test_pairs_are_the_same_numbers() -> None:
    model = small(width=12)
    pictures = RNG.normal(size=(1, 3, 6, 9, 12)).astype(np.float32)
    alone = run(model.clone(), pictures)
    assert pack_pixel_pairs(model)
    convolution = next(n for n in model.get_ordered_ops() if n.get_type_name() == "Convolution")
    assert list(convolution.get_output_shape(0)) == [1, 8, 6, 7, 5]
    np.testing.assert_allclose(run(model, pictures), alone, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("size", [96, 128])
def test_so_are_those_of_a_whole_network(size: int, tmp_path: Path) -> None:
    export_onnx(measuring_network(size=size), tmp_path / "net.onnx")
    model = openvino.Core().read_model(tmp_path / "net.onnx")
    model.reshape([1, 3, 10, size, size])
    pictures = random_input(10, size).transpose(1, 0, 2, 3)[None]
    alone = run(model.clone(), pictures)
    assert pack_pixel_pairs(model)
    np.testing.assert_allclose(run(model, pictures), alone, atol=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        small(outputs=FEW + 1, width=12),
        small(width=11),
        small(width=13, strides=2),
        small(width=10, pad=1),
        small(width=12, bias=False),
    ],
    ids=["many", "odd", "strides", "padded", "no bias"],
)
def test_others_stay_as_they_are(model: openvino.Model) -> None:
    before = [node.get_friendly_name() for node in model.get_ordered_ops()]
    assert not pack_pixel_pairs(model)
    assert [node.get_friendly_name() for node in model.get_ordered_ops()] == before
