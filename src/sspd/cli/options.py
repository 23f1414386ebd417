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
Engine = Annotated[
    str,
    typer.Option("--engine", help="Where the work is done: local, or ray (a cluster)."),
]
ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="A",
        help="Ray cluster to use; without it, --engine ray starts Ray on this machine.",
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


def jobs_of(context: typer.Context, engine: str, jobs: int) -> int:
    """Return the number of jobs: on a cluster, unless it was given, as many as there are cores.

    Parameters
    ----------
    context : typer.Context
        Of a command with the option ``--jobs``.
    engine : str
    jobs : int

    Returns
    -------
    int
        0: as many as there are cores.
    """
    source = context.get_parameter_source("jobs")
    is_default = source is not None and source.name == "DEFAULT"
    return 0 if engine == "ray" and is_default else jobs
