"""A network's graph changed so that its convolutions count in integers of 8 bits (OpenVINO).

Nothing has to be calibrated: every convolution but the first looks at values that a tanh
has bounded, or at their means.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

#: What keeps values within a tanh's bounds.
_KEEPS_BOUNDS = ("AvgPool", "Interpolate")
#: Steps between -1 and 1, the upper end left out.
LEVELS = 256
#: Steps between a kernel's least and largest weight, 0 in the middle.
KERNEL_LEVELS = 255
#: Where Linux names what a processor can do, and its names of what is wanted.
_CPUINFO, _DOT_PRODUCTS = Path("/proc/cpuinfo"), ("avx512_vnni", "avx_vnni")


def supports_int8(capabilities: Iterable[str]) -> bool:
    """Whether this processor multiplies and adds integers of 8 bits in one instruction.

    Without that they are no faster than floats, and sums of two may overflow. What has
    bfloat16 has them; of other processors Linux says so.

    Parameters
    ----------
    capabilities : iterable of str
        What OpenVINO says of the processor.

    Examples
    --------
    >>> supports_int8(["FP32", "BF16"])
    True
    """
    if "BF16" in capabilities:
        return True
    told = _CPUINFO.read_text(errors="replace") if _CPUINFO.exists() else ""
    return any(flag in told.split() for flag in _DOT_PRODUCTS)


def is_quantizable(model: Any) -> bool:
    """Whether all that a network's convolutions see is bounded, the first one's input apart.

    Parameters
    ----------
    model : openvino.Model
        As it was exported.
    """
    return all(_bounded(node.input_value(0)) for node in _later_convolutions(model))


def quantize_int8(model: Any) -> None:
    """Round what convolutions see, and their kernels, to 8 bits; in place.

    Values are rounded where they are made, so that pooling counts in integers too. What a
    network carried over from the pictures before (`sspd.accel.stateful`) was rounded then, and
    stays as it is.

    Parameters
    ----------
    model : openvino.Model
        One that `is_quantizable`; `make_streaming` done.
    """
    for node in model.get_ordered_ops():
        if node.get_type_name() in ("Tanh", "AvgPool") or _is_carried(node):
            _round_values(node.output(0))
    for node in _later_convolutions(model):
        _round_kernel(node)


def _later_convolutions(model: Any) -> list[Any]:
    """Those that look at maps: neither the first nor the one that weighs a handful of means."""
    found = [node for node in model.get_ordered_ops() if node.get_type_name() == "Convolution"]
    return [node for node in found[1:] if _maker(node).get_type_name() != "ReduceMean"]


def _maker(node: Any) -> Any:
    return node.input_value(0).get_node()


def _is_carried(node: Any) -> bool:
    users = node.output(0).get_target_inputs() if node.get_output_size() else ()
    concat = any(user.get_node().get_type_name() == "Concat" for user in users)
    return node.get_type_name() == "Parameter" and concat


def _bounded(value: Any) -> bool:
    node = value.get_node()
    kind = node.get_type_name()
    return kind == "Tanh" or (kind in _KEEPS_BOUNDS and _bounded(node.input_value(0)))


def _round_values(value: Any) -> None:
    from openvino import opset13 as ops

    users = [u for u in value.get_target_inputs() if u.get_node().get_type_name() != "ReduceMean"]
    if not users:
        return
    ends = [np.float32(-1), np.float32(1 - 2 / LEVELS)] * 2
    rounded = ops.fake_quantize(value, *ends, LEVELS)
    for user in users:
        user.replace_source_output(rounded.output(0))


def _round_kernel(convolution: Any) -> None:
    from openvino import opset13 as ops

    kernel = convolution.input_value(1)
    weights = np.asarray(kernel.get_node().get_data(), np.float32)
    axes = tuple(range(1, weights.ndim))
    most = np.maximum(np.abs(weights).max(axis=axes, keepdims=True), np.float32(1e-12))
    rounded = ops.fake_quantize(kernel, *[-most, most] * 2, KERNEL_LEVELS)
    convolution.input(1).replace_source_output(rounded.output(0))
