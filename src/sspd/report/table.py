"""The results on a terminal: one line a video, and under them why some have no rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import Box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sspd.report.labels import advice, legible
from sspd.report.text import NOTICE, video_name
from sspd.types import Vitals

#: Columns that a name gets before a column of numbers is left out for it.
LEAST_NAME = 16
ELLIPSIS = "…"
#: Between two columns: a space of padding, and the divider of the box.
_GAP = 2
# a rule under the heading and no other line; the second one for consoles without UTF-8
_RULED = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_RULED_ASCII = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


@dataclass(frozen=True)
class _Column:
    """A column of numbers: its heading over one or two lines, and a cell."""

    heading: str
    cell: Callable[[Vitals], str]
    right: bool = True


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _rate(vitals: Vitals) -> str:
    if vitals.error is not None:
        return "failed"
    return "rejected" if vitals.hr_bpm is None else f"{vitals.hr_bpm:.1f} bpm"


def _windows(vitals: Vitals) -> str:
    return f"{sum(window.accepted for window in vitals.windows)}/{len(vitals.windows)}"


def _rmssd(vitals: Vitals) -> str:
    return _number(vitals.hrv["rmssd_ms"].value if "rmssd_ms" in vitals.hrv else None, 0)


def _breaths(vitals: Vitals) -> str:
    return _number(vitals.respiration.breaths_per_minute, 1)


def _length(vitals: Vitals) -> str:
    return "–" if vitals.error else f"{vitals.duration_s:.1f}"


_COLUMNS = (
    _Column("heart\nrate", _rate, right=False),
    _Column("confidence", lambda vitals: _number(vitals.confidence, 2)),
    _Column("SNR\ndB", lambda vitals: _number(vitals.snr_db, 1)),
    _Column("windows", _windows),
    _Column("RMSSD\nms", _rmssd),
    _Column("breaths\n/min", _breaths),
    _Column("video\ns", _length),
)
#: The columns that a narrow terminal loses, the first one first.
_SPARE = (4, 5, 6, 2, 3, 1)


def video_names(results: Sequence[Vitals]) -> list[str]:
    """Name each result, with as much of its folders as tells it from the others.

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
    """Leave out the middle of a name that is wider than ``width`` columns of a terminal.

    Parameters
    ----------
    name : str
    width : int
        Columns; letters of East Asia take two.

    >>> shorten("a_very_long_name_of_a_video.mp4", 15)
    'a_very_…deo.mp4'
    """
    if cell_len(name) <= width:
        return name
    return _around(name, (width - 1) // 2, width)


def _around(name: str, left: int, width: int) -> str:
    """The first ``left`` columns, an ellipsis, and as many of the last as have room."""
    right = max(0, width - 1 - left)
    end = set_cell_size(name[::-1], right).rstrip()[::-1] if right else ""
    return f"{set_cell_size(name, left).rstrip()}{ELLIPSIS}{end}"


def short_names(names: Sequence[str], width: int) -> list[str]:
    """Shorten names so that two different ones stay different.

    Parameters
    ----------
    names : sequence of str
    width : int
        Columns that each may take.

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
    """Names that differ in their middle alone: show that, or else number them."""
    together = enumerate(zip(*names, strict=False))  # as far as the shortest goes
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
    """``lead`` letters, and what follows from a letter before the ``first`` that differs."""
    return name if first <= lead + 1 else name[:lead] + ELLIPSIS + name[first - 1 :]


def _cut(name: str, width: int) -> str:
    return set_cell_size(name, max(1, width - 1)).rstrip() + ELLIPSIS


def ruled_table(*, plain: bool) -> Table:
    """Make an empty table with a rule under its heads and no other line.

    Parameters
    ----------
    plain : bool
        Whether the console can show ASCII alone.

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
    """Make a table with a line for each result.

    Columns of numbers that do not fit are left out, names that do not fit are shortened.

    Parameters
    ----------
    results : sequence of Vitals
    width : int
        Columns of the terminal.
    plain : bool
        Whether it can show ASCII alone.

    >>> results_table([Vitals("a.mp4", "sspd", None, 9.0, 30.0, ())], 80).row_count
    1
    """
    names = video_names(results)
    cells = [[column.cell(vitals) for vitals in results] for column in _COLUMNS]
    wide = [
        max(map(cell_len, (*column.heading.split("\n"), *texts)))
        for column, texts in zip(_COLUMNS, cells, strict=True)
    ]
    longest = max(map(cell_len, ("video", *names)))
    kept = list(range(len(_COLUMNS)))

    def room() -> int:
        return width - sum(wide[k] + _GAP for k in kept)

    for spare in _SPARE:
        if room() >= min(longest, LEAST_NAME):
            break
        kept.remove(spare)
    table = ruled_table(plain=plain)
    table.add_column("video", no_wrap=True, vertical="bottom")
    for k in kept:
        column = _COLUMNS[k]
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
    """Say for each rejected result why it has no rate, and what helps.

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
    """Print the table, the advice for what was rejected, and the notice.

    Parameters
    ----------
    results : sequence of Vitals
    console : rich.console.Console
        A terminal; elsewhere lines are not wrapped.
    """
    console.print(results_table(results, console.width, plain=console.options.ascii_only))
    for line in (*advice_lines(results), NOTICE):
        say(line, console)


def say(line: str, console: Console) -> None:
    """Print a line as it is; a terminal breaks it between words.

    Parameters
    ----------
    line : str
    console : rich.console.Console
    """
    console.print(line, markup=False, highlight=False, soft_wrap=not console.is_terminal)
