"""Usage errors of Typer itself (unknown options, too many arguments), as legible messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup


class LegibleCommands(TyperGroup):
    """Commands whose usage errors contain no control characters.

    A shell expands ``*`` to names of files, and one of these may look like an option.
    """

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Make the context, as in any group.

        Parameters
        ----------
        *args, **options
            As in any group.

        Returns
        -------
        click.Context
        """
        with _legible_refusals():
            return super().make_context(*args, **options)

    def invoke(self, *args: Any) -> Any:
        """Run the command, as in any group; commands read their arguments in here.

        Parameters
        ----------
        *args
            As in any group.

        Returns
        -------
        object
            As in any group.
        """
        with _legible_refusals():
            return super().invoke(*args)


@contextmanager
def _legible_refusals() -> Iterator[None]:
    from sspd.report.labels import legible

    try:
        yield
    except Exception as error:
        if hasattr(error, "format_message"):  # Typer's own, which it prints
            vars(error)["message"] = legible(str(vars(error).get("message", "")))
        raise
