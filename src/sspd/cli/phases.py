"""A progress bar and notices for a public call that tells both by callables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from sspd.cli.messages import Messages as Messages
from sspd.utils.progress import Meter


class Phases:
    """Progress of one call of the library, on one bar.

    Parameters
    ----------
    stack : ExitStack
        Ends the bar.
    units : mapping
        First words of a phase -> what it counts.
    """

    def __init__(self, stack: ExitStack, units: Mapping[str, str]) -> None:
        self._stack, self._units = stack, units
        self._meter: Meter | None = None
        self._phase = ""
        self._messages = Messages()

    def progress(self, what: str, done: float, total: float) -> None:
        """Show the progress of a phase; the bar appears with the first call.

        Parameters
        ----------
        what : str
            The phase, and after a comma what it is at.
        done, total : float
            How many are done, and how many there are; 0: not known.
        """
        phase = what.split(",")[0]
        unit = next((unit for name, unit in self._units.items() if phase.startswith(name)), "")
        if self._meter is None:
            self._meter = self._stack.enter_context(Meter(what, total or None, unit))
            self._messages.out = self._meter.line
        elif phase != self._phase:
            self._meter.phase(what, total or None, unit)
        self._phase = phase
        self._meter.update(done, total or None, what)

    def notice(self, line: str) -> None:
        """Print a line on standard error, beside the bar.

        Parameters
        ----------
        line : str
        """
        self._messages.note(line)


@contextmanager
def phases(**units: str) -> Iterator[Phases]:
    """Show the progress of one call of the library.

    Parameters
    ----------
    **units : str
        First word of a phase -> what it counts, in the plural.

    Yields
    ------
    Phases

    >>> with phases(Training="steps") as shown:
    ...     shown.progress("Training", 1, 2)
    """
    with ExitStack() as stack:
        yield Phases(stack, units)
