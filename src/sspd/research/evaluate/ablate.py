"""The grids of the paper's ablations: a training and a scoring for each cell and seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sspd.errors import SSPDError, UsageError
from sspd.research.evaluate.csv_cells import csv_text, number_text, plain_cell
from sspd.research.evaluate.plan import plan_evaluation
from sspd.research.evaluate.run import evaluate
from sspd.research.evaluate.scoring import get_scoring
from sspd.research.evaluate.training import Training
from sspd.research.recipes import Recipe
from sspd.research.recipes.ablations import Cell, Grid
from sspd.research.train.memory import prepare_memory
from sspd.utils.process_map import Words, process_map
from sspd.utils.progress import Counted, Told

METRICS = ("mae", "rmse", "r")


@dataclass(frozen=True)
class Task:
    """One training: a cell of a grid with a seed.

    Parameters
    ----------
    cell : str
    recipe : Recipe
        Changed as the cell says.
    seed : int
    data, protocol, scoring : str
        As `sspd.research.evaluate.plan_evaluation` and `get_scoring` take them.
    out : Path
        Where all cells' faces and networks are, and this one's scores below.
    device : str
    """

    cell: str
    recipe: Recipe
    seed: int
    data: str
    protocol: str
    scoring: str
    out: Path
    device: str = "auto"

    @property
    def folder(self) -> Path:
        """Where its scores are written."""
        name = "".join(char if char.isalnum() else "-" for char in self.cell).strip("-")
        return self.out / "cells" / f"{name}-{self.seed}"


@dataclass(frozen=True)
class CellScore:
    """What a cell's seeds came to; NaN where one could not be scored.

    Parameters
    ----------
    name : str
    values : tuple of tuple of float
        MAE, RMSE and R of each seed.
    failures : tuple of str
        One line each.
    """

    name: str
    values: tuple[tuple[float, ...], ...]
    failures: tuple[str, ...] = ()

    def mean(self, metric: str) -> float:
        """The mean over seeds.

        Parameters
        ----------
        metric : str
            Of `METRICS`.
        """
        return float(np.mean([seed[METRICS.index(metric)] for seed in self.values]))

    def ends(self, metric: str) -> tuple[float, float]:
        """The smallest and the largest over seeds.

        Parameters
        ----------
        metric : str
            Of `METRICS`.
        """
        found = [seed[METRICS.index(metric)] for seed in self.values]
        return float(np.min(found)), float(np.max(found))


def tasks_of(
    grid: Grid,
    recipe: Recipe,
    seeds: Sequence[int],
    data: str,
    protocol: str,
    out: Path,
    *,
    scoring: str = "sspd",
    device: str = "auto",
) -> list[Task]:
    """Every training that a grid wants, cell by cell.

    Parameters
    ----------
    grid : Grid
    recipe : Recipe
        What cells change.
    seeds : sequence of int
    data, protocol : str
    out : Path
    scoring, device : str

    Raises
    ------
    UsageError
        No seed, or a cell that the recipe cannot have.
    """
    if not seeds:
        raise UsageError("an ablation needs a seed or more")
    tasks = []
    for cell in grid.cells:
        try:
            changed = cell.change(recipe)
        except UsageError as error:
            raise UsageError(f"{grid.title}, {cell.name}: {error}") from error
        tasks += [
            Task(cell.name, changed, seed, data, protocol, scoring, out, device) for seed in seeds
        ]
    return tasks


def _phase(phase: Callable[[str], None], task: Task, what: str, done: int, total: int) -> None:
    phase(f"{task.cell}, seed {task.seed}: {what}" + (f" {done}/{total}" if total else ""))


def run_task(
    task: Task, told: Told = lambda what, done, total: None
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Train and score one cell with one seed; what is kept of it is not done again.

    Parameters
    ----------
    task : Task
    told : callable
        Is told what is done, how many of it, and how many there are.

    Returns
    -------
    values : tuple of float
        Of `METRICS`; NaN where there are none.
    failures : tuple of str
    """
    training = Training(
        {"sspd": task.recipe}, task.out, seed=task.seed, device=task.device, told=told
    )
    plan = plan_evaluation(task.data, ["sspd"], protocol=task.protocol, training=training)
    try:
        found = evaluate(plan, get_scoring(task.scoring), task.folder, progress=told)
    except UsageError:
        raise
    except SSPDError as error:
        return (float("nan"),) * len(METRICS), (str(error),)
    (score,) = (one for one in found.scores if one.quantity == "hr_bpm")
    return tuple(score.values[name] for name in METRICS), found.failures


def ablate(
    grid: Grid,
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    told: Counted = lambda done, total: None,
    phase: Callable[[str], None] = lambda what: None,
) -> list[CellScore]:
    """Run a grid, in one process or several.

    Parameters
    ----------
    grid : Grid
    tasks : sequence of Task
        From `tasks_of`.
    jobs : int
        Processes, a training each.
    told : callable
        Is told how many trainings of how many are done.
    phase : callable
        Is told the cell and what is done with it, where one process does all.

    Returns
    -------
    list of CellScore
        In the grid's order.

    Raises
    ------
    SSPDError
        A process died.
    """
    found: dict[tuple[str, int], tuple[tuple[float, ...], tuple[str, ...]]] = {}
    for task, result in _results(tasks, jobs, phase):
        found[task.cell, task.seed] = result
        told(len(found), len(tasks))
    scores = []
    for cell in grid.cells:
        own = [found[task.cell, task.seed] for task in tasks if task.cell == cell.name]
        failures = tuple(dict.fromkeys(line for _, lines in own for line in lines))
        scores.append(CellScore(cell.name, tuple(values for values, _ in own), failures))
    return scores


def _results(
    tasks: Sequence[Task], jobs: int, phase: Callable[[str], None]
) -> Iterator[tuple[Task, tuple[tuple[float, ...], tuple[str, ...]]]]:
    # the first cuts the faces that the others share
    ahead = tasks[:1] if jobs > 1 else tasks
    for task in ahead:
        yield task, run_task(task, partial(_phase, phase, task))
    phase(f"Training in {jobs} processes")
    if len(ahead) == len(tasks):
        return
    kept = "finished cells are kept, the same command continues"
    words = Words[Task](lambda task: f"{task.cell}, seed {task.seed}", kept)
    yield from process_map(run_task, tasks[1:], jobs, words, prepare=prepare_memory)


def ablation_csv(scores: Sequence[CellScore]) -> str:
    """Every seed's scores, a row each.

    Parameters
    ----------
    scores : sequence of CellScore
    """
    rows = [
        [score.name, str(k), *map(plain_cell, values)]
        for score in scores
        for k, values in enumerate(score.values)
    ]
    return csv_text(["cell", "seed", *METRICS], rows)


def ablation_markdown(grid: Grid, scores: Sequence[CellScore], scoring: str = "sspd") -> str:
    """Means over seeds with their ends, beside what the paper prints.

    Parameters
    ----------
    grid : Grid
    scores : sequence of CellScore
    scoring : str
        How rates were read, a name of `sspd.research.evaluate.SCORINGS`.
    """
    heads = ["", "MAE, bpm", "RMSE, bpm", "R", "MAE (paper)", "RMSE (paper)", "R (paper)"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for cell, score in zip(grid.cells, scores, strict=True):
        told = [_told(score, name, 3 if name == "r" else 2) for name in METRICS]
        lines.append(f"| {cell.name} | {' | '.join([*told, *_printed(cell)])} |")
    seeds = len(scores[0].values) if scores else 0
    note = (
        f"{grid.title}. Mean of {seeds} seeds [least, most], rates read by `--scoring {scoring}`;"
        " the paper's are on UBFC-rPPG."
    )
    return "\n".join([*lines, "", note]) + "\n"


def _told(score: CellScore, name: str, digits: int) -> str:
    low, high = (number_text(end, digits) for end in score.ends(name))
    return f"{number_text(score.mean(name), digits)} [{low}, {high}]"


def _printed(cell: Cell) -> list[str]:
    if cell.printed is None:
        return ["-"] * 3
    return [f"{cell.printed[0]:.2f}", f"{cell.printed[1]:.2f}", f"{cell.printed[2]:.3f}"]
