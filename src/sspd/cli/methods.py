"""``sspd methods``: list the methods."""

from __future__ import annotations

import typer


def methods() -> None:
    """List the methods, each with its requirements and its citation."""
    from sspd.cli.messages import show
    from sspd.errors import DependencyError
    from sspd.methods.registry import citation, method_names, needs

    broken = False
    width = max(map(len, method_names()))
    for name in method_names():
        try:
            typer.echo(f"{name:{width}} needs {needs(name)}")
            typer.echo(f"{'':{width}} cite  {citation(name)}")
        except DependencyError as error:  # of another package: the rest goes on
            show(f"sspd: {error}", err=True)
            broken = True
    if broken:
        raise typer.Exit(1)
