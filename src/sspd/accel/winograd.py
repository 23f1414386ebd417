"""A network's graph changed so that its convolutions multiply half as often (OpenVINO's).

Four outputs of a kernel three frames long take twelve products a weight, or six: sums of
six frames each meet a kernel of one frame, and the outputs are sums of what comes out
(Winograd, "Arithmetic complexity of computations", 1980; the F(4, 3) of Lavin and Gray,
CVPR 2016, here along time alone). In between, every fourth frame stands in a tensor of its
own, four phases in all: no sum has to gather its frames. What a tanh has bounded bears
this in floats of 16 bits too, not in integers of 8.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sspd.accel.graph import constant_value, identity_convolution, is_constant, sole_consumer

#: Frames that are made together.
PHASES = 4
#: Transform of the three frames of a kernel, at the points 0, 1, -1, 2, -2 and infinity.
_KERNELS = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
_END = 1 << 31


def apply_temporal_winograd(model: Any) -> int:
    """Rewrite the middle of a streaming network to work on phases, in place.

    From the first pooling on, as far as convolutions of three frames, tanh and pooling of
    single frames follow each other. The values are the same to rounding. What each convolution
    has seen last becomes a further input and a further output, and values come later by one
    frame a convolution: `sspd.accel.stateful.make_streaming` comes after this.

    Parameters
    ----------
    model : openvino.Model
        Run with a multiple of `PHASES` frames.

    Returns
    -------
    int
        How many convolutions were rewritten.
    """
    pool = next((n for n in model.get_ordered_ops() if n.get_type_name() == "AvgPool"), None)
    chain = [] if pool is None else _chain(pool)
    if not chain:
        return 0
    consumers = chain[-1].output(0).get_target_inputs()
    phases = [_slice(pool, k, _END, PHASES) for k in range(PHASES)]
    for node in chain:
        phases = _apply(node, phases, model)
    whole = _interleave(phases)
    for consumer in consumers:
        consumer.replace_source_output(whole.output(0))
    return sum(node.get_type_name() == "Convolution" for node in chain)


def _chain(node: Any) -> list[Any]:
    """Return what follows a node and can work on phases, up to the last tanh."""
    chain: list[Any] = []
    while (node := sole_consumer(node, "Convolution", "Add", "Tanh", "AvgPool")) and _fits(node):
        chain.append(node)
    while chain and chain[-1].get_type_name() != "Tanh":
        chain.pop()
    return chain


def _fits(node: Any) -> bool:
    """Return whether a node looks at single frames, or is a convolution of three."""
    attributes = node.get_attributes()
    if node.get_type_name() == "AvgPool":
        return bool(attributes["kernel"][0] == 1)
    if node.get_type_name() == "Tanh":
        return True
    if not is_constant(node.input_value(1)):
        return False
    if node.get_type_name() == "Add":
        return True
    names = ("pads_begin", "pads_end", "strides", "dilations")
    in_time = [attributes[name][0] for name in names]
    return in_time == [1] * 4 and constant_value(node.input_value(1)).shape[2] == 3


def _apply(node: Any, phases: list[Any], model: Any) -> list[Any]:
    """Return what a node makes of each phase."""
    from openvino import opset13 as ops

    if node.get_type_name() == "Convolution":
        return _convolve(node, _six_neighbours(phases, model))
    if node.get_type_name() == "Add":
        bias = constant_value(node.input_value(1)).reshape(1, -1, 1, 1, 1)
        return [ops.add(phase, bias) for phase in phases]
    if node.get_type_name() == "Tanh":
        return [ops.tanh(phase) for phase in phases]
    attributes = node.get_attributes()
    pads = attributes["pads_begin"], attributes["pads_end"]
    settings = attributes["strides"], *pads, attributes["kernel"], attributes["exclude-pad"]
    return [ops.avg_pool(phase, *settings) for phase in phases]


def _convolve(node: Any, frames: list[Any]) -> list[Any]:
    """Return four neighbouring outputs of a convolution, of six neighbouring frames."""
    from openvino import opset13 as ops

    attributes = node.get_attributes()
    begin, end = ([0, *attributes[name][1:]] for name in ("pads_begin", "pads_end"))
    kernels = np.einsum("kt,octhw->kochw", _KERNELS, constant_value(node.input_value(1)))
    products = [
        ops.convolution(
            x, kernel[:, :, None].astype(np.float32), attributes["strides"], begin, end, [1] * 3
        )
        for x, kernel in zip(_sums_of_six(frames), kernels, strict=True)
    ]
    return _four_outputs(products)


def _sums_of_six(frames: list[Any]) -> list[Any]:
    """Return the values at the six points of the polynomial whose coefficients frames are.

    No two share a part: OpenVINO computes each in one go, and would store such parts.
    """
    a, b, c, d, e, f = frames
    return [
        _plus(_minus(_times(4, a), _times(5, c)), e),
        _minus(_plus(e, d), _times(4, _plus(b, c))),
        _plus(_minus(e, d), _times(4, _minus(b, c))),
        _minus(_plus(e, _times(2, d)), _plus(c, _times(2, b))),
        _minus(_minus(e, c), _times(2, _minus(d, b))),
        _plus(_minus(_times(4, b), _times(5, d)), f),
    ]


def _four_outputs(products: list[Any]) -> list[Any]:
    """Return outputs in a row of products at the six points; again without a shared part."""
    a, b, c, d, e, f = products
    return [
        _plus(a, _plus(_plus(b, c), _plus(d, e))),
        _plus(_minus(b, c), _times(2, _minus(d, e))),
        _plus(_plus(b, _times(4, d)), _plus(c, _times(4, e))),
        _plus(_minus(_plus(b, _times(8, d)), _plus(c, _times(8, e))), f),
    ]


def _plus(x: Any, y: Any) -> Any:
    from openvino import opset13 as ops

    return ops.add(x, y)


def _minus(x: Any, y: Any) -> Any:
    from openvino import opset13 as ops

    return ops.subtract(x, y)


def _times(factor: float, x: Any) -> Any:
    from openvino import opset13 as ops

    return ops.multiply(x, np.float32(factor))


def _six_neighbours(phases: list[Any], model: Any) -> list[Any]:
    """Return six tensors whose k-th frames are neighbours: the phases, and two frames before.

    Those two are of the phases' ends; the first of them were seen in the block before, and are
    a further input and output of the model.
    """
    from openvino import opset13 as ops

    _, channels, _, height, width = phases[0].output(0).get_partial_shape()
    shape = [1, channels.get_length(), 2, height.get_length(), width.get_length()]
    state = ops.parameter(shape, np.float32)
    late = phases[2:]
    last = ops.concat([_slice(phase, -1, _END) for phase in late], axis=2)
    model.add_parameters([state])
    model.add_results([ops.result(identity_convolution(last, shape[1]))])
    before = [
        ops.concat([_slice(state, k, k + 1), _slice(phase, 0, -1)], axis=2)
        for k, phase in enumerate(late)
    ]
    return [*before, *phases]


def _slice(node: Any, start: int, stop: int, step: int = 1) -> Any:
    """Return some frames of a tensor."""
    from openvino import opset13 as ops

    return ops.slice(node, *(np.array([k]) for k in (start, stop, step, 2)))


def _interleave(phases: list[Any]) -> Any:
    """Return the frames of all phases in their order in time."""
    from openvino import opset13 as ops

    apart = ops.concat([ops.unsqueeze(phase, np.array(3)) for phase in phases], axis=3)
    _, channels, _, height, width = phases[0].output(0).get_partial_shape()
    shape = [1, channels.get_length(), -1, height.get_length(), width.get_length()]
    return ops.reshape(apart, np.array(shape), False)
