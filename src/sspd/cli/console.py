"""Where commands print their results."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a table that goes to a file or another program.
PIPE_COLUMNS = 140


def results_console() -> Console:
    """Standard output: as wide as its terminal, or as ``COLUMNS`` says, else 140 columns.

    >>> results_console().width > 0
    True
    """
    from rich.console import Console

    stated = os.environ.get("COLUMNS", "").isdigit()
    return Console(width=None if stated or sys.stdout.isatty() else PIPE_COLUMNS)
