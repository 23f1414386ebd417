"""How far a command is: one bar on a terminal, a line each half minute elsewhere.

All of it goes to standard error; standard output is for results.
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
#: Is told how many are done, and how many there are.
Counted = Callable[[int, int], None]
#: Is told what is done, how many of it, and how many there are (0: nobody knows).
Told = Callable[[str, int, int], None]
#: Off a terminal a line stands for so long, seconds.
EVERY_S = 30.0
#: The time left is estimated from so much of the time before, seconds.
SPEED_OVER_S = 3600.0


def clock_words(seconds: float) -> str:
    """A length of time as minutes and seconds, or with hours before them.

    >>> clock_words(75.2), clock_words(3675)
    ('1:15', '1:01:15')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Meter:
    r"""What a command is doing, and how much of it is done; a context manager.

    Parameters
    ----------
    what : str
        The first phase.
    total : float or None
        Of its steps; None where nobody knows: then no count is shown, and no time left.
    unit : str
        What is counted, in the plural; empty: a share of the whole, in percent.
    stream : text file, optional
        Standard error by default.
    clock : callable
        Seconds from any beginning.
    visible : bool
        False: nothing is shown at all.

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
        """How much of this phase is done."""
        return self._done

    @property
    def is_bar(self) -> bool:
        """Whether a bar stands on a terminal now."""
        return self._bar is not None

    def phase(self, what: str, total: float | None = None, unit: str = "") -> None:
        """Begin something else, with a time left of its own."""
        with self._lock:
            self._what, self._total, self._unit, self._count = what, total, unit, None
            self._done, self._from = 0.0, (0.0, self._clock())
            if self._bar is not None:
                self._bar.reset(self._task, total=total, description=what, count=self._counted())
                self._bar.tasks[0].total = total  # `reset` takes None for "as before"
            self.tick()

    def update(
        self, done: float, total: float | None = None, what: str | None = None,
        count: str | None = None,
    ) -> None:  # fmt: skip
        """So much is done; ``total``, ``what`` and ``count`` only where they change."""
        with self._lock:
            self._done = done
            self._total = self._total if total is None else total
            self._what = self._what if what is None else what
            self._count = self._count if count is None else count
            if self._bar is not None:
                self._bar.update(
                    self._task, completed=done, total=self._total, description=self._what,
                    count=self._counted(),
                )  # fmt: skip
            self.tick()

    def skip(self, done: float, count: str | None = None) -> None:
        """So much was done by a run before: it says nothing about the speed of this one."""
        with self._lock:
            self._done, self._from = done, (done, self._clock())
            self._count = self._count if count is None else count
            if self._bar is not None:
                self._bar.reset(self._task, completed=int(done), count=self._counted())

    def told(self, what: str, done: float, total: float | None) -> None:
        """`update`, or `phase` where it is another one."""
        if what.split(",")[0] != self._what.split(",")[0]:
            self.phase(what, total or None, self._unit or "done")
        self.update(done, total or None, what)

    def track(self, items: Iterable[Item]) -> Iterator[Item]:
        """Pass items on, and count each when it is done."""
        for n, item in enumerate(items, 1):
            yield item
            self.update(n)

    def line(self, text: str) -> None:
        """Print a line on standard error, beside the bar."""
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            print(text, file=self._stream)

    def note(self, text: str) -> None:
        """Print a line of the program's own, beside the bar."""
        self.line(f"sspd: {text}")

    def tick(self) -> None:
        """Off a terminal, print a line if the last one is half a minute old."""
        with self._lock:
            now = self._clock()
            if self._bar is None and self._visible and now - self._said >= EVERY_S:
                self._said = now
                self.note(self.words())

    def words(self) -> str:
        """The state in a line."""
        now = self._clock()
        count = self._counted()
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
