"""``sspd evaluate``: scores of methods on a dataset, in tables that say how they were made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sspd.cli.console import interruptible, print_table
from sspd.cli.messages import show
from sspd.cli.options import Arithmetic, ClusterAddress, Engine, jobs_of
from sspd.cli.phases import phases
from sspd.errors import UsageError


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
    precision: Arithmetic = "f32",
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Number of processes that measure.")
    ] = 1,
    engine: Engine = "local",
    address: ClusterAddress = None,
) -> None:
    """Score methods on a dataset; with a protocol, train the networks first.

    The same command continues where it was stopped, and repeats nothing that is
    done.
    """
    from sspd.research.api.evaluate import evaluate as run

    names = [name for some in method or ["sspd"] for name in some.split(",") if name]
    given = _weights(weights, names)
    if (protocol or train_on) is not None:
        _prepare_memory(names, given or {})
    goes_on = f"waveforms and networks are kept in {out}, the same command continues"
    with interruptible(goes_on), phases(Training="steps", Measuring="videos") as shown:
        found = run(
            data,
            out,
            names,
            protocol=protocol,
            weights=given,
            train_on=train_on,
            recipe=recipe,
            steps=steps,
            select=select,
            seed=seed,
            device=device,
            scoring=scoring,
            keep_defects=keep_defects,
            precision=precision,
            jobs=jobs_of(context, engine, jobs),
            engine=engine,
            address=address,
            progress=shown.progress,
            notice=shown.notice,
        )
    print_table(found.table)
    show(f"scoring: {found.scoring}; windows, subjects and manifest: {found.folder}")
    for line in found.failures:
        show(f"sspd: {line}", err=True)
    if found.failures:
        raise typer.Exit(1)


def _prepare_memory(methods: list[str], given: dict[str, str]) -> None:
    """Tune the memory of a process that trains networks, before torch is imported."""
    from sspd.methods.registry import takes_weights
    from sspd.research.train.memory import prepare_memory

    if any(takes_weights(name) and name not in given for name in methods):
        prepare_memory()


def _weights(given: list[str] | None, methods: list[str]) -> dict[str, str] | None:
    """Files by method, from ``METHOD=FILE`` or a file for the only network, or for sspd."""
    from sspd.methods.registry import method_names, takes_weights
    from sspd.research.api.evaluate import network_of

    networks = [name for name in methods if takes_weights(name)]
    found: dict[str, str] = {}
    for one in (part for some in given or [] for part in some.split(",") if part):
        name, equals, file = one.partition("=")
        if not equals or name not in method_names():
            name, file = network_of(one, networks), one
        if name in found:
            raise UsageError(f"evaluate: --weights gives {name} two networks")
        found[name] = file
    return found or None
