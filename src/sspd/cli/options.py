"""Options that several commands share, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

MethodName = Annotated[
    str,
    typer.Option(
        "--method",
        help="sspd, pos, green, ... (see `sspd methods`). Networks other than sspd need --weights.",
    ),
]
WeightsFile = Annotated[
    Path | None,
    typer.Option("--weights", metavar="F", help="Use this network: .safetensors or .onnx."),
]
Arithmetic = Annotated[
    str, typer.Option("--precision", help="Arithmetic of the network: f32, bf16, int8 or auto.")
]
WindowLength = Annotated[
    float,
    typer.Option(
        "--window", metavar="S", help="Length of the windows, seconds; each window gives one rate."
    ),
]
FaceBox = Annotated[
    str | None,
    typer.Option(
        "--box",
        metavar="L,T,R,B",
        help="Face box in pixels (left, top, right, bottom); no face detection.",
    ),
]
