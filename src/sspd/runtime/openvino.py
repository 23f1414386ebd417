"""An exported network on OpenVINO."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SSPDError, WeightsError
from sspd.runtime.chunks import Run


class Sized(Protocol):
    """Facts of a network that say how large its faces are."""

    @property
    def size(self) -> int:
        """Height and width, pixels."""


Spec = TypeVar("Spec", bound=Sized)
#: Larger files are no network of ours.
LARGEST_BYTES = 1 << 28
#: Where the network's facts stand in the ONNX file.
METADATA_KEY = "sspd"


def read_onnx(
    path: Path,
    precision: str,
    threads: int | None,
    read_spec: Callable[[dict[str, Any]], Spec],
) -> tuple[Spec, Run]:
    """`load_onnx` of a file, which is refused unread where it is too large."""
    if path.stat().st_size > LARGEST_BYTES:
        raise WeightsError(f"{path}: larger than any network of ours")
    return load_onnx(path.read_bytes(), str(path), precision, threads, read_spec)


def load_onnx(
    data: bytes,
    name: str,
    precision: str,
    threads: int | None,
    read_spec: Callable[[dict[str, Any]], Spec],
) -> tuple[Spec, Run]:
    """Read an ONNX network of ours; returns its facts and a function that runs it.

    The network is compiled once for each length of clip that comes along: fixed shapes
    run faster, and chunks of a film have all the same length.
    """
    import openvino

    core = openvino.Core()
    try:
        model = core.read_model(data)
        facts = json.loads(model.get_rt_info(["framework", METADATA_KEY]).astype(str))
        spec = read_spec(facts)
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


def _check_shapes(model: Any, spec: Sized) -> None:
    """One input (1, 3, t, size, size) and one output, or `ValueError`."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError("a network of ours has one input and one output")
    shape = model.inputs[0].partial_shape
    fixed = [d.get_length() if d.is_static else None for d in shape]
    if [*fixed[:2], *fixed[3:]] != [1, 3, spec.size, spec.size] or len(fixed) != 5:
        raise ValueError(f"unexpected input shape {shape}")
