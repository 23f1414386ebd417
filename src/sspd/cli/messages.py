"""What a command tells on standard error, and what that makes of its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sspd.types import Vitals


def show(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print lines; names in them come from outside, and a terminal must obey none.

    Parameters
    ----------
    text : str
    err : bool
        To standard error.
    end : str
        After the last line.

    >>> show("weights: a" + chr(27) + "]0;title" + chr(7) + ".onnx")
    weights: a?]0;title?.onnx
    """
    from sspd.report.labels import legible_lines

    print(legible_lines(text), end=end, file=sys.stderr if err else sys.stdout)


def _to_standard_error(line: str) -> None:
    show(line, err=True)


@dataclass
class Told:
    """What went wrong so far, said once each, in one line."""

    failed: bool = False
    misused: bool = False
    out: Callable[[str], None] = _to_standard_error
    """Takes a line; a progress bar puts its own here while it stands."""

    def note(self, text: str) -> None:
        """Tell what is no failure."""
        from sspd.report.labels import legible

        self.out(legible(f"sspd: {' '.join(text.split())}"))

    def fail(self, text: str, misused: bool = False) -> None:
        """Tell a failure; ``misused``: an argument is at fault."""
        self.failed = True
        self.misused = self.misused or misused
        self.note(text)

    def code(self, results: Sequence[Vitals]) -> int:
        """The exit code of the whole."""
        if self.misused:
            return 2
        if self.failed:
            return 1
        return 0 if all(vitals.accepted for vitals in results) else 3
