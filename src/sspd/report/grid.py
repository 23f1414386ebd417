"""Text tables that fit a terminal: unchanged, with two lines per row, or transposed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from sspd.report.table import ruled_table, say

Rows = Sequence[Sequence[str]]
#: Characters between two columns of a table.
_GAP = 2


def fitting(rows: Rows, width: int) -> list[Rows]:
    r"""Arrange table rows to fit a terminal, as one table or several below each other.

    Parameters
    ----------
    rows : sequence of sequence of str
        The first row contains the headings; the first cell of each row is its name.
    width : int
        Width of the terminal, characters.

    Returns
    -------
    list of rows
        One table with the same cells; if it is too wide, intervals are moved below their
        numbers; if that is too wide, rows become columns.

    >>> rows = [["method", "MAE", "RMSE"], ["pos", "1.2 [1.0, 1.4]", "2.1 [1.9, 2.4]"]]
    >>> fitting(rows, 80) == [rows], fitting(rows, 32)[0][1]
    (True, ['pos', '1.2\n[1.0, 1.4]', '2.1\n[1.9, 2.4]'])
    >>> fitting(rows, 24)
    [[['', 'pos'], ['MAE', '1.2 [1.0, 1.4]'], ['RMSE', '2.1 [1.9, 2.4]']]]
    """
    broken = [[_broken(cell) for cell in row] for row in rows]
    for found in (rows, broken):
        if sum(_widths(found)) + _GAP * (len(rows[0]) - 1) <= width:
            return [found]
    turned = [[rows[0][k] if k else "", *(row[k] for row in rows[1:])] for k in range(len(rows[0]))]
    turned[0][1:] = [row[0] for row in rows[1:]]
    return list(_blocks(turned, width))


def _broken(cell: str) -> str:
    for before, after in ((" [", "\n["), (" (", "\n("), (", ", ",\n")):
        if before in cell:
            head, _, tail = cell.partition(before)
            return f"{head}{after}{tail}"
    return cell


def _widths(rows: Rows) -> list[int]:
    return [
        max(cell_len(line) for cell in column for line in cell.split("\n"))
        for column in zip(*rows, strict=True)
    ]


def _blocks(rows: Rows, width: int) -> Iterator[Rows]:
    """Yield tables with as many columns as fit beside the names."""
    names, *wide = _widths(rows)
    at = 0
    while at < len(wide):
        room, n = width - names, 0
        while at + n < len(wide) and (n == 0 or room >= wide[at + n] + _GAP):
            room -= wide[at + n] + _GAP
            n += 1
        yield [[row[0], *row[1 + at : 1 + at + n]] for row in rows]
        at += n


def print_markdown(text: str, console: Console) -> None:
    """Print Markdown with its tables fitted to the terminal; other lines are unchanged.

    Parameters
    ----------
    text : str
    console : rich.console.Console
    """
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not all(cell and set(cell) <= set("-:") for cell in cells):
                rows.append(cells)
            continue
        for part in fitting(rows, console.width) if rows else ():
            console.print(_table(part, plain=console.options.ascii_only))
        rows = []
        if line:
            say(line, console)


def _table(rows: Rows, *, plain: bool) -> Table:
    table = ruled_table(plain=plain)
    for k, head in enumerate(rows[0]):
        table.add_column(head, justify="right" if k else "left", overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    return table
