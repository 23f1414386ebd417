"""Small helpers for rewriting a network's graph (OpenVINO's)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sole_consumer(node: Any, *kinds: str) -> Any:
    """Return the only consumer of a node's output if its type is in `kinds`, else None.

    Parameters
    ----------
    node : openvino.Node
    kinds : str
        Names of types.

    Returns
    -------
    openvino.Node or None
    """
    consumers = [each.get_node() for each in node.output(0).get_target_inputs()]
    consumers = [each for each in consumers if each.get_type_name() != "ShapeOf"]
    return consumers[0] if len(consumers) == 1 and consumers[0].get_type_name() in kinds else None


def is_constant(value: Any) -> bool:
    """Return whether a value is a constant of the file, whatever shape it was put into.

    Parameters
    ----------
    value : openvino.Output

    Returns
    -------
    bool
    """
    return bool(_source(value).get_type_name() == "Constant")


def constant_value(value: Any) -> NDArray[np.float32]:
    """Return what a constant holds, in the shape that it has in the file.

    Parameters
    ----------
    value : openvino.Output
        One that `is_constant`.

    Returns
    -------
    float32 array
    """
    return np.asarray(_source(value).get_data(), np.float32)


def _source(value: Any) -> Any:
    node = value.get_node()
    while node.get_type_name() in ("Reshape", "Unsqueeze", "Convert"):
        node = node.input_value(0).get_node()
    return node


def identity_convolution(frames: Any, channels: int) -> Any:
    """Return the same values by way of a convolution.

    From its outputs back to the last convolution OpenVINO computes in float32, whatever is
    asked for: without this, half of the network.

    Parameters
    ----------
    frames : openvino.Node
        Shape (1, channels, t, h, w).
    channels : int

    Returns
    -------
    openvino.Node
    """
    from openvino import opset13 as ops

    kernel = np.eye(channels, dtype=np.float32)[:, :, None, None, None]
    return ops.convolution(frames, kernel, [1] * 3, [0] * 3, [0] * 3, [1] * 3)
