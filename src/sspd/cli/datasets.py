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
    from sspd.research.datasets.table import DATASETS, get_dataset

    if name is not None:
        typer.echo("\n".join(_card(get_dataset(name))))
        return
    wide = max(map(len, DATASETS))
    for one in DATASETS:
        dataset = get_dataset(one)
        reads = "; ".join(line.strip() for line in dataset.tree.strip().splitlines())
        typer.echo(f"{one:{wide}} {dataset.title}")
        for label, text in (
            ("reads", reads),
            ("licence", dataset.licence),
            ("cite", dataset.citation),
        ):
            typer.echo(f"{'':{wide}} {label:8} {text}")


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
