"""A network's graph changed so that it takes a video block by block (OpenVINO's).

What its kernels have seen last is kept between blocks as a state, so that each frame goes
through each layer once. The plain twin is `sspd.network.chunks`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sspd.accel.graph import identity_convolution

#: Operations allowed between two convolutions that share one state.
_BETWEEN = ("Add", "BatchNormInference", "Tanh")
#: The end of a slice without an end.
_FAR = 1 << 31
#: Convolutions of three frames in each row of sspd's network: three blocks, the last one
#: with the predictor's first, and on either side of its doubled rate one.
_ROWS = [2, 2, 2, 2, 1, 1]


def is_streamable(model: Any) -> bool:
    """Return whether a network looks as far as sspd's does, so that `make_streaming` fits it.

    Parameters
    ----------
    model : openvino.Model

    Returns
    -------
    bool
    """
    return [len(row) for row in _rows(model)] == _ROWS


def make_streaming(model: Any, n: int) -> list[list[int]]:
    """Rewrite a network, in place, so that it takes a video `n` differences at a time.

    Its kernels look one frame back and one ahead, and past the video's ends at zeros. Here
    they look at frames alone: each row of convolutions is given the last ones that it saw
    as a further input, and hands its last ones on as a further output. Values come the later
    by what the kernels look ahead (`sspd.network.stream.LATENCY`).

    Parameters
    ----------
    model : openvino.Model
        One that `is_streamable`; `sspd.accel.winograd` may have rewritten its middle.
    n : int
        Even. The first input becomes (1, 3, CONTEXT + n, h, w): the caller repeats the last
        differences itself (`sspd.network.stream.CONTEXT`).

    Returns
    -------
    list of list of int
        Shapes of the states: of all further inputs, and of the further outputs, in order.
    """
    from openvino import opset13 as ops

    first, *others = _rows(model)
    inputs, outputs = [], []
    for row in others:
        source, kept = row[0].input_value(0), 2 * len(row)
        _, channels, _, height, width = source.get_partial_shape()
        shape = [1, channels.get_length(), kept, height.get_length(), width.get_length()]
        inputs.append(ops.parameter(shape, np.float32))
        whole = ops.concat([inputs[-1], source], axis=2)
        last = ops.slice(whole, *(np.array([k]) for k in (-kept, _FAR, 1, 2)))
        outputs.append(ops.result(identity_convolution(last, shape[1])))
        _replace_row(row, whole.output(0))
    _replace_row(first, first[0].input_value(0))
    model.add_parameters(inputs)
    model.add_results(outputs)
    _, channels, _, height, width = model.inputs[0].partial_shape
    model.reshape({0: [1, channels, 2 * len(first) + n, height, width]})
    return [list(each.get_shape()) for each in model.inputs[1:]]


def _rows(model: Any) -> list[list[Any]]:
    """Return the convolutions that look past a video's ends; consecutive ones in one list."""
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


def _replace_row(row: list[Any], source: Any) -> None:
    """Replace a row's convolutions by ones that look at frames alone."""
    from openvino import opset13 as ops

    for k, node in enumerate(row):
        attributes = node.get_attributes()
        begin, end = ([0, *attributes[name][1:]] for name in ("pads_begin", "pads_end"))
        new = ops.convolution(
            node.input_value(0) if k else source,
            node.input_value(1),
            attributes["strides"],
            begin,
            end,
            attributes["dilations"],
        )
        for target in node.output(0).get_target_inputs():
            target.replace_source_output(new.output(0))
