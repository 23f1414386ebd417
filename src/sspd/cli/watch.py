"""Many films on a terminal: what failed in a line each, and how long it will still take."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from sspd.cli.sources import Found
from sspd.cli.told import Told
from sspd.containers import Vitals
from sspd.report.words import legible

if TYPE_CHECKING:
    from sspd.many import Measured

#: The time left is reckoned from the films of this long a while, seconds.
SPEED_OVER_S = 3600.0


def watch(
    run: Generator[Measured, None, None],
    found: Sequence[Found],
    method: str,
    told: Told,
    *,
    waveforms: bool,
) -> tuple[list[Vitals], bool]:
    """Take results as they come and tell of them.

    Parameters
    ----------
    run : generator of Measured
        Of the sources without a problem.
    found : sequence of (path, problem)
        All sources, as `sspd.cli.sources.expand` gave them.
    method : str
        Its name, for the sources that cannot be measured.
    told : Told
    waveforms : bool
        Whether the results keep them: thousands are large, and their own files are
        written already.

    Returns
    -------
    results : list of Vitals
        In the order of the sources, the faces of each beside each other.
    broken_off : bool
        Whether Ctrl-C came before the end.
    """
    results: dict[int, list[Vitals]] = {}
    for place, (path, problem) in enumerate(found):
        if problem is not None:
            told.fail(problem)
            results[place] = [Vitals(str(path), method, None, 0.0, None, (), error=problem)]
    films = [place for place in range(len(found)) if place not in results]
    broken_off = False
    with closing(run), _bar([found[place][0] for place in films], told) as bar:
        try:
            for done in run:
                _tell(done, told)
                faces = list(done.faces)
                if not waveforms:
                    faces = [replace(vitals, signal=None, beats_s=None) for vitals in faces]
                results[films[done.index]] = faces
                bar.add(done)
        except KeyboardInterrupt:
            broken_off = True
    return [vitals for place in sorted(results) for vitals in results[place]], broken_off


def _tell(done: Measured, told: Told) -> None:
    if done.vitals.error is not None:
        told.fail(done.vitals.error, done.misused)
    for line in done.failures:
        told.fail(line)
    for line in () if done.resumed else done.vitals.warnings:
        told.note(f"{Path(done.vitals.source).name}: warning: {line}")


class FilmBar:
    """A bar over films that grows with their size on the disk: long ones take longer.

    Parameters
    ----------
    films : sequence of Path
    progress : Progress
    """

    def __init__(self, films: Sequence[Path], progress: Progress) -> None:
        self._sizes = [max(1, film.stat().st_size) if film.exists() else 1 for film in films]
        self._progress = progress
        self._films = self._bytes = 0
        name = escape(legible(films[0].name)) if len(films) == 1 else "films"
        self._task = progress.add_task(name, total=sum(self._sizes), films=self._count())

    def _count(self) -> str:
        return f"{self._films}/{len(self._sizes)}"

    def add(self, done: Measured) -> None:
        """Count a film; one of a run before says nothing about the speed of this."""
        self._films += 1
        self._bytes += self._sizes[done.index]
        move = self._progress.reset if done.resumed else self._progress.update
        move(self._task, completed=self._bytes, films=self._count())


@contextmanager
def _bar(films: Sequence[Path], told: Told) -> Iterator[FilmBar]:
    console = Console(stderr=True)
    quiet = not sys.stderr.isatty()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description} {task.fields[films]}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=console,
        disable=quiet,
        transient=True,
        speed_estimate_period=SPEED_OVER_S,
    ) as progress:
        before = told.out
        if not quiet:
            told.out = lambda line: console.print(line, markup=False, highlight=False)
        try:
            yield FilmBar(films, progress)
        finally:
            told.out = before
