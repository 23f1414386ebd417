"""``sspd export``: write a network for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sspd.cli.messages import show
from sspd.utils.packages import require


def export(
    out: Annotated[Path, typer.Argument(help="ONNX file to write.")],
    weights: Annotated[
        Path | None,
        typer.Option(
            "--weights",
            help="Checkpoint to export, or nano.",
            show_default="the shipped weights",
        ),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Weights as 8-bit integers; of the network nano alone.")
    ] = False,
) -> None:
    """Write a network as ONNX: differences (1, 3, t, 128, 128) in, waveform (1, t) out.

    A network with centred frames or another face size takes those as input. The
    small network nano takes one face (1, 3, size, size) and a state, and gives a
    value and the next state.
    """
    from sspd.network.load import find_weights, shipped_weights
    from sspd.utils.files import check_output, write_whole

    check_output(out)

    if weights is None and not int8:
        write_whole(out, shipped_weights(".onnx").read_bytes())
    else:
        require("torch", extra="train", purpose="export of a checkpoint")
        from sspd.models.checkpoint import load_checkpoint, load_nano
        from sspd.network.export import export_onnx
        from sspd.network.nano_load import holds_nano

        path = find_weights(weights, ".safetensors")
        load = load_nano if holds_nano(path) else load_checkpoint
        export_onnx(load(path)[0], out, int8=int8)
    show(f"network: {out}")
