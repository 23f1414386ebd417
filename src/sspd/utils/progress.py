"""Progress of a command: a bar on a terminal, a line every half minute elsewhere.

All of it is written to standard error; standard output is for results.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Self, TextIO, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

Item = TypeVar("Item")
#: Progress callback: called with the number of finished items and the total number.
Counted = Callable[[int, int], None]
#: Progress callback: called with the phase, the finished items and the total (0 if unknown).
OnProgress = Callable[[str, int, int], None]
#: Time between two lines when the output is not a terminal, seconds.
EVERY_S = 30.0
#: The remaining time is estimated from the speed over this time, seconds.
SPEED_OVER_S = 3600.0


def clock_words(seconds: float) -> str:
    """Format a duration as minutes and seconds, with hours if needed.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str

    >>> clock_words(75.2), clock_words(3675)
    ('1:15', '1:01:15')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Meter:
    r"""Display of a command's progress; a context manager.

    Parameters
    ----------
    what : str
        Name of the first phase.
    total : float or None
        Number of its steps. If it is unknown (None), no count and no remaining time are shown.
    unit : str
        Name of the steps, in the plural; empty shows percent.
    stream : text file or None
        None means standard error.
    clock : callable
        Returns seconds from any origin.
    visible : bool
        False shows nothing.

    >>> import io
    >>> now, shown = [0.0], io.StringIO()
    >>> with Meter("Reading", 40, "videos", stream=shown, clock=lambda: now[0]) as meter:
    ...     now[0] = 31.0
    ...     meter.update(10)
    >>> shown.getvalue()
    'sspd: Reading: 10/40 videos, 0:31 so far, about 1:33 left\n'
    """

    def __init__(
        self,
        what: str,
        total: float | None = None,
        unit: str = "",
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        visible: bool = True,
    ) -> None:
        self._what, self._total, self._unit, self._done = what, total, unit, 0.0
        self._count: str | None = None
        self._stream = sys.stderr if stream is None else stream
        self._clock, self._visible = clock, visible
        self._began = self._said = clock()
        self._from = (0.0, self._began)
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        if self._visible and self._stream.isatty():
            self._bar = _bar(self._stream)
            self._task = self._bar.add_task(self._what, total=self._total, count=self._counted())
            self._bar.start()
        elif self._visible:
            threading.Thread(target=self._tick_on, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._bar is not None:
            self._bar.stop()
        self._visible = False

    @property
    def done(self) -> float:
        """Number of finished steps of this phase."""
        return self._done

    @property
    def is_bar(self) -> bool:
        """True if a bar is shown on a terminal."""
        return self._bar is not None

    def phase(self, what: str, total: float | None = None, unit: str = "") -> None:
        """Begin another phase, with its own estimate of the remaining time.

        Parameters
        ----------
        what : str
            Name of the phase.
        total : float or None
            Number of its steps; None if unknown.
        unit : str
            Name of the steps, in the plural; empty shows percent.
        """
        with self._lock:
            self._what, self._total, self._unit, self._count = what, total, unit, None
            self._done, self._from = 0.0, (0.0, self._clock())
            if self._bar is not None:
                self._bar.reset(self._task, total=total, description=what, count=self._counted())
                self._bar.tasks[0].total = total  # `reset` ignores None
            self.tick()

    def update(
        self, done: float, total: float | None = None, what: str | None = None,
        count: str | None = None,
    ) -> None:  # fmt: skip
        """Set the number of finished steps, and the other values if they are given.

        Parameters
        ----------
        done : float
            Finished steps of this phase.
        total : float or None
            Number of its steps; None leaves it unchanged.
        what, count : str or None
            Name of the phase, and text of the count; None leaves it unchanged.
        """
        with self._lock:
            self._done = done
            self._total = self._total if total is None else total
            is_new = what not in (None, self._what)
            self._what = self._what if what is None else what
            self._count = self._count if count is None else count
            if self._bar is not None:
                self._bar.update(
                    self._task, completed=done, total=self._total, description=self._what,
                    count=self._counted(), refresh=is_new,  # a phase may be over before the next
                )  # fmt: skip
            self.tick()

    def skip(self, done: float, count: str | None = None) -> None:
        """Set the number of steps that an earlier run finished, which do not count for the speed.

        Parameters
        ----------
        done : float
            Finished steps of this phase.
        count : str or None
            Text of the count; None leaves it unchanged.
        """
        with self._lock:
            self._done, self._from = done, (done, self._clock())
            self._count = self._count if count is None else count
            if self._bar is not None:
                self._bar.reset(self._task, completed=int(done), count=self._counted())

    def report(self, what: str, done: float, total: float | None) -> None:
        """Set the progress of a phase, and begin it if it is another one.

        Parameters
        ----------
        what : str
            Name of the phase.
        done : float
            Finished steps.
        total : float or None
            Number of steps; None if unknown.
        """
        if what.split(",")[0] != self._what.split(",")[0]:
            self.phase(what, total or None, self._unit or "done")
        self.update(done, total or None, what)

    def track(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield items, and count each one as finished afterwards.

        Parameters
        ----------
        items : iterable

        Yields
        ------
        item
        """
        for n, item in enumerate(items, 1):
            yield item
            self.update(n)

    def line(self, text: str) -> None:
        """Print a line on standard error, above the bar.

        Parameters
        ----------
        text : str
        """
        if self._bar is None:
            print(text, file=self._stream)
            return
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a line with the program's name on standard error, above the bar.

        Parameters
        ----------
        text : str
        """
        self.line(f"sspd: {text}")

    def tick(self) -> None:
        """Print a line if the output is not a terminal and the last line is half a minute old."""
        with self._lock:
            now = self._clock()
            if self._bar is None and self._visible and now - self._said >= EVERY_S:
                self._said = now
                self.note(self.words())

    def words(self) -> str:
        """Return the progress as one line of text.

        Returns
        -------
        str
        """
        now, count = self._clock(), self._counted()
        parts = [f"{self._what}: {count}" if count else self._what]
        parts.append(f"{clock_words(now - self._began)} so far")
        start, since = self._from
        if self._total and self._done > start and now > since:
            left_s = (self._total - self._done) * (now - since) / (self._done - start)
            parts.append(f"about {clock_words(max(0.0, left_s))} left")
        return ", ".join(parts)

    def _counted(self) -> str:
        if self._count is not None:
            return self._count
        if not self._total:
            return ""
        if not self._unit:
            return f"{100 * self._done / self._total:.0f} %"
        return f"{self._done:g}/{self._total:g} {self._unit}"

    def _tick_on(self) -> None:
        while not self._ended.wait(max(1.0, EVERY_S)):
            self.tick()


def _bar(stream: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        SpinnerColumn("line" if _is_plain(stream) else "dots"),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
        console=Console(file=stream),
        transient=True,
        speed_estimate_period=SPEED_OVER_S,
    )


def _is_plain(stream: TextIO) -> bool:
    return not (stream.encoding or "utf-8").lower().replace("-", "").startswith("utf")
