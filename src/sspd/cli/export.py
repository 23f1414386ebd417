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
        typer.Option("--weights", help="Checkpoint to export.", show_default="the shipped weights"),
    ] = None,
) -> None:
    """Write a network as ONNX: differences (1, 3, t, 128, 128) in, waveform (1, t) out.

    A network with centred frames or another face size takes those as input.
    """
    from sspd.network.load import shipped_weights
    from sspd.utils.files import check_output, write_whole

    check_output(out)

    if weights is None:
        write_whole(out, shipped_weights(".onnx").read_bytes())
    else:
        require("torch", extra="train", purpose="export of a checkpoint")
        from sspd.models.checkpoint import load_checkpoint
        from sspd.network.export import export_onnx

        export_onnx(load_checkpoint(weights)[0], out)
    show(f"network: {out}")
