"""Scores as tables: for a terminal, CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType

import numpy as np

from sspd.evaluate.metrics import METRICS, Interval, rate_errors, rate_intervals
from sspd.evaluate.windows import ScoredWindow

#: Heads of the columns.
HEADS = MappingProxyType(
    {
        "mae": "MAE, bpm",
        "rmse": "RMSE, bpm",
        "sd": "SD, bpm",
        "r": "R",
        "mape": "MAPE, %",
        "me": "ME, bpm",
    }
)


@dataclass(frozen=True)
class MethodScore:
    """One method's row: metrics with intervals, and what they are made of."""

    method: str
    values: dict[str, float]
    intervals: dict[str, Interval]
    n_windows: int
    n_subjects: int
    excluded: dict[str, int]
    """Why windows are not scored -> how many."""


def score_method(method: str, rows: Sequence[ScoredWindow], seed: int) -> MethodScore:
    """Score a method's windows.

    Parameters
    ----------
    method : str
    rows : sequence of ScoredWindow
        Of this method.
    seed : int
        Of the bootstrap's draws.
    """
    used = [row for row in rows if not row.excluded]
    reference = np.array([row.reference_bpm for row in used], np.float64)
    estimate = np.array([row.estimate_bpm for row in used], np.float64)
    subjects = [row.subject for row in used]
    excluded: dict[str, int] = {}
    for row in rows:
        if row.excluded:
            excluded[row.excluded] = excluded.get(row.excluded, 0) + 1
    rng = np.random.default_rng(seed)
    return MethodScore(
        method=method,
        values=rate_errors(reference, estimate),
        intervals=rate_intervals(reference, estimate, subjects, rng),
        n_windows=len(used),
        n_subjects=len(set(subjects)),
        excluded=excluded,
    )


def windows_csv(rows: Sequence[ScoredWindow]) -> str:
    """Every window, one a line, with a head."""
    names = [field.name for field in fields(ScoredWindow)]
    return _csv(names, [[_cell(asdict(row)[name]) for name in names] for row in rows])


def subjects_csv(rows: Sequence[ScoredWindow]) -> str:
    """Mean reference, mean estimate and mean absolute error of each subject and method."""
    lines = []
    for method, subject in dict.fromkeys((row.method, row.subject) for row in rows):
        own = [row for row in rows if (row.method, row.subject) == (method, subject)]
        used = [row for row in own if not row.excluded]
        reference = np.array([row.reference_bpm for row in used], np.float64)
        estimate = np.array([row.estimate_bpm for row in used], np.float64)
        means = [float(x.mean()) if used else None for x in (reference, estimate)]
        mae = float(np.abs(estimate - reference).mean()) if used else None
        cells = [*means, mae, len(used), len(own) - len(used)]
        lines.append([method, subject, *map(_cell, cells)])
    heads = ["method", "subject", "reference_bpm", "estimate_bpm", "mae_bpm", "windows"]
    return _csv([*heads, "excluded"], lines)


def scores_csv(scores: Sequence[MethodScore]) -> str:
    """The table with its intervals as numbers."""
    heads = ["method"]
    for name in METRICS:
        heads += [name, f"{name}_low", f"{name}_high"]
    lines = []
    for score in scores:
        line = [score.method]
        for name in METRICS:
            line += [_cell(x) for x in (score.values[name], *score.intervals[name])]
        excluded = "; ".join(f"{why}: {n}" for why, n in sorted(score.excluded.items()))
        lines.append([*line, str(score.n_windows), str(score.n_subjects), excluded])
    return _csv([*heads, "windows", "subjects", "excluded"], lines)


def scores_markdown(scores: Sequence[MethodScore]) -> str:
    """The table as Markdown."""
    heads = ["method", *HEADS.values(), "windows", "subjects", "excluded"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(_texts(score))} |" for score in scores]
    return "\n".join(lines) + "\n"


def scores_latex(scores: Sequence[MethodScore]) -> str:
    """The table as a LaTeX ``tabular``."""
    heads = ["method", *HEADS.values(), "windows", "subjects", "excluded"]
    lines = [rf"\begin{{tabular}}{{l{'r' * (len(heads) - 2)}l}}", r"\hline"]
    lines.append(_latex_row(heads))
    lines.append(r"\hline")
    lines += [_latex_row(_texts(score)) for score in scores]
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


def _latex_row(cells: Sequence[str]) -> str:
    escaped = [cell.replace("%", r"\%").replace("_", r"\_").replace("&", r"\&") for cell in cells]
    return " & ".join(escaped) + r" \\"


def _texts(score: MethodScore) -> list[str]:
    """A row as people read it: 1.23 [0.90, 1.70]."""
    cells = [score.method]
    for name in METRICS:
        low, high = score.intervals[name]
        told = _number(score.values[name])
        cells.append(told if np.isnan(low) else f"{told} [{_number(low)}, {_number(high)}]")
    excluded = ", ".join(f"{n} {why}" for why, n in sorted(score.excluded.items())) or "none"
    return [*cells, str(score.n_windows), str(score.n_subjects), excluded]


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _csv(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([[_harmless(cell) for cell in line] for line in lines])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A name that a spreadsheet would run as a formula is quoted."""
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "\t") else cell


#: Name of the file -> what writes it.
TABLES: MappingProxyType[str, Callable[[Sequence[MethodScore]], str]] = MappingProxyType(
    {"table.csv": scores_csv, "table.md": scores_markdown, "table.tex": scores_latex}
)
