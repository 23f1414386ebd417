"""``sspd evaluate``: scores of methods on a dataset, in tables that say how they were made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.cli.console import interruptible, print_table
from sspd.cli.messages import show
from sspd.errors import UsageError
from sspd.utils.partials import hold_folder
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from sspd.research.recipes import BaselineRecipe, Recipe

SHIPPED = "shipped"


def evaluate(
    context: typer.Context,
    data: Annotated[str, typer.Argument(help="NAME:PATH of a dataset; sspd datasets lists them.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for tables, windows, waveforms and networks.")
    ],
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="Methods, with commas or repeated.", show_default="sspd"),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            help="Split of the subjects: networks are trained for each fold on its train"
            " subjects, and its test subjects are scored. Without: the shipped network is scored"
            " on all subjects.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weights",
            help="Use this network, do not train one: FILE for sspd or for the only method with"
            " a network, METHOD=FILE for several (with commas or repeated), or 'shipped'.",
        ),
    ] = None,
    train_on: Annotated[
        str | None,
        typer.Option(
            "--train-on",
            help="NAME:PATH of another dataset: sspd is trained there (for each fold of"
            " --protocol, if given) and tested on all of DATA.",
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe", help="Recipe of the training.", show_default="that of the protocol"
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, help="Number of optimizer steps, instead of the recipe's."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option("--select", help="State of the training that is scored: last or best."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the training.")] = 0,
    device: Annotated[
        str, typer.Option("--device", help="Device of the training: auto, cpu or cuda.")
    ] = "auto",
    scoring: Annotated[
        str | None,
        typer.Option(
            "--scoring",
            help="How rates are read: spectral, measure (accepted readings only), sspd (the"
            " paper), all-maxima (every maximum, unfiltered), released, rppg-toolbox,"
            " contrast-phys, vipl (three parts of a video) or nest (LF, HF, LF/HF, RF and HR of"
            " short clips).",
            show_default="that of the protocol, else spectral",
        ),
    ] = None,
    keep_defects: Annotated[
        bool, typer.Option("--keep-defects", help="Also score recordings with known defects.")
    ] = False,
    precision: Annotated[
        str, typer.Option("--precision", help="Arithmetic of the network: f32, bf16, int8 or auto.")
    ] = "f32",
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Number of processes that measure.")
    ] = 1,
) -> None:
    """Score methods on a dataset; with a protocol, train the networks first.

    The same command continues where it was stopped, and repeats nothing that is
    done.
    """
    from sspd.methods.registry import takes_weights
    from sspd.research.evaluate import Training, get_scoring, plan_evaluation
    from sspd.research.evaluate import evaluate as run

    names = [name for some in method or ["sspd"] for name in some.split(",") if name]
    if not names or len(set(names)) != len(names):
        raise UsageError("evaluate: --method needs one or more different methods")
    given = _weights(weights, [name for name in names if takes_weights(name)])
    networks = [name for name in names if takes_weights(name) and name not in given]
    trains = bool(networks) and (protocol or train_on) is not None
    if not trains and any(one is not None for one in (recipe, steps, select)):
        raise UsageError(
            "evaluate: nothing is trained, so --recipe, --steps and --select do nothing"
        )
    preset = get_scoring(scoring or _scoring_of(protocol, train_on))
    context.with_resource(hold_folder(out, "waveforms/*"))
    goes_on = f"waveforms and networks are kept in {out}, the same command continues"
    with interruptible(goes_on), Meter("Opening") as meter:
        training = None
        if trains:
            recipes = _recipes(networks, protocol, recipe, steps, select)
            training = Training(
                recipes,
                out,
                seed=seed,
                device=device,
                jobs=jobs,
                told=meter.told,
                warn=meter.note,
            )
        plan = plan_evaluation(
            data,
            names,
            protocol=protocol,
            weights=given,
            training=training,
            train_on=train_on,
            precision=precision,
            threads=max(1, (os.cpu_count() or 1) // jobs) if jobs > 1 else None,
        )
        if training is not None:
            how = ", ".join(f"{name} by {one.name!r}" for name, one in training.recipes.items())
            show(
                f"sspd: trained for each fold: {how}; networks in {out / 'models'};"
                " --weights shipped scores the shipped one",
                err=True,
            )
        found = run(plan, preset, out, keep_defects=keep_defects, jobs=jobs, progress=meter.told)
    print_table((found.folder / "table.md").read_text(encoding="utf-8"))
    show(f"scoring: {preset.source}; windows, subjects and manifest: {found.folder}")
    for line in found.failures:
        show(f"sspd: {line}", err=True)
    if found.failures:
        raise typer.Exit(1)


def _scoring_of(protocol: str | None, train_on: str | None) -> str:
    """How the protocol of what is tested is scored; spectral, where there is none."""
    from sspd.research.evaluate import get_protocol

    return get_protocol(protocol).scoring if protocol and not train_on else "spectral"


def _weights(given: list[str] | None, networks: list[str]) -> dict[str, Path]:
    """Method -> file, from ``METHOD=FILE`` or a file for the only network, or for sspd."""
    from sspd.methods.registry import method_names
    from sspd.network.load import shipped_weights

    found: dict[str, Path] = {}
    for one in (part for some in given or [] for part in some.split(",") if part):
        name, equals, file = one.partition("=")
        if not equals or name not in method_names():
            name = networks[0] if len(networks) == 1 and one != SHIPPED else "sspd"
            file = one
        if name in found:
            raise UsageError(f"evaluate: --weights gives {name} two networks")
        found[name] = shipped_weights(".onnx") if (name, file) == ("sspd", SHIPPED) else Path(file)
    return found


def _recipes(
    networks: list[str],
    protocol: str | None,
    recipe: str | None,
    steps: int | None,
    select: str | None = None,
) -> dict[str, Recipe | BaselineRecipe]:
    """Method -> how it is trained: sspd as asked, others by their own recipes."""
    from dataclasses import replace

    from sspd.research.evaluate import get_protocol
    from sspd.research.recipes import find_recipe, get_recipe
    from sspd.research.train.memory import prepare_memory

    prepare_memory()  # before anything imports torch
    own = "paper" if protocol is None else get_protocol(protocol).recipe
    chosen = get_recipe(own if recipe is None else recipe)
    suffix = "-laptop" if chosen.name in ("laptop", "shipped") else ""
    found: dict[str, Recipe | BaselineRecipe] = {}
    for name in networks:
        one = chosen if name == "sspd" else find_recipe(name + suffix)
        one = one if steps is None else replace(one, steps=steps, epochs=None)
        found[name] = one if select is None else replace(one, select=select)  # type: ignore[arg-type]
    return found
