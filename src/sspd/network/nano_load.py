"""Loading the small network and running it on OpenVINO."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SSPDError, UsageError, WeightsError
from sspd.models.header import checkpoint_format
from sspd.models.nano_spec import MOST_STATE_BYTES, NANO, NanoSpec
from sspd.network.compiler import Compiler
from sspd.network.load import PRECISIONS, find_weights, require_for_checkpoint
from sspd.network.nano import NanoStep, StreamNetwork
from sspd.network.onnx_header import facts_of
from sspd.network.openvino_import import import_without_telemetry

#: Precisions that it runs in: rounded to 8 bits of bf16, a pixel loses its pulse.
NANO_PRECISIONS = ("auto", "f32")
#: Format of its checkpoints, as `sspd.models.checkpoint` writes them, which needs torch.
NANO_FORMAT = "sspd-nano-1"
#: Larger files are no small network.
_LARGEST_BYTES = 1 << 24


def holds_nano(path: Path) -> bool:
    """Return whether a weights file holds the small network, from its facts alone.

    Parameters
    ----------
    path : Path
        Anything; a file that cannot be read holds none.

    Returns
    -------
    bool

    >>> holds_nano(Path("missing.onnx"))
    False
    """
    if not path.is_file():  # a pipe would wait for somebody to write
        return False
    if path.suffix != ".onnx":
        return checkpoint_format(path) == NANO_FORMAT
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return False
        facts = facts_of(path.read_bytes())
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return isinstance(facts, dict) and facts.get("network") == NANO


def load_stream_network(
    weights: str | Path, *, precision: str = "f32", threads: int | None = None
) -> StreamNetwork:
    """Load the small network and make it ready to run on this machine.

    Parameters
    ----------
    weights : path
        A checkpoint of it (``.safetensors``; needs torch), or its exported form (``.onnx``), with
        weights in float32 or int8; ``nano``: the one that comes with the package.
    precision : str
        ``f32`` or ``auto``, which are the same.
    threads : int, optional
        Processor threads; one by default, since a frame is too little work for several.

    Returns
    -------
    StreamNetwork

    Raises
    ------
    WeightsError
        If the file is not such a network, damaged, or unsafe.
    DependencyError
        If torch is needed and absent.
    UsageError
        For another precision.

    Examples
    --------
    >>> load_stream_network("no-such-file.onnx")
    Traceback (most recent call last):
    ...
    sspd.errors.WeightsError: no-such-file.onnx: no such weights file
    """
    path = find_weights(weights)
    if precision not in PRECISIONS:
        raise UsageError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
    if not path.is_file():
        raise WeightsError(f"{path}: no such weights file")
    if precision not in NANO_PRECISIONS:
        raise UsageError(f"{path}: the network nano runs in f32; precision f32 or auto would work")
    if path.suffix != ".onnx":
        require_for_checkpoint(path)
        from sspd.models.checkpoint import load_nano
        from sspd.network.export import onnx_bytes

        return stream_of_onnx(onnx_bytes(load_nano(path)[0]), str(path), threads)
    if path.stat().st_size > _LARGEST_BYTES:
        raise WeightsError(f"{path}: larger than any network nano")
    return stream_of_onnx(path.read_bytes(), str(path), threads)


def stream_of_onnx(data: bytes, name: str, threads: int | None = None) -> StreamNetwork:
    """Load the small network from the bytes of its ONNX file.

    Parameters
    ----------
    data : bytes
    name : str
        For messages.
    threads : int or None
        See `load_stream_network`.

    Returns
    -------
    StreamNetwork

    Raises
    ------
    WeightsError
        It is none, or damaged.
    """
    try:
        spec = NanoSpec.from_dict(facts_of(data))
        core = import_without_telemetry().Core()
        model = core.read_model(data)
        _check_shapes(model, spec)
    except (RuntimeError, ValueError, TypeError, KeyError, SSPDError) as error:
        why = str(error).splitlines()[0] if isinstance(error, SSPDError | ValueError) else "damaged"
        raise WeightsError(f"{name}: not a network nano exported by sspd ({why})") from error
    compiler = Compiler(core, "f32", threads or 1)

    @cache
    def compiled() -> Any:
        return compiler.compile(model)

    def begin() -> NanoStep:
        with compiler.lock:  # compiled once, by the first stream
            network = compiled()
        return _new_step(network)

    return StreamNetwork(spec, hashlib.sha256(data).hexdigest(), begin)


def _new_step(network: Any) -> NanoStep:
    """Return the function of one stream, which runs a compiled network."""
    request = network.create_infer_request()
    tensor = import_without_telemetry().Tensor
    # arrays that the network reads itself: handing them over anew takes a third of a step
    given = [np.zeros(list(one.shape), np.float32) for one in network.inputs]
    for k, array in enumerate(given):
        request.set_input_tensor(k, tensor(array, shared_memory=True))
    value, after = (request.get_output_tensor(k).data for k in range(2))

    def step(
        face: NDArray[np.float32], state: NDArray[np.float32]
    ) -> tuple[float, NDArray[np.float32]]:
        given[0][...], given[1][...] = face, state
        request.infer()
        return float(value[0, 0]), after.copy()

    return step


def _check_shapes(model: Any, spec: NanoSpec) -> None:
    """Raise `ValueError` unless inputs and outputs are those of the specification."""
    faces, state = [1, 3, spec.size, spec.size], [1, spec.state_floats]
    wanted = [faces, state], [[1, 1], state]
    for found, shapes in zip((model.inputs, model.outputs), wanted, strict=True):
        given = [list(one.shape) if one.partial_shape.is_static else None for one in found]
        if given != shapes:
            raise ValueError(f"unexpected shapes {given}")
    if spec.state_bytes > MOST_STATE_BYTES:
        raise ValueError("its state is too large")
