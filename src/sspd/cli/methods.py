"""``sspd methods``: list the methods."""

from __future__ import annotations

import typer


def methods() -> None:
    """List the methods, each with its requirements and its citation."""
    from sspd.methods.registry import citation, method_names, needs

    width = max(map(len, method_names()))
    for name in method_names():
        typer.echo(f"{name:{width}} needs {needs(name)}")
        typer.echo(f"{'':{width}} cite  {citation(name)}")
