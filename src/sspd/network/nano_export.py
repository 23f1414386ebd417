"""The small network as ONNX: one face and a state in, one value and the next state out.

``face`` is float32 (1, 3, size, size), RGB, pixel values 0-255, on the time grid; ``state`` is
float32 (1, n), zeros before the first face; ``rppg`` is (1, 1), the pulse ``latency`` faces ago;
``next_state`` is the state for the next face. The operators are plain ones of opset 17.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from sspd.models.nano import NanoNetwork

#: Smaller weights stay in float32: biases are nearly nothing, and matter.
LEAST_INT8 = 256


class NanoStep(nn.Module):
    """The small network for one frame, as it is exported.

    Parameters
    ----------
    network : NanoNetwork
    """

    def __init__(self, network: NanoNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, face: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Map a face and a state to a value and the next state.

        Parameters
        ----------
        face : Tensor, shape (1, 3, size, size)
        state : Tensor, shape (1, state values)

        Returns
        -------
        rppg : Tensor, shape (1, 1)
        next_state : Tensor, shape (1, state values)
        """
        out = self.network(face[:, None], state)
        return out.wave, out.state


def shorten_names(model: Any) -> None:
    """Shorten the names of the values between the nodes of an ONNX model, in place.

    Names of the tracer are longer than what they name: a seventh of the file.

    Parameters
    ----------
    model : onnx.ModelProto
    """
    graph = model.graph
    kept = {value.name for value in [*graph.input, *graph.output]}
    short: dict[str, str] = {}

    def renamed(name: str) -> str:
        if not name or name in kept:
            return name
        return short.setdefault(name, f"v{len(short)}")

    for tensor in graph.initializer:
        tensor.name = renamed(tensor.name)
    for node in graph.node:
        node.ClearField("name")
        node.ClearField("doc_string")
        for names in (node.input, node.output):
            names[:] = [renamed(name) for name in names]


def int8_weights(model: Any) -> None:
    """Store the large weights of an ONNX model as 8-bit integers with scales, in place.

    Each output channel has a scale of its own, its largest weight over 127. Runtimes multiply
    the numbers out when they load the model, so it computes in float32 as before.

    Parameters
    ----------
    model : onnx.ModelProto
    """
    from onnx import helper, numpy_helper

    graph, nodes = model.graph, []
    outputs_last = _transposed(graph)
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < LEAST_INT8:
            continue
        axis = values.ndim - 1 if tensor.name in outputs_last else 0
        others = tuple(k for k in range(values.ndim) if k != axis)
        scale = np.maximum(np.abs(values).max(axis=others), 1e-12) / np.float32(127)
        shape = [-1 if k == axis else 1 for k in range(values.ndim)]
        whole = np.rint(values / scale.reshape(shape)).astype(np.int8)
        graph.initializer.remove(tensor)
        parts = {f"{tensor.name}.int8": whole, f"{tensor.name}.scale": scale.astype(np.float32)}
        graph.initializer.extend(numpy_helper.from_array(v, name) for name, v in parts.items())
        nodes.append(helper.make_node("DequantizeLinear", [*parts], [tensor.name], axis=axis))
    for node in reversed(nodes):
        graph.node.insert(0, node)


def _transposed(graph: Any) -> set[str]:
    """Return the weights of matrix products, whose output channels are last."""
    return {node.input[1] for node in graph.node if node.op_type == "MatMul"}
