"""Where commands print their results, and what they say when they are interrupted."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

#: Exit code after Ctrl-C, as shells have it.
INTERRUPTED = 130
#: Columns of a table that goes to a file or another program.
PIPE_COLUMNS = 140


def results_console(*, stderr: bool = False) -> Console:
    """Standard output: as wide as its terminal, or as ``COLUMNS`` says, else 140 columns.

    Parameters
    ----------
    stderr : bool
        Standard error instead, where standard output takes something else.

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
    """Say on Ctrl-C what is kept and how to go on, and end with that exit code.

    Parameters
    ----------
    kept : str
        One clause, after "interrupted; ".
    """
    try:
        yield
    except KeyboardInterrupt:
        print(f"\nsspd: interrupted; {kept}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
