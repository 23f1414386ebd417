"""``sspd methods``: what there is."""

from __future__ import annotations

import typer


def methods() -> None:
    """List the methods, each with what it needs and where it was published."""
    from sspd.methods.registry import citation, method_names, needs

    width = max(map(len, method_names()))
    for name in method_names():
        typer.echo(f"{name:{width}} needs {needs(name)}")
        typer.echo(f"{'':{width}} cite  {citation(name)}")
