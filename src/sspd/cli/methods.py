"""``sspd methods``: what there is."""

from __future__ import annotations

import typer


def methods() -> None:
    """List the methods, each with what it needs and where it was published."""
    from sspd.methods.base import citation, method_names, needs

    for name in method_names():
        typer.echo(f"{name:8} needs {needs(name)}")
        typer.echo(f"{'':8} cite  {citation(name)}")
