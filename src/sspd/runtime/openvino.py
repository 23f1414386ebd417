"""An exported network on OpenVINO."""

from __future__ import annotations

import json
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SSPDError, WeightsError
from sspd.recipes.network import NetworkSpec
from sspd.runtime.chunks import Run

#: Larger files are no network of ours.
LARGEST_BYTES = 1 << 28
#: Where the network's facts stand in the ONNX file.
METADATA_KEY = "sspd"


def load_onnx(
    data: bytes, name: str, precision: str, threads: int | None
) -> tuple[NetworkSpec, Run]:
    """Read an ONNX network of ours; returns its facts and a function that runs it.

    The network is compiled once for each length of clip that comes along: fixed shapes
    run faster, and chunks of a film have all the same length.
    """
    import openvino

    core = openvino.Core()
    try:
        model = core.read_model(data)
        facts = json.loads(model.get_rt_info(["framework", METADATA_KEY]).astype(str))
        spec = NetworkSpec.from_dict(facts)
        _check_shapes(model, spec)
    except (RuntimeError, ValueError, TypeError, KeyError, SSPDError) as error:
        raise WeightsError(f"{name}: not a network exported by sspd, or damaged") from error
    settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if precision != "auto":
        settings["INFERENCE_PRECISION_HINT"] = precision
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    compiled: dict[int, Any] = {}
    lock = Lock()  # several faces of a film take turns

    def run(differences: NDArray[np.float32]) -> NDArray[np.float64]:
        t = differences.shape[1]
        with lock:
            if t not in compiled:
                compiled.clear()  # one length at a time: each holds its own buffers
                model.reshape([1, 3, t, spec.size, spec.size])
                compiled[t] = core.compile_model(model, "CPU", settings)
            x = np.ascontiguousarray(differences)[None]
            waveform: NDArray[np.float64] = compiled[t]([x])[0][0].astype(np.float64)
        return waveform

    return spec, run


def _check_shapes(model: Any, spec: NetworkSpec) -> None:
    """One input (1, 3, t, size, size) and one output, or `ValueError`."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError("a network of ours has one input and one output")
    shape = model.inputs[0].partial_shape
    fixed = [d.get_length() if d.is_static else None for d in shape]
    if fixed != [1, 3, None, spec.size, spec.size]:
        raise ValueError(f"unexpected input shape {shape}")
