"""A network's graph changed so that it goes on where it was: OpenVINO's, of any export of ours."""

from __future__ import annotations

from typing import Any

import numpy as np

from sspd.accel.graph import identity_convolution

#: What may stand between two convolutions that share one memory.
_BETWEEN = ("Add", "BatchNormInference", "Tanh")
#: The end of a slice without an end.
_FAR = 1 << 31
#: Convolutions of three pictures in each row of sspd's network: three blocks, the last one
#: with the predictor's first, and on either side of its doubled rate one.
_ROWS = [2, 2, 2, 2, 1, 1]


def is_streamable(model: Any) -> bool:
    """Whether a network looks as far as sspd's does, so that `make_streaming` fits it.

    Parameters
    ----------
    model : openvino.Model
    """
    return [len(row) for row in _rows(model)] == _ROWS


def make_streaming(model: Any, n: int) -> list[list[int]]:
    """Change a network, in place, so that it takes a video `n` differences at a time.

    Its kernels look one picture back and one ahead, and past the video's ends at zeros.
    Here they look at pictures alone: each row of convolutions is given the last ones that it
    looked at again, as further inputs, and hands its last ones on, as further outputs.
    Values come the later by what the kernels look ahead (`sspd.network.stream.DELAY`).

    Parameters
    ----------
    model : openvino.Model
        One that `is_streamable`; `sspd.accel.winograd` may have rewritten its middle.
    n : int
        Even. The first input becomes (1, 3, LEAD + n, h, w): the caller repeats the last
        differences itself.

    Returns
    -------
    list of list of int
        Shapes of all further inputs, and of the further outputs, in order.
    """
    from openvino import opset13 as ops

    first, *others = _rows(model)
    inputs, outputs = [], []
    for row in others:
        source, seen = row[0].input_value(0), 2 * len(row)
        _, channels, _, height, width = source.get_partial_shape()
        shape = [1, channels.get_length(), seen, height.get_length(), width.get_length()]
        inputs.append(ops.parameter(shape, np.float32))
        whole = ops.concat([inputs[-1], source], axis=2)
        last = ops.slice(whole, *(np.array([k]) for k in (-seen, _FAR, 1, 2)))
        outputs.append(ops.result(identity_convolution(last, shape[1])))
        _look_at(row, whole.output(0))
    _look_at(first, first[0].input_value(0))
    model.add_parameters(inputs)
    model.add_results(outputs)
    _, channels, _, height, width = model.inputs[0].partial_shape
    model.reshape({0: [1, channels, 2 * len(first) + n, height, width]})
    return [list(each.get_shape()) for each in model.inputs[1:]]


def _rows(model: Any) -> list[list[Any]]:
    """The convolutions that look past a video's ends; those that follow each other, together."""
    rows: list[list[Any]] = []
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Convolution" or not node.get_attributes()["pads_begin"][0]:
            continue
        before = node.input_value(0).get_node()
        while before.get_type_name() in _BETWEEN:
            before = before.input_value(0).get_node()
        if rows and before.get_type_name() == "Convolution":
            rows[-1].append(node)
        else:
            rows.append([node])
    return rows


def _look_at(row: list[Any], source: Any) -> None:
    """Put convolutions that look at pictures alone in the place of a row's."""
    from openvino import opset13 as ops

    for k, node in enumerate(row):
        facts = node.get_attributes()
        begin, end = ([0, *facts[name][1:]] for name in ("pads_begin", "pads_end"))
        new = ops.convolution(
            node.input_value(0) if k else source,
            node.input_value(1),
            facts["strides"],
            begin,
            end,
            facts["dilations"],
        )
        for target in node.output(0).get_target_inputs():
            target.replace_source_output(new.output(0))
