"""A network's graph changed so that its convolutions use integers of 8 bits (OpenVINO).

Nothing has to be calibrated: every convolution but the first looks at values that a tanh
has bounded, or at their means.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

#: Operations that keep values within the bounds of a tanh.
_KEEPS_BOUNDS = ("AvgPool", "Interpolate")
#: Steps between -1 and 1, the upper end left out.
LEVELS = 256
#: Steps between a kernel's least and largest weight, 0 in the middle.
KERNEL_LEVELS = 255
#: File in which Linux lists the features of the processor, and the names of the required ones.
_CPUINFO, _DOT_PRODUCTS = Path("/proc/cpuinfo"), ("avx512_vnni", "avx_vnni")


def supports_int8(capabilities: Iterable[str]) -> bool:
    """Return whether this processor multiplies and adds integers of 8 bits in one instruction.

    Without that they are no faster than floats, and sums of two may overflow. What has
    bfloat16 has them; of other processors Linux says so.

    Parameters
    ----------
    capabilities : iterable of str
        What OpenVINO says of the processor.

    Returns
    -------
    bool

    Examples
    --------
    >>> supports_int8(["FP32", "BF16"])
    True
    """
    if "BF16" in capabilities:
        return True
    cpuinfo = _CPUINFO.read_text(errors="replace") if _CPUINFO.exists() else ""
    return any(flag in cpuinfo.split() for flag in _DOT_PRODUCTS)


def is_quantizable(model: Any) -> bool:
    """Return whether all that a network's convolutions see is bounded, but the first's input.

    Parameters
    ----------
    model : openvino.Model
        As it was exported.

    Returns
    -------
    bool
    """
    return all(_bounded(node.input_value(0)) for node in _later_convolutions(model))


def quantize_int8(model: Any) -> None:
    """Round what convolutions see, and their kernels, to 8 bits; in place.

    Values are rounded where they are made, so that pooling uses integers too. A state of the
    block before (`sspd.accel.stateful`) was rounded then, and stays as it is.

    Parameters
    ----------
    model : openvino.Model
        One that `is_quantizable`; `sspd.accel.stateful.make_streaming` comes before.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() in ("Tanh", "AvgPool") or _is_state(node):
            _round_values(node.output(0))
    for node in _later_convolutions(model):
        _round_kernel(node)


def _later_convolutions(model: Any) -> list[Any]:
    """Return those that look at maps: not the first, nor the one that weighs a few means."""
    found = [node for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"]
    return [node for node in found[1:] if _producer(node).get_type_name() != "ReduceMean"]


def _producer(node: Any) -> Any:
    return node.input_value(0).get_node()


def _is_state(node: Any) -> bool:
    consumers = node.output(0).get_target_inputs() if node.get_output_size() else ()
    concat = any(each.get_node().get_type_name() == "Concat" for each in consumers)
    return node.get_type_name() == "Parameter" and concat


def _bounded(value: Any) -> bool:
    node = value.get_node()
    kind = node.get_type_name()
    return kind == "Tanh" or (kind in _KEEPS_BOUNDS and _bounded(node.input_value(0)))


def _round_values(value: Any) -> None:
    from openvino import opset13 as ops

    consumers = [
        each
        for each in value.get_target_inputs()
        if each.get_node().get_type_name() != "ReduceMean"
    ]
    if not consumers:
        return
    ends = [np.float32(-1), np.float32(1 - 2 / LEVELS)] * 2
    rounded = ops.fake_quantize(value, *ends, LEVELS)
    for consumer in consumers:
        consumer.replace_source_output(rounded.output(0))


def _round_kernel(convolution: Any) -> None:
    from openvino import opset13 as ops

    kernel = convolution.input_value(1)
    weights = np.asarray(kernel.get_node().get_data(), np.float32)
    axes = tuple(range(1, weights.ndim))
    most = np.maximum(np.abs(weights).max(axis=axes, keepdims=True), np.float32(1e-12))
    rounded = ops.fake_quantize(kernel, *[-most, most] * 2, KERNEL_LEVELS)
    convolution.input(1).replace_source_output(rounded.output(0))
