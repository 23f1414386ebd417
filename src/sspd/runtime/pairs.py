"""A network's graph changed so that its first convolution fills the processor (OpenVINO's).

It makes eight outputs of three colours, and a processor makes sixteen at once: two pixels
beside each other are made together, as sixteen outputs of a kernel one pixel wider.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sspd.runtime.graph import is_constant, numbers, taker

#: With more outputs than these a convolution fills the processor by itself.
FEW = 8


def pair_pixels(model: Any) -> bool:
    """Make the first convolution's outputs two pixels at a time; in place, the same numbers.

    The pairs are taken apart behind its tanh. That moves nothing: OpenVINO keeps the
    channels of a pixel side by side.

    Parameters
    ----------
    model : openvino.Model
        Of fixed shapes.

    Returns
    -------
    bool
        False where it stays as it is: the first convolution has more outputs, strides,
        padding in space or an odd width, or something else than bias and tanh follows.
    """
    from openvino import opset13 as ops

    node = next(n for n in model.get_ordered_ops() if n.get_type_name() == "Convolution")
    add = taker(node, "Add")
    tanh = add and taker(add, "Tanh")
    constant = tanh and all(is_constant(each.input_value(1)) for each in (node, add))
    if not (constant and _is_plain(node)):
        return False
    facts, (_, channels, moments, height, width) = node.get_attributes(), node.get_output_shape(0)
    kernel, bias = numbers(node.input_value(1)), numbers(add.input_value(1)).reshape(-1)
    wider = np.concatenate([np.pad(kernel, [(0, 0)] * 4 + [(k, 1 - k)]) for k in (0, 1)])
    pads = facts["pads_begin"], facts["pads_end"]
    pairs = ops.convolution(node.input_value(0), wider, [1, 1, 2], *pads, [1, 1, 1])
    pairs = ops.tanh(ops.add(pairs, np.tile(bias, 2)[None, :, None, None, None]))
    side_by_side = ops.transpose(pairs, np.array([0, 2, 3, 4, 1]))
    apart = ops.reshape(side_by_side, np.array([1, moments, height, width, channels]), False)
    apart = ops.transpose(apart, np.array([0, 4, 1, 2, 3]))
    for user in tanh.output(0).get_target_inputs():
        user.replace_source_output(apart.output(0))
    return True


def _is_plain(node: Any) -> bool:
    facts, shape = node.get_attributes(), node.get_output_shape(0)
    whole = all(facts[name][1:] == [0, 0] for name in ("pads_begin", "pads_end"))
    steps = {*facts["strides"], *facts["dilations"]}
    return whole and steps == {1} and shape[1] <= FEW and not shape[-1] % 2
