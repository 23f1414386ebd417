"""Format the scores of an ablation as CSV and Markdown, beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sspd.research.evaluate.ablate import ABLATION_METRICS, CellScore
from sspd.research.evaluate.csv_cells import csv_text, number_text, plain_cell
from sspd.research.recipes.ablations import Cell, Grid


def ablation_csv(scores: Sequence[CellScore]) -> str:
    """Format the scores of every seed as CSV, one row each.

    Parameters
    ----------
    scores : sequence of CellScore

    Returns
    -------
    str
    """
    rows = [
        [score.name, str(k), *map(plain_cell, values)]
        for score in scores
        for k, values in enumerate(score.values)
    ]
    return csv_text(["cell", "seed", *ABLATION_METRICS], rows)


def ablation_markdown(grid: Grid, scores: Sequence[CellScore], scoring: str = "sspd") -> str:
    """Format means over seeds, with minimum and maximum, beside the paper's numbers.

    Parameters
    ----------
    grid : Grid
    scores : sequence of CellScore
    scoring : str
        Name of the scoring, one of `sspd.research.evaluate.SCORINGS`.

    Returns
    -------
    str
        A Markdown table with a note below it.
    """
    heads = ["", "MAE, bpm", "RMSE, bpm", "R", "MAE (paper)", "RMSE (paper)", "R (paper)"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for cell, score in zip(grid.cells, scores, strict=True):
        cells = [_mean_and_range(score, name, 3 if name == "r" else 2) for name in ABLATION_METRICS]
        lines.append(f"| {cell.name} | {' | '.join([*cells, *_printed(cell)])} |")
    seeds = len(scores[0].values) if scores else 0
    note = (
        f"{grid.title}. Mean of {seeds} seeds [least, most], rates read by `--scoring {scoring}`;"
        " the paper's numbers are of UBFC-rPPG."
    )
    return "\n".join([*lines, "", note]) + "\n"


def _mean_and_range(score: CellScore, name: str, digits: int) -> str:
    low, high = (number_text(end, digits) for end in score.ends(name))
    return f"{number_text(score.mean(name), digits)} [{low}, {high}]"


def _printed(cell: Cell) -> list[str]:
    if cell.printed is None:
        return ["-"] * 3
    return [f"{cell.printed[0]:.2f}", f"{cell.printed[1]:.2f}", f"{cell.printed[2]:.3f}"]
