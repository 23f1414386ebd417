"""Consoles for results, and the message and exit code after an interrupt."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

#: Exit code of a command that Ctrl-C interrupted, as in shells.
INTERRUPTED = 130
#: Width of a table that is written to a file or another program, characters.
PIPE_COLUMNS = 140


def results_console(*, stderr: bool = False) -> Console:
    """Return a console for standard output: as wide as its terminal or ``COLUMNS``, else 140.

    Parameters
    ----------
    stderr : bool
        Use standard error, because standard output has other results.

    Returns
    -------
    rich.console.Console

    >>> results_console().width > 0
    True
    """
    from rich.console import Console

    stated = os.environ.get("COLUMNS", "").isdigit()
    stream = sys.stderr if stderr else sys.stdout
    width = None if stated or stream.isatty() else PIPE_COLUMNS
    return Console(width=width, stderr=stderr)


def print_table(markdown: str) -> None:
    """Print tables that fit the terminal; a file or another program gets the Markdown itself.

    Parameters
    ----------
    markdown : str
    """
    if not sys.stdout.isatty():
        print(markdown, end="")
        return
    from sspd.report.grid import print_markdown

    print_markdown(markdown, results_console())


@contextmanager
def interruptible(kept: str) -> Iterator[None]:
    """Print what is kept on Ctrl-C and how to continue, and exit with that code.

    Parameters
    ----------
    kept : str
        One clause, printed after "interrupted; ".

    Yields
    ------
    None
    """
    try:
        yield
    except KeyboardInterrupt:
        print(f"\nsspd: interrupted; {kept}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
