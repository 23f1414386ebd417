"""The grids of the paper's ablations: one training and one scoring for each cell and seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sspd.errors import SSPDError, UsageError
from sspd.research.evaluate.plan import plan_evaluation
from sspd.research.evaluate.run import evaluate
from sspd.research.evaluate.scoring import get_scoring
from sspd.research.evaluate.training import Training
from sspd.research.recipes import Recipe
from sspd.research.recipes.ablations import Grid
from sspd.research.train.memory import prepare_memory
from sspd.utils.process_map import Words, process_map
from sspd.utils.progress import Counted, OnProgress

ABLATION_METRICS = ("mae", "rmse", "r")


@dataclass(frozen=True)
class AblationTask:
    """One training: a cell of a grid with a seed.

    Parameters
    ----------
    cell : str
        Name of the cell.
    recipe : Recipe
        With the cell's change applied.
    seed : int
    data, protocol, scoring : str
        As `sspd.research.evaluate.plan_evaluation` and `get_scoring` take them.
    out : Path
        Folder of the whole ablation: faces and networks of all cells, and the scores of this one.
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
        """Folder in which the scores of this training are written."""
        name = "".join(char if char.isalnum() else "-" for char in self.cell).strip("-")
        return self.out / "cells" / f"{name}-{self.seed}"


@dataclass(frozen=True)
class CellScore:
    """Scores of one cell, one entry for each seed; NaN where a seed could not be scored.

    Parameters
    ----------
    name : str
    values : tuple of tuple of float
        MAE (bpm), RMSE (bpm) and R of each seed.
    failures : tuple of str
        One line for each failure.
    """

    name: str
    values: tuple[tuple[float, ...], ...]
    failures: tuple[str, ...] = ()

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over the seeds.

        Parameters
        ----------
        metric : str
            One of `ABLATION_METRICS`.

        Returns
        -------
        float
            Beats per minute; R has no unit.
        """
        return float(np.mean([seed[ABLATION_METRICS.index(metric)] for seed in self.values]))

    def ends(self, metric: str) -> tuple[float, float]:
        """Return the smallest and the largest value of a metric over the seeds.

        Parameters
        ----------
        metric : str
            One of `ABLATION_METRICS`.

        Returns
        -------
        low, high : float
            Beats per minute; R has no unit.
        """
        found = [seed[ABLATION_METRICS.index(metric)] for seed in self.values]
        return float(np.min(found)), float(np.max(found))


def ablation_tasks(
    grid: Grid,
    recipe: Recipe,
    seeds: Sequence[int],
    data: str,
    protocol: str,
    out: Path,
    *,
    scoring: str = "sspd",
    device: str = "auto",
) -> list[AblationTask]:
    """List every training of a grid, cell by cell.

    Parameters
    ----------
    grid : Grid
    recipe : Recipe
        The base recipe that the cells change.
    seeds : sequence of int
    data, protocol : str
        As `sspd.research.evaluate.plan_evaluation` takes them.
    out : Path
        Folder of the whole ablation.
    scoring, device : str

    Returns
    -------
    list of AblationTask
        One for each cell and seed.

    Raises
    ------
    UsageError
        There is no seed, or the recipe does not allow a cell's change.
    """
    if not seeds:
        raise UsageError("an ablation needs at least one seed")
    tasks = []
    for cell in grid.cells:
        try:
            changed = cell.change(recipe)
        except UsageError as error:
            raise UsageError(f"{grid.title}, {cell.name}: {error}") from error
        tasks += [
            AblationTask(cell.name, changed, seed, data, protocol, scoring, out, device)
            for seed in seeds
        ]
    return tasks


def _phase(
    phase: Callable[[str], None], task: AblationTask, what: str, done: int, total: int
) -> None:
    phase(f"{task.cell}, seed {task.seed}: {what}" + (f" {done}/{total}" if total else ""))


def run_task(
    task: AblationTask, progress: OnProgress = lambda what, done, total: None
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Train and score one cell with one seed; finished parts are not repeated.

    Parameters
    ----------
    task : AblationTask
    progress : callable
        Called with the current phase, the number of items done and their total.

    Returns
    -------
    values : tuple of float
        The `ABLATION_METRICS`; NaN where a metric is missing.
    failures : tuple of str
        One line for each failure.
    """
    training = Training(
        {"sspd": task.recipe}, task.out, seed=task.seed, device=task.device, progress=progress
    )
    plan = plan_evaluation(task.data, ["sspd"], protocol=task.protocol, training=training)
    try:
        found = evaluate(plan, get_scoring(task.scoring), task.folder, progress=progress)
    except UsageError:
        raise
    except SSPDError as error:
        return (float("nan"),) * len(ABLATION_METRICS), (str(error),)
    (score,) = (one for one in found.scores if one.quantity == "hr_bpm")
    return tuple(score.values[name] for name in ABLATION_METRICS), found.failures


def ablate(
    grid: Grid,
    tasks: Sequence[AblationTask],
    *,
    jobs: int = 1,
    progress: Counted = lambda done, total: None,
    phase: Callable[[str], None] = lambda what: None,
) -> list[CellScore]:
    """Run a grid in one process or in several.

    Parameters
    ----------
    grid : Grid
    tasks : sequence of AblationTask
        From `ablation_tasks`.
    jobs : int
        Number of processes; each runs one training at a time.
    progress : callable
        Called with the number of finished trainings and their total.
    phase : callable
        Called with the cell and its current phase, if one process does all the work.

    Returns
    -------
    list of CellScore
        In the order of the grid's cells.

    Raises
    ------
    SSPDError
        A process died.
    """
    found: dict[tuple[str, int], tuple[tuple[float, ...], tuple[str, ...]]] = {}
    for task, result in _results(tasks, jobs, phase):
        found[task.cell, task.seed] = result
        progress(len(found), len(tasks))
    scores = []
    for cell in grid.cells:
        own = [found[task.cell, task.seed] for task in tasks if task.cell == cell.name]
        failures = tuple(dict.fromkeys(line for _, lines in own for line in lines))
        scores.append(CellScore(cell.name, tuple(values for values, _ in own), failures))
    return scores


def _results(
    tasks: Sequence[AblationTask], jobs: int, phase: Callable[[str], None]
) -> Iterator[tuple[AblationTask, tuple[tuple[float, ...], tuple[str, ...]]]]:
    # the first task crops the faces that all others use
    in_this_process = tasks[:1] if jobs > 1 else tasks
    for task in in_this_process:
        yield task, run_task(task, partial(_phase, phase, task))
    phase(f"Training in {jobs} processes")
    if len(in_this_process) == len(tasks):
        return
    kept = "finished cells are kept, the same command continues"
    words = Words[AblationTask](lambda task: f"{task.cell}, seed {task.seed}", kept)
    yield from process_map(run_task, tasks[1:], jobs, words, prepare=prepare_memory)
