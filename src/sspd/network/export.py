"""Networks for other runtimes: ONNX with the network's facts inside."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import torch

from sspd.errors import UsageError
from sspd.models.baselines import Baseline
from sspd.models.checkpoint import AnyNetwork
from sspd.models.nano import NanoNetwork
from sspd.network.nano_export import NanoStep, int8_weights, shorten_names
from sspd.network.onnx_header import METADATA_KEY, with_checksum
from sspd.utils.files import write_whole
from sspd.utils.packages import require

#: The oldest operators that hold the network: readable by runtimes of years ago.
OPSET = 17


def onnx_bytes(network: AnyNetwork, *, int8: bool = False) -> bytes:
    """Return a network as ONNX.

    Of ours: input ``differences`` (or ``centred``, as the network's settings say), float32
    (1, 3, t, size, size) with any even t. Of another
    paper's: ``faces``, (1, 3, t + 1, size, size), t the length of its clip. Output
    ``rppg``, (1, t), as the network gives it: sign, integration order and equalizer stand in
    the metadata under ``sspd``. The small network: see `sspd.network.nano_export`.

    Parameters
    ----------
    network : MeasuringNetwork, Baseline or NanoNetwork
    int8 : bool
        Store the weights as 8-bit integers; the small network alone.

    Returns
    -------
    bytes

    Raises
    ------
    DependencyError
        If the package onnx is absent.
    UsageError
        ``int8`` of another network.
    """
    onnx = require("onnx", extra="train", purpose="writing ONNX")
    size = network.spec.size
    if int8 and not isinstance(network, NanoNetwork):
        raise UsageError("int8 weights are for the small network nano; --precision int8 measures")
    given: tuple[torch.Tensor, ...]
    axes: dict[str, dict[int, str]] = {}
    if isinstance(network, NanoNetwork):
        given = torch.zeros(1, 3, size, size), torch.zeros(1, network.spec.state_floats)
        inputs, outputs = ["face", "state"], ["rppg", "next_state"]
    else:
        t, name = 8, "faces"
        if isinstance(network, Baseline):
            t = network.spec.clip + 1
        else:
            name = network.spec.input
            axes = {name: {2: "t"}, "rppg": {1: "t"}}
        given, inputs, outputs = (torch.zeros(1, 3, t, size, size),), [name], ["rppg"]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is announced to go; the other one needs onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            NanoStep(network).eval() if isinstance(network, NanoNetwork) else network.eval(),
            given,
            buffer,  # type: ignore[arg-type]  # a file object is taken, and documented
            dynamo=False,
            input_names=inputs,
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
        )
    model = onnx.load_from_string(buffer.getvalue())
    if isinstance(network, NanoNetwork):
        if int8:
            int8_weights(model)
        shorten_names(model)
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(network.spec.to_dict())
    return with_checksum(model.SerializeToString())


def export_onnx(network: AnyNetwork, path: str | Path, *, int8: bool = False) -> None:
    """Write `onnx_bytes` whole, or not at all.

    Parameters
    ----------
    network : MeasuringNetwork, Baseline or NanoNetwork
    path : path
    int8 : bool
        See `onnx_bytes`.

    Raises
    ------
    OutputError
        It cannot be written.
    DependencyError
        If the package onnx is absent.
    """
    write_whole(Path(path), onnx_bytes(network, int8=int8))
