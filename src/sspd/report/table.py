"""Results on a terminal: a table with one line per video, and advice for rejected ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import Box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sspd.report.columns import TABLE_COLUMNS
from sspd.report.labels import advice, legible
from sspd.report.text import NOTICE, video_name
from sspd.types import Vitals

#: Least width of the name, characters; columns of numbers are left out to keep it.
LEAST_NAME = 16
#: Mark for omitted letters.
ELLIPSIS = "…"
#: Characters between two columns: a space of padding, and the divider of the box.
_GAP = 2
# A rule under the heading and no other line; the second box is for consoles without UTF-8.
_RULED = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_RULED_ASCII = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


#: Columns that are left out on a narrow terminal, in this order.
_SPARE = (4, 5, 6, 2, 3, 1)


def video_names(results: Sequence[Vitals]) -> list[str]:
    """Return the names of results, with as many folders as make them different.

    Parameters
    ----------
    results : sequence of Vitals

    Returns
    -------
    list of str

    >>> rows = [Vitals(s, "pos", None, 9.0, 30.0, ()) for s in ("x/a.mp4", "y/a.mp4", "b.mp4")]
    >>> video_names(rows)
    ['x/a.mp4', 'y/a.mp4', 'b.mp4']
    """
    names = [video_name(vitals) for vitals in results]
    paths = [Path(vitals.source).parts[:-1] for vitals in results]
    for level in range(1, max(map(len, paths), default=0) + 1):
        sources: dict[str, set[str]] = {}
        for name, vitals in zip(names, results, strict=True):
            sources.setdefault(name, set()).add(vitals.source)
        for i in range(len(results)):
            if len(sources[names[i]]) > 1 and level <= len(paths[i]):
                names[i] = f"{legible(paths[i][-level].strip('/'))}/{names[i]}"
    return names


def shorten(name: str, width: int) -> str:
    """Leave out the middle of a name that is too wide for a terminal column.

    Parameters
    ----------
    name : str
    width : int
        Characters; East Asian letters are two wide.

    Returns
    -------
    str

    >>> shorten("a_very_long_name_of_a_video.mp4", 15)
    'a_very_…deo.mp4'
    """
    if cell_len(name) <= width:
        return name
    return _around(name, (width - 1) // 2, width)


def _around(name: str, left: int, width: int) -> str:
    """Return the first ``left`` characters, an ellipsis, and as many of the last as fit."""
    right = max(0, width - 1 - left)
    end = set_cell_size(name[::-1], right).rstrip()[::-1] if right else ""
    return f"{set_cell_size(name, left).rstrip()}{ELLIPSIS}{end}"


def short_names(names: Sequence[str], width: int) -> list[str]:
    """Shorten names so that different names stay different.

    Parameters
    ----------
    names : sequence of str
    width : int
        Largest width of each name, characters.

    Returns
    -------
    list of str

    >>> short_names(["recording_of_subject_1_take_two.mp4",
    ...              "recording_of_subject_2_take_two.mp4"], 16)
    ['recor…_1_take_t…', 'recor…_2_take_t…']
    """
    short = [shorten(name, width) for name in names]
    alike: dict[str, list[int]] = {}
    for i, name in enumerate(short):
        alike.setdefault(name, []).append(i)
    for group in alike.values():
        if len({names[i] for i in group}) > 1:
            for i, name in zip(group, _apart([names[i] for i in group], width), strict=True):
                short[i] = name
    return short


def _apart(names: Sequence[str], width: int) -> list[str]:
    """Shorten names that differ only in their middle: show that part, or else number them."""
    together = enumerate(zip(*names, strict=False))  # up to the shortest name
    first = next((k for k, letters in together if len(set(letters)) > 1), 0)
    shown = []
    for name in names:
        head = _start(name, first, width // 3)
        shown.append(head if cell_len(head) <= width else _cut(head, width))
    if len(set(shown)) < len(set(names)):
        order = {name: k for k, name in enumerate(dict.fromkeys(names), 1)}
        tails = [f"~{order[name]}" for name in names]
        shown = [
            shorten(name, max(1, width - len(tail))) + tail
            for name, tail in zip(names, tails, strict=True)
        ]
    return shown


def _start(name: str, first: int, lead: int) -> str:
    """Return ``lead`` letters, and the rest from just before the ``first`` that differs."""
    return name if first <= lead + 1 else name[:lead] + ELLIPSIS + name[first - 1 :]


def _cut(name: str, width: int) -> str:
    return set_cell_size(name, max(1, width - 1)).rstrip() + ELLIPSIS


def ruled_table(*, plain: bool) -> Table:
    """Make an empty table with a rule under its headings and no other lines.

    Parameters
    ----------
    plain : bool
        True for a console that shows ASCII only.

    Returns
    -------
    rich.table.Table

    >>> ruled_table(plain=True).row_count
    0
    """
    return Table(
        box=_RULED_ASCII if plain else _RULED,
        safe_box=False,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )


def results_table(results: Sequence[Vitals], width: int, *, plain: bool = False) -> Table:
    """Make a table with one line per result.

    Columns of numbers that do not fit are left out; names that do not fit are shortened.

    Parameters
    ----------
    results : sequence of Vitals
    width : int
        Width of the terminal, characters.
    plain : bool
        True for a terminal that shows ASCII only.

    Returns
    -------
    rich.table.Table

    >>> results_table([Vitals("a.mp4", "sspd", None, 9.0, 30.0, ())], 80).row_count
    1
    """
    names = video_names(results)
    cells = [[column.cell(vitals) for vitals in results] for column in TABLE_COLUMNS]
    wide = [
        max(map(cell_len, (*column.heading.split("\n"), *texts)))
        for column, texts in zip(TABLE_COLUMNS, cells, strict=True)
    ]
    longest = max(map(cell_len, ("video", *names)))
    kept = list(range(len(TABLE_COLUMNS)))

    def room() -> int:
        return width - sum(wide[k] + _GAP for k in kept)

    for spare in _SPARE:
        if room() >= min(longest, LEAST_NAME):
            break
        kept.remove(spare)
    table = ruled_table(plain=plain)
    table.add_column("video", no_wrap=True, vertical="bottom")
    for k in kept:
        column = TABLE_COLUMNS[k]
        table.add_column(
            column.heading, justify="right" if column.right else "left", no_wrap=True,
            min_width=wide[k],
        )  # fmt: skip
    short = short_names(names, max(5, min(longest, room())))
    for i, vitals in enumerate(results):
        style = "red" if vitals.error else "green" if vitals.accepted else "yellow"
        rate, *others = [Text(cells[k][i]) for k in kept]
        rate.stylize(style)
        table.add_row(Text(short[i]), rate, *others)
    return table


def advice_lines(results: Sequence[Vitals]) -> list[str]:
    """Return a line for each rejected result: why it has no rate, and what helps.

    Parameters
    ----------
    results : sequence of Vitals

    Returns
    -------
    list of str

    >>> short = Vitals("a.mp4", "pos", None, 5.0, None, (), reasons=("too_short",))
    >>> advice_lines([short])
    ['a.mp4: there is less than 8 s to measure. Record a longer video.']
    """
    return [
        f"{name}: {advice(vitals.reasons)}"
        for name, vitals in zip(video_names(results), results, strict=True)
        if vitals.error is None and not vitals.accepted
    ]


def print_results(results: Sequence[Vitals], console: Console) -> None:
    """Print the table of results, the advice for rejected ones, and the notice.

    Parameters
    ----------
    results : sequence of Vitals
    console : rich.console.Console
        Lines are wrapped only if it is a terminal.
    """
    console.print(results_table(results, console.width, plain=console.options.ascii_only))
    for line in (*advice_lines(results), NOTICE):
        say(line, console)


def say(line: str, console: Console) -> None:
    """Print a line without markup; a terminal wraps it between words.

    Parameters
    ----------
    line : str
    console : rich.console.Console
    """
    console.print(line, markup=False, highlight=False, soft_wrap=not console.is_terminal)
