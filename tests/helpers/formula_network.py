"""A file of the small network whose graph is a formula: mean colours, no training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from sspd.models.nano_spec import NanoSpec
from sspd.network.onnx_header import METADATA_KEY, with_checksum
from sspd.types import ConfidenceSpec

#: Confidence of a clean waveform above, of noise below the threshold.
CONFIDENCE = ConfidenceSpec(
    -2.5,
    (("snr", 0.35), ("with_mix", 2.0), ("change", 0.02), ("peaks_apart", -0.3), ("short", -0.4)),
)
#: A small state, as the formula needs none.
SPEC = NanoSpec(
    fs=30.0,
    size=36,
    latency=9,
    regions=1,
    values=3,
    heads=1,
    width=16,
    dilations=(1,),
    name="formula",
    confidence=CONFIDENCE,
)
#: How much of red, green and blue is in the waveform; more blood is less green light.
MIX = (0.6, -1.0, 0.4)


def formula_network(path: Path, spec: NanoSpec = SPEC) -> NanoSpec:
    """Write the network to a file.

    Its values are `MIX` of the mean colours of the middle of the face, `NanoSpec.latency` frames
    late, as those of a trained network are.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    size, n, late = spec.size, spec.state_floats, spec.latency
    face_end = 1 + 3 * size * size
    starts = {"head": (0, 1), "rest": (face_end, n - late), "oldest": (n - late, n - late + 1)}
    starts["queue"] = (n - late + 1, n)
    nodes = [
        helper.make_node("Slice", ["state", f"{name}0", f"{name}1", "along"], [name])
        for name in starts
    ]
    nodes += [
        helper.make_node("Slice", ["face", "low", "high", "sides"], ["middle"]),
        helper.make_node("ReduceMean", ["middle"], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["colour", "mix"], ["value"]),
        helper.make_node("Reshape", ["face", "row"], ["before"]),
        helper.make_node("Identity", ["oldest"], ["rppg"]),
        helper.make_node(
            "Concat", ["head", "before", "rest", "queue", "value"], ["next_state"], axis=1
        ),
    ]
    whole = {f"{name}{k}": [edge] for name, edges in starts.items() for k, edge in enumerate(edges)}
    quarter = size // 4
    whole |= {"along": [1], "sides": [2, 3], "low": [quarter] * 2, "high": [size - quarter] * 2}
    whole["row"] = [1, -1]
    constants = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in whole.items()]
    constants.append(numpy_helper.from_array(np.array(MIX, np.float32)[:, None], "mix"))

    def value(name: str, shape: list[int]) -> object:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "formula",
        [value("face", [1, 3, size, size]), value("state", [1, n])],
        [value("rppg", [1, 1]), value("next_state", [1, n])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    checker.check_model(model)
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(replace(spec).to_dict())
    path.write_bytes(with_checksum(model.SerializeToString()))
    return spec
