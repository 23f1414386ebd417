"""``sspd ablate``: the grids of the paper's Tables V to VIII and Figs. 8 and 9."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.cli.console import interruptible, print_table
from sspd.cli.messages import show
from sspd.utils.partials import hold_folder
from sspd.utils.places import make_folder
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from sspd.research.evaluate.ablate import CellScore
    from sspd.research.recipes.ablations import Grid

#: Default scoring.
SCORING = "sspd"


def ablate(
    context: typer.Context,
    table: Annotated[
        str, typer.Argument(help="Table or figure: v, vi, vii, viii, 8a, 8b, 9a or 9b.")
    ],
    data: Annotated[str, typer.Argument(help="NAME:PATH of a dataset; sspd datasets lists them.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for faces, networks, scores and the table.")
    ],
    protocol: Annotated[
        str,
        typer.Option("--protocol", help="Split of the subjects into train and test."),
    ] = "ubfc-30-12",
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe",
            help="Base recipe of all cells: paper (needs a GPU), or ablation (two cores).",
        ),
    ] = "ablation",
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, help="Number of optimizer steps, instead of the recipe's."),
    ] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, help="Number of trainings of each cell.")
    ] = 2,
    scoring: Annotated[
        str, typer.Option("--scoring", help="How heart rates are read; see sspd evaluate.")
    ] = SCORING,
    device: Annotated[str, typer.Option("--device", help="Device: auto, cpu or cuda.")] = "auto",
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, help="Trainings at the same time, each in a process.")
    ] = 1,
) -> None:
    """Train and score every cell of an ablation, beside the paper's table or curve.

    The same command continues where it was stopped. Finished cells are kept,
    and cells that several tables share are trained once.
    """
    from dataclasses import replace

    from sspd.research.datasets.table import open_dataset
    from sspd.research.evaluate.ablate import ablate as run
    from sspd.research.evaluate.ablate import ablation_tasks
    from sspd.research.recipes import get_recipe
    from sspd.research.recipes.ablations import get_grid
    from sspd.research.train.memory import prepare_memory

    prepare_memory()  # before anything imports torch
    grid, base = get_grid(table), get_recipe(recipe)
    if steps is not None:
        base = replace(base, steps=steps, epochs=None)
    tasks = ablation_tasks(
        grid, base, range(seeds), data, protocol, out, scoring=scoring, device=device
    )
    open_dataset(data)  # report a missing dataset before anything is made
    context.with_resource(hold_folder(out, "cells/*"))
    make_folder(out)
    kept = f"finished trainings are kept in {out}, the same command continues"
    with interruptible(kept), Meter(grid.title, len(tasks), "trainings") as meter:
        scores = run(
            grid, tasks, jobs=jobs, progress=meter.update,
            phase=lambda what: meter.update(meter.done, what=what),
        )  # fmt: skip
    _write(grid, scores, out, scoring)
    failures = [f"{score.name}: {line}" for score in scores for line in score.failures]
    for line in failures:
        show(f"sspd: {line}", err=True)
    if failures:
        raise typer.Exit(1)


def _write(grid: Grid, scores: list[CellScore], out: Path, scoring: str) -> None:
    from sspd.research.evaluate.ablation_table import ablation_csv, ablation_markdown
    from sspd.research.figures.ablation import draw_curve
    from sspd.utils.files import whole_file

    texts = {".csv": ablation_csv(scores), ".md": ablation_markdown(grid, scores, scoring)}
    # another scoring keeps the files of the default one
    name = grid.name if scoring == SCORING else f"{grid.name}-{scoring}"
    for suffix, text in texts.items():
        with whole_file(out / f"{name}{suffix}") as part:
            part.write_text(text, encoding="utf-8")
    places = [cell.at for cell in grid.cells if cell.at is not None]
    if grid.optimum is not None:
        values = [[seed[0] for seed in score.values] for score in scores]
        draw_curve(out / f"{name}.png", places, values, grid.optimum, grid.title)
    print_table(texts[".md"])
