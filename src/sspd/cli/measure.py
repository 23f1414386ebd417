"""``sspd measure``: films in, heart rates out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.errors import OutputError, SSPDError, UsageError

if TYPE_CHECKING:
    from sspd.containers import Box, Vitals


def measure(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SOURCE...", help="Films, or folders (all films inside)."),
    ],
    json: Annotated[
        Path | None, typer.Option("--json", metavar="F.json", help="Write all results.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="F.csv", help="Write a row a film.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", metavar="F.png", help="Draw the result; several films: F-FILM.png each."
        ),
    ] = None,
    signal: Annotated[
        Path | None,
        typer.Option(
            "--signal",
            metavar="F.csv",
            help="Write time, rPPG and beats; several films: F-FILM.csv each.",
        ),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="sspd, pos or green (see `sspd methods`).")
    ] = "sspd",
    weights: Annotated[
        Path | None,
        typer.Option("--weights", metavar="F", help="Another network: .safetensors or .onnx."),
    ] = None,
    window: Annotated[
        float, typer.Option("--window", metavar="S", help="Seconds a rate is read from.")
    ] = 30.0,
    step: Annotated[
        float | None,
        typer.Option("--step", metavar="S", help="Seconds between windows.  [default: window]"),
    ] = None,
    start: Annotated[
        float, typer.Option("--start", metavar="S", min=0.0, help="Begin here, seconds.")
    ] = 0.0,
    end: Annotated[
        float | None, typer.Option("--end", metavar="S", help="Stop here, seconds.")
    ] = None,
    box: Annotated[
        str | None,
        typer.Option("--box", metavar="L,T,R,B", help="Where the face is; no search."),
    ] = None,
    precision: Annotated[
        str, typer.Option("--precision", help="Arithmetic of the network: f32, bf16 or auto.")
    ] = "f32",
) -> None:
    """Measure heart rate, variability and breathing in face films.

    Prints a table. Exit code 0: all measured; 3: at least one film has no reliable
    pulse (the reasons are given); 1: a film or an output failed; 2: wrong usage.
    """
    from sspd.cli.sources import expand
    from sspd.methods.base import get_method
    from sspd.pipeline import measure as measure_film
    from sspd.vitals import cut_windows

    cut_windows(start, start, window, step)
    if end is not None and end <= start:
        raise UsageError(f"--end must lie after --start, got {end:g} and {start:g}")
    face_box = _parse_box(box)
    job = _Job()
    outputs = {"json": json, "csv": csv, "plot": plot, "signal": signal}
    usable = {name: path for name, path in outputs.items() if path and job.writable(path)}
    ready = get_method(method, weights=weights, precision=precision)

    def one(film: Path) -> Vitals:
        return measure_film(
            film,
            method=ready,
            window_s=window,
            step_s=step,
            start_s=start,
            end_s=end,
            box=face_box,
        )

    results = job.run(list(expand(sources)), one, ready.name, ready.weights)
    job.write(results, usable)
    _print_table(results)
    raise typer.Exit(job.code(results))


def _parse_box(text: str | None) -> Box | None:
    from sspd.containers import Box

    if text is None:
        return None
    try:
        left, top, right, bottom = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--box takes four whole numbers L,T,R,B, got {text!r}") from error
    if not (0 <= left < right and 0 <= top < bottom):
        raise UsageError(f"--box needs 0 <= L < R and 0 <= T < B, got {text!r}")
    return Box(left, top, right, bottom)


@dataclass
class _Job:
    """What went wrong so far, said once each on standard error."""

    failed: bool = False
    misused: bool = False
    _console: Callable[[str], None] = field(
        default=lambda line: print(line, file=sys.stderr), repr=False
    )

    def say(self, error: Exception | str, about: str = "") -> str:
        """Report one failure in one line, and return it."""
        known = isinstance(error, SSPDError | str)
        text = str(error) if known else f"{about}unexpected {type(error).__name__}: {error}"
        line = " ".join(text.split())
        self.misused = self.misused or isinstance(error, UsageError)
        self.failed = True
        self._console(f"sspd: {line}")
        return line

    def writable(self, path: Path) -> bool:
        from sspd.report.files import check_output

        try:
            check_output(path)
        except OutputError as error:
            self.say(error)
            return False
        return True

    def run(
        self,
        films: list[tuple[Path, str | None]],
        one: Callable[[Path], Vitals],
        method: str,
        weights: str | None,
    ) -> list[Vitals]:
        """Measure film after film; one that fails becomes a result with ``error``."""
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

        from sspd.containers import Vitals

        results: list[Vitals] = []
        console = Console(stderr=True)
        columns = (SpinnerColumn(), *Progress.get_default_columns(), TimeElapsedColumn())
        quiet = not sys.stderr.isatty()
        with Progress(*columns, console=console, disable=quiet, transient=True) as bar:
            if not quiet:
                self._console = lambda line: bar.console.print(line, markup=False, highlight=False)
            task = bar.add_task("", total=len(films))
            for film, problem in films:
                bar.update(task, description=film.name)
                try:
                    if problem is not None:
                        raise SSPDError(problem)
                    vitals = one(film)
                    for warning in vitals.warnings:
                        self._console(f"sspd: {film.name}: warning: {warning}")
                except Exception as error:  # the other films are still to be measured
                    line = self.say(error, f"{film.name}: ")
                    vitals = Vitals(str(film), method, weights, 0.0, None, (), error=line)
                results.append(vitals)
                bar.advance(task)
        return results

    def write(self, results: Sequence[Vitals], outputs: dict[str, Path]) -> None:
        """Write what was asked for; one output that fails leaves the others."""
        from sspd.cli.sources import numbered
        from sspd.report.csv import write_csv, write_signal_csv
        from sspd.report.json import write_json

        whole = {"json": write_json, "csv": write_csv}
        for name, path in outputs.items():
            try:
                if name in whole:
                    whole[name](results, path)
                    continue
                names = numbered(path, [Path(vitals.source) for vitals in results])
                for vitals, target in zip(results, names, strict=True):
                    if vitals.error is None and name == "plot":
                        from sspd.report.plots import plot_vitals

                        plot_vitals(vitals, target)
                    elif vitals.error is None:
                        write_signal_csv(vitals, target)
            except SSPDError as error:
                self.say(error)

    def code(self, results: Sequence[Vitals]) -> int:
        """The exit code of the whole."""
        if self.misused:
            return 2
        if self.failed:
            return 1
        return 0 if all(vitals.accepted for vitals in results) else 3


def _print_table(results: Sequence[Vitals]) -> None:
    from rich.console import Console

    from sspd.report.text import results_table

    # In a pipe there is no width to obey; a table cut at 80 would lose names.
    width = None if sys.stdout.isatty() else 140
    Console(width=width).print(results_table(results))
