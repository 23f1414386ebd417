"""A network's graph changed so that its first convolution fills the processor (OpenVINO's).

It makes eight outputs of three colours, and a processor makes sixteen at once, of even
numbers of inputs: two neighbouring pixels are made together, of pixels taken two by two. The
plain twin is the graph as it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.accel.graph import constant_value, is_constant, sole_consumer

#: With more outputs than these a convolution fills the processor by itself.
FEW = 8


def pack_pixel_pairs(model: Any) -> bool:
    """Rewrite the first convolution to work on pairs of pixels, in place, with equal results.

    The pairs are taken apart behind its tanh.

    Parameters
    ----------
    model : openvino.Model
        Of fixed shapes.

    Returns
    -------
    bool
        False where it stays as it is: the first convolution has more outputs, strides,
        padding in space, an odd width or an even kernel, or something else than bias and
        tanh follows.
    """
    from openvino import opset13 as ops

    node = next(n for n in model.get_ordered_ops() if n.get_type_name() == "Convolution")
    add = sole_consumer(node, "Add")
    tanh = add and sole_consumer(add, "Tanh")
    constant = tanh and all(is_constant(each.input_value(1)) for each in (node, add))
    if not (constant and _is_plain(node)):
        return False
    kernel, bias = (
        constant_value(node.input_value(1)),
        constant_value(add.input_value(1)).reshape(-1),
    )
    attributes = node.get_attributes()
    pads = attributes["pads_begin"], attributes["pads_end"]
    paired = ops.convolution(
        _regroup(node.input_value(0), 2), _pair_kernel(kernel), [1] * 3, *pads, [1] * 3
    )
    paired = ops.tanh(ops.add(paired, np.tile(bias, 2)[None, :, None, None, None]))
    apart = _regroup(paired.output(0), 0.5)
    for consumer in tanh.output(0).get_target_inputs():
        consumer.replace_source_output(apart.output(0))
    return True


def _pair_kernel(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a kernel (o, c, t, h, w), w odd, for pairs: (2 o, 2 c, t, h, (w + 1) / 2)."""
    wider = np.concatenate([np.pad(kernel, [(0, 0)] * 4 + [(k, 1 - k)]) for k in (0, 1)])
    o, c, t, h, w = wider.shape
    pairs = wider.reshape(o, c, t, h, w // 2, 2).transpose(0, 5, 1, 2, 3, 4)
    return np.ascontiguousarray(pairs).reshape(o, 2 * c, t, h, w // 2)


def _regroup(value: Any, factor: float) -> Any:
    """Return channels of neighbouring pixels as those of one pixel, `factor` times as many.

    A factor of 1/2 is the way back. Nothing is moved in memory: OpenVINO keeps the channels of
    a pixel side by side.
    """
    from openvino import opset13 as ops

    _, channels, frames, height, width = value.get_shape()
    shape = [1, frames, height, round(width / factor), round(channels * factor)]
    side_by_side = ops.transpose(value, np.array([0, 2, 3, 4, 1]))
    grouped = ops.reshape(side_by_side, np.array(shape), False)
    return ops.transpose(grouped, np.array([0, 4, 1, 2, 3]))


def _is_plain(node: Any) -> bool:
    """Return whether a convolution is one that pairs of pixels fit."""
    attributes, shape = node.get_attributes(), node.get_output_shape(0)
    unpadded = all(attributes[name][1:] == [0, 0] for name in ("pads_begin", "pads_end"))
    steps = {*attributes["strides"], *attributes["dilations"]}
    even = not shape[-1] % 2 and not node.input_value(0).get_shape()[-1] % 2
    return unpadded and steps == {1} and shape[1] <= FEW and even
