"""``sspd ablate``: the grids of the paper's Tables V to VIII and Figs. 8 and 9."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.utils.partials import hold_folder
from sspd.utils.places import make_folder

if TYPE_CHECKING:
    from sspd.evaluate.ablate import CellScore
    from sspd.recipes.ablations import Grid


def ablate(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="v, vi, vii, viii, 8a, 8b, 9a or 9b.")],
    data: Annotated[str, typer.Argument(help="NAME:PATH of a dataset; sspd datasets lists them.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for faces, networks, scores and the table.")
    ],
    protocol: Annotated[
        str,
        typer.Option("--protocol", help="Split of the subjects into trained and tested."),
    ] = "ubfc-30-12",
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe", help="What each cell changes: paper (wants a GPU), or ablation (two cores)."
        ),
    ] = "ablation",
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Optimiser steps, not the recipe's.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Trainings of each cell.")] = 2,
    scoring: Annotated[
        str, typer.Option("--scoring", help="How rates are read, see sspd evaluate.")
    ] = "sspd",
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Trainings at a time, in processes.")
    ] = 1,
) -> None:
    """Train and score every cell of an ablation, beside the paper's table or curve.

    The same command again goes on where it was stopped; finished cells are kept, and
    cells that several tables share are trained once.
    """
    from dataclasses import replace

    from sspd.datasets.table import open_dataset
    from sspd.evaluate.ablate import ablate as run
    from sspd.evaluate.ablate import tasks_of
    from sspd.recipes import get_recipe
    from sspd.recipes.ablations import get_grid
    from sspd.train.memory import prepare_memory

    prepare_memory()  # before anything imports torch
    grid, base = get_grid(table), get_recipe(recipe)
    if steps is not None:
        base = replace(base, steps=steps, epochs=None)
    tasks = tasks_of(grid, base, range(seeds), data, protocol, out, scoring=scoring, device=device)
    open_dataset(data)  # what is not there is said before anything is made
    context.with_resource(hold_folder(out, "cells/*"))
    make_folder(out)
    from rich.console import Console
    from rich.progress import Progress

    quiet = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=quiet, transient=True) as bar:
        shown = bar.add_task(grid.title, total=len(tasks))
        scores = run(
            grid, tasks, jobs=jobs, told=lambda done, total: bar.update(shown, completed=done)
        )
    _write(grid, scores, out)
    failures = [f"{score.name}: {line}" for score in scores for line in score.failures]
    for line in failures:
        typer.echo(f"sspd: {line}", err=True)
    if failures:
        raise typer.Exit(1)


def _write(grid: Grid, scores: list[CellScore], out: Path) -> None:
    from sspd.evaluate.ablate import ablation_csv, ablation_markdown
    from sspd.report.ablation import draw_curve
    from sspd.utils.files import whole_file

    texts = {".csv": ablation_csv(scores), ".md": ablation_markdown(grid, scores)}
    for suffix, text in texts.items():
        with whole_file(out / f"{grid.name}{suffix}") as part:
            part.write_text(text, encoding="utf-8")
    places = [cell.at for cell in grid.cells if cell.at is not None]
    if grid.optimum is not None:
        values = [[seed[0] for seed in score.values] for score in scores]
        draw_curve(out / f"{grid.name}.png", places, values, grid.optimum, grid.title)
    typer.echo(texts[".md"], nl=False)
