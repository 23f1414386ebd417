"""``sspd train``: train a network on face videos, without labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.cli.console import interruptible
from sspd.cli.messages import show
from sspd.cli.options import ClusterAddress, Engine
from sspd.cli.phases import phases
from sspd.errors import ProcessLostError

if TYPE_CHECKING:
    from sspd.research.api.train import TrainingResult


def train(
    data: Annotated[
        str,
        typer.Argument(
            help="Folder of videos, searched recursively, or of stored faces; NAME:PATH of a"
            " dataset (see sspd datasets); or the address of stored faces (s3://)."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for faces, training states, logs and the weights.")
    ] = Path("runs/train"),
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            help="Settings of the training: laptop, shipped, further, paper, paper-vipl-hr,"
            " paper-vipl-160, released, scenes, ablation; nano, the small network that a large one"
            " teaches; or those of another paper's network, such as physnet and physnet-laptop (see"
            " sspd methods).",
        ),
    ] = "laptop",
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, help="Stop after this time, minutes.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, help="Number of optimizer steps, instead of the recipe's."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same weights.")] = 0,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            help="Initial weights: a file, 'shipped', or 'nothing' (random).",
            show_default="as the recipe: shipped for laptop, further and scenes, else nothing",
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            help="Who teaches the small network of --recipe nano: a checkpoint, or 'shipped'.",
            show_default="shipped",
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", help="For a dataset: train on this split's train subjects."),
    ] = None,
    fold: Annotated[
        str | None,
        typer.Option("--fold", help="For a protocol with several folds: the fold to train."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the training in --out where it was stopped.")
    ] = False,
    precision: Annotated[
        str | None,
        typer.Option("--precision", help="Arithmetic: f32, bf16 or f16, instead of the recipe's."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option("--select", help="State to export: last, or best (by label-free self-tests)."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[
        int | None,
        typer.Option(
            "--devices",
            min=1,
            help="Number of processes on this machine that train together, one per CUDA device.",
            show_default="as started by torchrun, else 1",
        ),
    ] = None,
    nodes: Annotated[
        int,
        typer.Option("--nodes", min=1, help="Machines that train together (SLURM, torchrun)."),
    ] = 1,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", min=1, help="Processes to crop faces.", show_default="one per core"),
    ] = None,
    faces: Annotated[
        str | None,
        typer.Option(
            "--faces",
            metavar="PLACE",
            help="Folder or address (s3://) in which cropped faces are kept.",
            show_default="faces in --out",
        ),
    ] = None,
    engine: Engine = "local",
    address: ClusterAddress = None,
) -> None:
    """Train a network on face videos; labels are neither needed nor read.

    Networks of other papers that need labels (physnet, ...) are trained with
    the contact waveforms of a dataset, or the known waveforms of simulated
    videos.
    """
    from sspd.research.api.train import train as run
    from sspd.research.recipes import choose_recipe
    from sspd.research.train.memory import prepare_memory, recipe_bytes

    chosen = choose_recipe(recipe, steps=steps, precision=precision, select=select)
    prepare_memory(recipe_bytes(chosen))  # of this process; before anything imports torch
    goes_on = f"the last state is kept in {out}, the same command with --resume continues"
    try:
        with interruptible(goes_on), phases(Training="steps", Cropping="videos") as shown:
            result = run(
                data,
                chosen,
                out,
                minutes=minutes,
                seed=seed,
                init=init,
                teacher=teacher,
                protocol=protocol,
                fold=fold,
                resume=resume,
                device=device,
                devices=devices,
                nodes=nodes,
                jobs=jobs,
                faces=faces,
                engine=engine,
                address=address,
                progress=shown.progress,
                notice=shown.notice,
            )
    except ProcessLostError as error:
        if error.rank == 0:
            raise
        raise typer.Exit(1) from None
    if result.rank == 0:
        _tell(result)
        if result.unreadable:
            raise typer.Exit(1)


def _tell(result: TrainingResult) -> None:
    """Print the self-check's verdict, the files, and how to try them."""
    show(f"{result.verdict}: {result.why}")
    then, now = result.before, result.signs
    if then is not None and then["judged"] and now["judged"]:
        show(
            f"before the training: rates agree with POS in {_percent(then['with_pos'])} (now"
            f" {_percent(now['with_pos'])}), power in a line {_percent(then['in_line'])} (now"
            f" {_percent(now['in_line'])})"
        )
    show(f"weights: {result.weights} and {result.onnx.name} beside it")
    how = "" if result.method == "sspd" else f"--method {result.method} "
    show(f"try them: sspd measure VIDEO {how}--weights {result.onnx}")


def _percent(share: float | None) -> str:
    return "nan %" if share is None else f"{100 * share:.0f} %"
