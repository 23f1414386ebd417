"""A network's graph changed so that its convolutions multiply half as often (OpenVINO's).

Four outputs of a kernel three pictures long take twelve products a weight, or six: sums of
six pictures each meet a kernel of one picture, and the outputs are sums of what comes out
(Winograd, "Arithmetic complexity of computations", 1980; the F(4, 3) of Lavin and Gray,
CVPR 2016, here along time alone). In between, every fourth picture stands in a tensor of its
own, four phases in all: no sum has to gather its pictures. What a tanh has bounded stands
it in floats of 16 bits too, not in integers of 8.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from sspd.accel.graph import constant_value, identity_convolution, is_constant, sole_consumer

#: Pictures that are made together.
PHASES = 4
#: What three pictures of a kernel become, at the points 0, 1, -1, 2, -2 and infinity.
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

#: Of four phases the six tensors whose k-th pictures follow each other, for every k.
_Six = Callable[[list[Any]], list[Any]]


def apply_temporal_winograd(model: Any, *, carry: bool = False) -> int:
    """Let the middle of a network work on phases; in place, the same numbers to rounding.

    From the first pooling on, as far as convolutions of three pictures, tanh and pooling of
    single pictures follow each other.

    Parameters
    ----------
    model : openvino.Model
        Run with a multiple of `PHASES` pictures.
    carry : bool
        Whether it goes on where it was, see `sspd.accel.stateful.make_streaming`, which comes
        after this: what was before is a further input and is handed on as a further output,
        and values come the later by one picture a convolution. False: zeros lie around the
        video.

    Returns
    -------
    int
        How many convolutions.
    """
    pool = next((n for n in model.get_ordered_ops() if n.get_type_name() == "AvgPool"), None)
    chain = [] if pool is None else _chain(pool)
    if not chain:
        return 0
    users = chain[-1].output(0).get_target_inputs()
    six = partial(_after_memory, model) if carry else _among_zeros
    phases = [_pictures(pool, k, _END, PHASES) for k in range(PHASES)]
    for node in chain:
        phases = _of_phases(node, phases, six)
    whole = _in_turn(phases)
    for user in users:
        user.replace_source_output(whole.output(0))
    return sum(node.get_type_name() == "Convolution" for node in chain)


def _chain(node: Any) -> list[Any]:
    """What follows a node and can work on phases, up to the last tanh."""
    chain: list[Any] = []
    while (node := sole_consumer(node, "Convolution", "Add", "Tanh", "AvgPool")) and _fits(node):
        chain.append(node)
    while chain and chain[-1].get_type_name() != "Tanh":
        chain.pop()
    return chain


def _fits(node: Any) -> bool:
    """Whether a node looks at single pictures, or is a convolution of three."""
    facts = node.get_attributes()
    if node.get_type_name() == "AvgPool":
        return bool(facts["kernel"][0] == 1)
    if node.get_type_name() == "Tanh":
        return True
    if not is_constant(node.input_value(1)):
        return False
    if node.get_type_name() == "Add":
        return True
    moments = [facts[name][0] for name in ("pads_begin", "pads_end", "strides", "dilations")]
    return moments == [1] * 4 and constant_value(node.input_value(1)).shape[2] == 3


def _of_phases(node: Any, phases: list[Any], six: _Six) -> list[Any]:
    """What a node makes of each phase."""
    from openvino import opset13 as ops

    if node.get_type_name() == "Convolution":
        return _convolved(node, six(phases))
    if node.get_type_name() == "Add":
        bias = constant_value(node.input_value(1)).reshape(1, -1, 1, 1, 1)
        return [ops.add(phase, bias) for phase in phases]
    if node.get_type_name() == "Tanh":
        return [ops.tanh(phase) for phase in phases]
    facts = node.get_attributes()
    pads = facts["pads_begin"], facts["pads_end"]
    how = facts["strides"], *pads, facts["kernel"], facts["exclude-pad"]
    return [ops.avg_pool(phase, *how) for phase in phases]


def _convolved(node: Any, pictures: list[Any]) -> list[Any]:
    """Four neighbouring outputs of a convolution, of six neighbouring pictures."""
    from openvino import opset13 as ops

    facts = node.get_attributes()
    begin, end = ([0, *facts[name][1:]] for name in ("pads_begin", "pads_end"))
    kernels = np.einsum("kt,octhw->kochw", _KERNELS, constant_value(node.input_value(1)))
    found = [
        ops.convolution(
            given, kernel[:, :, None].astype(np.float32), facts["strides"], begin, end, [1] * 3
        )
        for given, kernel in zip(_sums_of_six(pictures), kernels, strict=True)
    ]
    return _four_outputs(found)


def _sums_of_six(pictures: list[Any]) -> list[Any]:
    """The values of pictures, taken for a polynomial's, at the six points.

    No two have a part in common: OpenVINO makes each in one go, and would keep such parts.
    """
    a, b, c, d, e, f = pictures
    return [
        _plus(_minus(_times(4, a), _times(5, c)), e),
        _minus(_plus(e, d), _times(4, _plus(b, c))),
        _plus(_minus(e, d), _times(4, _minus(b, c))),
        _minus(_plus(e, _times(2, d)), _plus(c, _times(2, b))),
        _minus(_minus(e, c), _times(2, _minus(d, b))),
        _plus(_minus(_times(4, b), _times(5, d)), f),
    ]


def _four_outputs(found: list[Any]) -> list[Any]:
    """Outputs in a row, of products at the six points; again without a part in common."""
    a, b, c, d, e, f = found
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


def _among_zeros(phases: list[Any]) -> list[Any]:
    """One picture earlier and one later, zeros beyond the video's ends."""
    from openvino import opset13 as ops

    nothing = np.float32(0)
    first, last = _pictures(phases[0], 0, 1), _pictures(phases[-1], -1, _END)
    before = ops.concat([ops.multiply(first, nothing), _pictures(phases[-1], 0, -1)], axis=2)
    after = ops.concat([_pictures(phases[0], 1, _END), ops.multiply(last, nothing)], axis=2)
    return [before, *phases, after]


def _after_memory(model: Any, phases: list[Any]) -> list[Any]:
    """Two pictures earlier, of which the first two were seen the time before."""
    from openvino import opset13 as ops

    _, channels, _, height, width = phases[0].output(0).get_partial_shape()
    shape = [1, channels.get_length(), 2, height.get_length(), width.get_length()]
    memory = ops.parameter(shape, np.float32)
    late, last = phases[2:], [_pictures(phase, -1, _END) for phase in phases[2:]]
    model.add_parameters([memory])
    model.add_results([ops.result(identity_convolution(ops.concat(last, axis=2), shape[1]))])
    before = [
        ops.concat([_pictures(memory, k, k + 1), _pictures(phase, 0, -1)], axis=2)
        for k, phase in enumerate(late)
    ]
    return [*before, *phases]


def _pictures(of: Any, start: int, stop: int, step: int = 1) -> Any:
    from openvino import opset13 as ops

    return ops.slice(of, *(np.array([k]) for k in (start, stop, step, 2)))


def _in_turn(phases: list[Any]) -> Any:
    """The pictures of all phases in their order in time."""
    from openvino import opset13 as ops

    apart = ops.concat([ops.unsqueeze(phase, np.array(3)) for phase in phases], axis=3)
    _, channels, _, height, width = phases[0].output(0).get_partial_shape()
    shape = [1, channels.get_length(), -1, height.get_length(), width.get_length()]
    return ops.reshape(apart, np.array(shape), False)
