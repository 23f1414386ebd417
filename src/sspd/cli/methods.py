"""``sspd methods``: what there is."""

from __future__ import annotations

import typer


def methods() -> None:
    """List the methods, each with where it was published."""
    from sspd.methods.base import citation, method_names

    for name in method_names():
        typer.echo(f"{name:8} {citation(name)}")
