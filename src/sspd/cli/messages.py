"""Messages of a command on standard error, and the exit code that follows from them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sspd.types import Vitals


def show(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print lines with control characters removed, because names in them come from outside.

    Parameters
    ----------
    text : str
    err : bool
        Print to standard error.
    end : str
        Printed after the last line.

    >>> show("weights: a" + chr(27) + "]0;title" + chr(7) + ".onnx")
    weights: a?]0;title?.onnx
    """
    from sspd.report.labels import legible_lines

    print(legible_lines(text), end=end, file=sys.stderr if err else sys.stdout)


def _to_standard_error(line: str) -> None:
    show(line, err=True)


@dataclass
class Messages:
    """The failures of a command so far, each printed once, in one line."""

    failed: bool = False
    misused: bool = False
    out: Callable[[str], None] = _to_standard_error
    """Prints a line; a progress bar replaces it while the bar is shown."""

    def note(self, text: str) -> None:
        """Print a message that is not a failure.

        Parameters
        ----------
        text : str
        """
        from sspd.report.labels import legible

        self.out(legible(f"sspd: {' '.join(text.split())}"))

    def fail(self, text: str, misused: bool = False) -> None:
        """Print a failure.

        Parameters
        ----------
        text : str
        misused : bool
            Whether an argument is at fault.
        """
        self.failed = True
        self.misused = self.misused or misused
        self.note(text)

    def code(self, results: Sequence[Vitals]) -> int:
        """Return the exit code of the command.

        Parameters
        ----------
        results : sequence of Vitals

        Returns
        -------
        int
        """
        if self.misused:
            return 2
        if self.failed:
            return 1
        return 0 if all(vitals.accepted for vitals in results) else 3
