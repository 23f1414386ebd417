"""Networks for other runtimes: ONNX with the network's facts inside."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path

import torch

from sspd.models.baselines import Baseline
from sspd.models.network import MeasuringNetwork
from sspd.network.onnx_header import METADATA_KEY, with_checksum
from sspd.utils.files import write_whole
from sspd.utils.packages import require

#: The oldest operators that hold the network: readable by runtimes of years ago.
OPSET = 17


def onnx_bytes(network: MeasuringNetwork | Baseline) -> bytes:
    """Return a network as ONNX.

    Of ours: input ``differences`` (or ``centred``, as the network's settings say), float32
    (1, 3, t, size, size) with any even t. Of another
    paper's: ``faces``, (1, 3, t + 1, size, size), t the length of its clip. Output
    ``rppg``, (1, t), as the network gives it: sign, integration order and equalizer stand in
    the metadata under ``sspd``.

    Parameters
    ----------
    network : MeasuringNetwork or Baseline

    Returns
    -------
    bytes

    Raises
    ------
    DependencyError
        If the package onnx is absent.
    """
    onnx = require("onnx", extra="train", purpose="writing ONNX")
    size = network.spec.size
    if isinstance(network, Baseline):
        t, name, axes = network.spec.clip + 1, "faces", {}
    else:
        t, name = 8, network.spec.input
        axes = {name: {2: "t"}, "rppg": {1: "t"}}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracing exporter is announced to go; the other one needs onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.zeros(1, 3, t, size, size),),
            buffer,  # type: ignore[arg-type]  # a file object is taken, and documented
            dynamo=False,
            input_names=[name],
            output_names=["rppg"],
            dynamic_axes=axes,
            opset_version=OPSET,
        )
    model = onnx.load_from_string(buffer.getvalue())
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(network.spec.to_dict())
    return with_checksum(model.SerializeToString())


def export_onnx(network: MeasuringNetwork | Baseline, path: str | Path) -> None:
    """Write `onnx_bytes` whole, or not at all.

    Parameters
    ----------
    network : MeasuringNetwork or Baseline
    path : path

    Raises
    ------
    OutputError
        It cannot be written.
    DependencyError
        If the package onnx is absent.
    """
    write_whole(Path(path), onnx_bytes(network))
