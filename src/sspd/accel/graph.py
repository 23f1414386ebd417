"""Small parts of a network's graph (OpenVINO's)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sole_consumer(node: Any, *kinds: str) -> Any:
    """What alone takes a node's numbers, if it is of one of these kinds; else None.

    Parameters
    ----------
    node : openvino.Node
    kinds : str
        Names of types.
    """
    users = [each.get_node() for each in node.output(0).get_target_inputs()]
    users = [user for user in users if user.get_type_name() != "ShapeOf"]
    return users[0] if len(users) == 1 and users[0].get_type_name() in kinds else None


def is_constant(value: Any) -> bool:
    """Whether numbers that stand in the file arrive here, whatever shape they were put into."""
    return bool(_source(value).get_type_name() == "Constant")


def constant_value(value: Any) -> NDArray[np.float32]:
    """What a constant holds, in the shape that it has in the file."""
    return np.asarray(_source(value).get_data(), np.float32)


def _source(value: Any) -> Any:
    node = value.get_node()
    while node.get_type_name() in ("Reshape", "Unsqueeze", "Convert"):
        node = node.input_value(0).get_node()
    return node


def identity_convolution(pictures: Any, channels: int) -> Any:
    """The same numbers, by a convolution.

    From its outputs back to the last convolution OpenVINO computes in float32, whatever is
    asked for: without this, half of the network.
    """
    from openvino import opset13 as ops

    kernel = np.eye(channels, dtype=np.float32)[:, :, None, None, None]
    return ops.convolution(pictures, kernel, [1] * 3, [0] * 3, [0] * 3, [1] * 3)
