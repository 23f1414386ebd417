"""``sspd import``: convert weights of the released code to a checkpoint of this package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sspd.cli.messages import show
from sspd.utils.files import check_output
from sspd.utils.packages import require


def import_weights(
    weights: Annotated[Path, typer.Argument(help="State dict of the released SSPD code (.pth).")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Checkpoint to write.", show_default="the same name with .safetensors"
        ),
    ] = None,
) -> None:
    """Convert weights of the released code to a checkpoint and an ONNX network."""
    require("torch", extra="train", purpose="import")
    from sspd.models.checkpoint import save_checkpoint
    from sspd.models.released import import_released
    from sspd.network.export import export_onnx
    from sspd.research.recipes.settled import IMPORTED
    from sspd.utils.schema import as_name

    target = out or weights.with_suffix(".safetensors")
    for file in (target, target.with_suffix(".onnx")):
        check_output(file)
    network = import_released(weights, name=as_name(weights.stem))
    made_by = {"imported_from": weights.name, "settled": dict(IMPORTED)}
    save_checkpoint(network, target, made_by)
    export_onnx(network, target.with_suffix(".onnx"))
    show(f"weights: {target} and {target.with_suffix('.onnx').name} beside it")
