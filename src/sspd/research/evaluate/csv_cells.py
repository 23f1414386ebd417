"""Write every window and every subject as CSV, and format the cells of tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

import numpy as np

from sspd.report.labels import csv_cell
from sspd.research.evaluate.windows import ScoredWindow


def windows_csv(rows: Sequence[ScoredWindow]) -> str:
    """Format every quantity of every window as CSV, one row each, with a header.

    Parameters
    ----------
    rows : sequence of ScoredWindow

    Returns
    -------
    str
    """
    names = [field.name for field in fields(ScoredWindow)]
    return csv_text(names, [[plain_cell(asdict(row)[name]) for name in names] for row in rows])


def subjects_csv(rows: Sequence[ScoredWindow]) -> str:
    """Format means and mean absolute errors of each subject, method and quantity as CSV.

    Parameters
    ----------
    rows : sequence of ScoredWindow

    Returns
    -------
    str
    """
    lines = []
    for key in dict.fromkeys((row.method, row.subject, row.quantity) for row in rows):
        own = [row for row in rows if (row.method, row.subject, row.quantity) == key]
        used = [row for row in own if not row.excluded]
        reference = np.array([row.reference for row in used], np.float64)
        estimate = np.array([row.estimate for row in used], np.float64)
        means = [float(x.mean()) if used else None for x in (reference, estimate)]
        mae = float(np.abs(estimate - reference).mean()) if used else None
        known = [row.snr_db for row in used if row.snr_db is not None]
        snr = float(np.mean(known)) if known else None
        cells = [*means, mae, snr, len(used), len(own) - len(used)]
        lines.append([*key, *map(plain_cell, cells)])
    heads = ["method", "subject", "quantity", "reference", "estimate", "mae", "snr_db"]
    return csv_text([*heads, "windows", "excluded"], lines)


def number_text(value: float, digits: int) -> str:
    """Format a number for a table; NaN becomes a dash.

    Parameters
    ----------
    value : float
    digits : int
        Digits after the decimal point.

    Returns
    -------
    str

    >>> number_text(0.12345, 3), number_text(float("nan"), 2)
    ('0.123', '-')
    """
    return "-" if np.isnan(value) else f"{value:.{digits}f}"


def plain_cell(value: object) -> str:
    """Format a value for a CSV cell; None and NaN become empty.

    Parameters
    ----------
    value : object

    Returns
    -------
    str

    >>> plain_cell(1.5), plain_cell(None), plain_cell("a")
    ('1.5000', '', 'a')
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def csv_text(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Format a CSV file.

    Parameters
    ----------
    heads : sequence of str
        Column names.
    lines : sequence of sequence of str
        Rows, each with one cell for every column.

    Returns
    -------
    str
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([[csv_cell(cell) for cell in line] for line in lines])
    return text.getvalue()
