"""``sspd evaluate``: scores of methods on a dataset, in tables that say how they were made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sspd.errors import UsageError

if TYPE_CHECKING:
    from sspd.methods import Method


def evaluate(
    data: Annotated[str, typer.Argument(help="NAME:PATH of a dataset; sspd datasets lists them.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables, windows, waveforms.")],
    method: Annotated[
        list[str] | None, typer.Option("--method", help="Methods, with commas or repeated.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", help="Another network for sspd.")
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", help="Whose test subjects are scored; without: all subjects."),
    ] = None,
    scoring: Annotated[
        str,
        typer.Option(
            "--scoring",
            help="spectral, measure (only what is believed), sspd (the paper), released,"
            " rppg-toolbox or contrast-phys.",
        ),
    ] = "spectral",
    keep_defects: Annotated[
        bool, typer.Option("--keep-defects", help="Score recordings that are known to be bad too.")
    ] = False,
    precision: Annotated[
        str, typer.Option("--precision", help="Of the network: f32, auto or bf16.")
    ] = "f32",
) -> None:
    """Score methods on a dataset. The same command again measures nothing anew."""
    from sspd.datasets.table import open_dataset
    from sspd.evaluate import evaluate as run
    from sspd.evaluate import get_protocol, get_scoring

    names = [name for some in method or ["sspd"] for name in some.split(",") if name]
    if not names or len(set(names)) != len(names):
        raise UsageError("evaluate: --method needs one or more different methods")
    if weights is not None and "sspd" not in names:
        raise UsageError("evaluate: --weights is for the method sspd")
    preset = get_scoring(scoring)
    split = None if protocol is None else get_protocol(protocol)
    methods = [_made(name, weights, precision) for name in names]
    dataset, recordings = open_dataset(data)
    with _Bar() as bar:
        found = run(
            dataset,
            recordings,
            methods,
            preset,
            out,
            protocol=split,
            keep_defects=keep_defects,
            progress=bar.told,
        )
    typer.echo((out / "table.md").read_text(encoding="utf-8"), nl=False)
    typer.echo(f"scoring: {preset.source}; windows, subjects and how it was made: {out}")
    for line in found.failures:
        typer.echo(f"sspd: {line}", err=True)
    if found.failures:
        raise typer.Exit(1)


def _made(name: str, weights: Path | None, precision: str) -> Method:
    from sspd.evaluate.run import labelled
    from sspd.methods import get_method
    from sspd.runtime.network import shipped_weights

    if name != "sspd":
        return get_method(name)
    made = get_method(name, weights=weights, precision=precision)
    return labelled(made, weights or shipped_weights(".onnx"), precision)


class _Bar:
    """Progress on a terminal, nothing in a pipe."""

    def __enter__(self) -> _Bar:
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self.bar = Progress(console=console, disable=not sys.stderr.isatty(), transient=True)
        self.bar.start()
        self.task = self.bar.add_task("Measuring", total=None)
        return self

    def told(self, done: int, total: int) -> None:
        """So many of so many are done."""
        self.bar.update(self.task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        self.bar.stop()
