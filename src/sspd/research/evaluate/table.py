"""Format scores as tables: terminal, CSV, Markdown and LaTeX, with the paper's rows below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from sspd.research.evaluate.csv_cells import csv_text, number_text, plain_cell
from sspd.research.evaluate.paper import MARKS, NOT_GIVEN, PaperRow
from sspd.research.evaluate.quantities import QUANTITIES
from sspd.research.evaluate.summary import SCORE_COLUMNS, MethodScore, score_methods
from sspd.research.evaluate.windows import ScoredWindow

#: Column headings; the quantity's unit is added if all rows share it.
HEADS = MappingProxyType(
    {
        "mae": "MAE",
        "rmse": "RMSE",
        "sd": "SD",
        "r": "R",
        "mape": "MAPE, %",
        "me": "ME",
        "snr_db": "SNR, dB",
        "macc": "MACC",
    }
)
#: Columns in the quantity's unit.
IN_UNIT = ("mae", "rmse", "sd", "me")
#: Columns with the quantity's number of digits; the others have two.
FINE = (*IN_UNIT, "r")


def scores_csv(scores: Sequence[MethodScore], paper: Sequence[PaperRow] = (), _: str = "") -> str:
    """Format the table with its intervals as CSV; the paper's rows have no intervals.

    Parameters
    ----------
    scores : sequence of MethodScore
    paper : sequence of PaperRow
        Rows to add at the end.
    _ : str
        The caveat, which the CSV does not show.

    Returns
    -------
    str
    """
    heads = ["method", "quantity"]
    for name in SCORE_COLUMNS:
        heads += [name, f"{name}_low", f"{name}_high"]
    lines = []
    for score in scores:
        line = [score.method, score.quantity]
        for name in SCORE_COLUMNS:
            line += [plain_cell(x) for x in (score.values[name], *score.intervals[name])]
        excluded = "; ".join(f"{why}: {n}" for why, n in sorted(score.excluded.items()))
        lines.append([*line, str(score.n_windows), str(score.n_subjects), excluded])
    for row in paper:
        line = [row.label, row.quantity]
        for name in SCORE_COLUMNS:
            line += [row.printed.get(name, ""), "", ""]
        lines.append([*line, "", "", ""])
    return csv_text([*heads, "windows", "subjects", "excluded"], lines)


def parts_csv(rows: Sequence[ScoredWindow], seed: int, by: str) -> str:
    """Format `scores_csv` for each fold or condition; empty if there is only one.

    Rows are named ``method, fold 1`` or ``method, talking``.

    Parameters
    ----------
    rows : sequence of ScoredWindow
    seed : int
        Seed of the bootstrap's draws.
    by : str
        ``fold`` or ``condition``.

    Returns
    -------
    str
    """
    parts = list(dict.fromkeys(getattr(row, by) for row in rows))
    if len(parts) < 2:
        return ""
    label = "fold " if by == "fold" else ""
    scores: list[MethodScore] = []
    for part, made in _by_part(rows, seed, by):
        scores += [replace(score, method=f"{score.method}, {label}{part}") for score in made]
    return scores_csv(scores)


def conditions_markdown(rows: Sequence[ScoredWindow], seed: int) -> str:
    """Format mean absolute errors of the heart rate by method (rows) and condition (columns).

    Parameters
    ----------
    rows : sequence of ScoredWindow
    seed : int
        Seed of the bootstrap's draws.

    Returns
    -------
    str
        Markdown; empty if there is only one condition.
    """
    rates = [row for row in rows if row.quantity == "hr_bpm"]
    found = list(_by_part(rates, seed, "condition"))
    if len(found) < 2:
        return ""
    methods = list(dict.fromkeys(row.method for row in rates))
    cells: dict[str, list[str]] = {name: [] for name in methods}
    for _, made in found:
        text = {score.method: _interval(score, "mae") for score in made}
        for name in methods:
            cells[name].append(text.get(name, NOT_GIVEN))
    lines = [f"| method | {' | '.join(part for part, _ in found)} |"]
    lines += [f"|{'---|' * (1 + len(found))}"]
    lines += [f"| {name} | {' | '.join(own)} |" for name, own in cells.items()]
    note = f"{HEADS['mae']}, {QUANTITIES['hr_bpm'].unit}, by condition, with intervals."
    return "\n".join([*lines, "", note]) + "\n"


def _by_part(
    rows: Sequence[ScoredWindow], seed: int, by: str
) -> Iterator[tuple[str, tuple[MethodScore, ...]]]:
    quantities = list(dict.fromkeys(row.quantity for row in rows))
    for part in dict.fromkeys(getattr(row, by) for row in rows):
        own = [row for row in rows if getattr(row, by) == part]
        methods = list(dict.fromkeys(row.method for row in own))
        yield part, score_methods(methods, quantities, own, seed)


def scores_markdown(
    scores: Sequence[MethodScore], paper: Sequence[PaperRow] = (), caveat: str = ""
) -> str:
    """Format the table as Markdown, with notes below it.

    Parameters
    ----------
    scores : sequence of MethodScore
    paper : sequence of PaperRow
        Rows to add at the end, marked ``(paper)``.
    caveat : str
        Warning to print below the table.

    Returns
    -------
    str
    """
    heads, *rows = _grid(scores, paper)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    notes = [f"\n{note}" for note in _notes(paper, caveat)]
    return "\n".join([*lines, *notes]) + "\n"


def scores_latex(
    scores: Sequence[MethodScore], paper: Sequence[PaperRow] = (), caveat: str = ""
) -> str:
    """Format the table as a LaTeX ``tabular``, with notes below it.

    Parameters
    ----------
    scores : sequence of MethodScore
    paper : sequence of PaperRow
        Rows to add below a line, marked ``(paper)``.
    caveat : str
        Warning to print below the table.

    Returns
    -------
    str
    """
    heads, *rows = [_latex_row(cells) for cells in _grid(scores, paper)]
    first = 1 + _named(scores)
    numbers = heads.count(" & ") - first
    lines = [rf"\begin{{tabular}}{{{'l' * first}{'r' * numbers}l}}", r"\hline", heads, r"\hline"]
    lines += rows[: len(scores)]
    if paper:
        lines += [r"\hline", *rows[len(scores) :]]
    lines += [r"\hline", r"\end{tabular}"]
    lines += [rf"\par{{\footnotesize {_latex(note)}\par}}" for note in _notes(paper, caveat)]
    return "\n".join(lines) + "\n"


def _named(scores: Sequence[MethodScore]) -> bool:
    """Return whether the rows need a column for the quantity."""
    return any(score.quantity != "hr_bpm" for score in scores)


def _grid(scores: Sequence[MethodScore], paper: Sequence[PaperRow]) -> list[list[str]]:
    """Return headings and rows as text."""
    named = _named(scores)
    agree = any(np.isfinite(score.values["macc"]) for score in scores)
    shown = [name for name in SCORE_COLUMNS if name != "macc" or agree]
    unit = "" if named else f", {QUANTITIES['hr_bpm'].unit}"
    heads = [HEADS[name] + (unit if name in IN_UNIT else "") for name in shown]
    grid = [["method", *(["quantity"] if named else []), *heads, "windows", "subjects", "excluded"]]
    for score in scores:
        quantity = [QUANTITIES[score.quantity].head] if named else []
        cells = [_interval(score, name) for name in shown]
        why = ", ".join(f"{n} {why}" for why, n in sorted(score.excluded.items())) or "none"
        counts = [str(score.n_windows), str(score.n_subjects), why]
        grid.append([score.method, *quantity, *cells, *counts])
    for row in paper:
        quantity = [QUANTITIES[row.quantity].head] if named else []
        cells = [row.printed.get(name, NOT_GIVEN) for name in shown]
        grid.append([row.label, *quantity, *cells, *[NOT_GIVEN] * 3])
    return grid


def _interval(score: MethodScore, name: str) -> str:
    """Format a number with its interval: 1.23 [0.90, 1.70]."""
    digits = QUANTITIES[score.quantity].digits if name in FINE else 2
    low, high = (number_text(side, digits) for side in score.intervals[name])
    text = number_text(score.values[name], digits)
    return text if np.isnan(score.intervals[name].low) else f"{text} [{low}, {high}]"


def _notes(paper: Sequence[PaperRow], caveat: str) -> list[str]:
    notes = [f"{caveat}."] if caveat else []
    if paper:
        tables = " and ".join(sorted({f"Table {row.table}" for row in paper}))
        marks = [f"; {mark}: {why}" for mark, why in MARKS.items() if _marked(paper, mark)]
        notes.append(f"(paper): as printed in {tables} of the SSPD paper{''.join(marks)}.")
    return notes


def _marked(paper: Iterable[PaperRow], mark: str) -> bool:
    return any(mark in row.marks for row in paper)


def _latex_row(cells: Sequence[str]) -> str:
    return " & ".join(_latex(cell) for cell in cells) + r" \\"


def _latex(text: str) -> str:
    for sign in "%_&#$":
        text = text.replace(sign, "\\" + sign)
    return (
        text.replace("†", r"$^\dagger$")
        .replace("♦", r"$^\diamondsuit$")
        .replace("‡", r"$^\ddagger$")
    )


#: Name of a file -> function of scores, the paper's rows and the caveat that returns its text.
TABLES: MappingProxyType[str, Callable[[Sequence[MethodScore], Sequence[PaperRow], str], str]] = (
    MappingProxyType(
        {"table.csv": scores_csv, "table.md": scores_markdown, "table.tex": scores_latex}
    )
)
