"""``sspd datasets``: list the datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sspd.research.datasets.card import Dataset


def datasets(
    name: Annotated[
        str | None, typer.Argument(help="Show this dataset: its folders, splits and known defects.")
    ] = None,
) -> None:
    """List the datasets that sspd can read, each with its licence and citation."""
    from sspd.cli.messages import show
    from sspd.errors import DependencyError
    from sspd.research.datasets.table import dataset_names, get_dataset

    if name is not None:
        typer.echo("\n".join(_card(get_dataset(name))))
        return
    wide, broken = max(map(len, dataset_names())), False
    for one in dataset_names():
        try:
            dataset = get_dataset(one)
        except DependencyError as error:  # of another package: the rest goes on
            show(f"sspd: {error}", err=True)
            broken = True
            continue
        reads = "; ".join(line.strip() for line in dataset.tree.strip().splitlines())
        typer.echo(f"{one:{wide}} {dataset.title}")
        for label, text in (
            ("reads", reads),
            ("licence", dataset.licence),
            ("cite", dataset.citation),
        ):
            typer.echo(f"{'':{wide}} {label:8} {text}")
    if broken:
        raise typer.Exit(1)


def _card(dataset: Dataset) -> list[str]:
    from sspd.research.evaluate import PROTOCOLS

    lines = [dataset.title, f"cite     {dataset.citation}", f"licence  {dataset.licence}"]
    number = f"{len(dataset.expected)} recordings" if dataset.expected else "not fixed"
    lines += [f"whole    {number}", f"use      sspd check {dataset.name}:FOLDER, where FOLDER has"]
    lines += [f"  {line.strip()}" for line in dataset.tree.strip().splitlines()]
    for protocol in PROTOCOLS.values():
        if protocol.dataset == dataset.name:
            lines.append(f"split    {protocol.name}: {protocol.source}")
    for defect in dataset.defects:
        scored = "not scored" if defect.excluded else "scored all the same"
        lines.append(f"known    {defect.recording}: {defect.why} ({defect.source}); {scored}")
    return lines
