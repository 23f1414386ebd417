"""Many videos: what failed in a line each, and how long it will still take."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.cli.inputs import Found
from sspd.cli.messages import Told
from sspd.report.labels import legible
from sspd.report.result import Vitals
from sspd.report.table import shorten
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from sspd.pipeline.batch import BatchResult


def watch(
    run: Generator[BatchResult, None, None],
    found: Sequence[Found],
    method: str,
    told: Told,
    *,
    waveforms: bool,
    meter: VideoMeter | None = None,
) -> tuple[list[Vitals], bool]:
    """Take results as they come and tell of them.

    Parameters
    ----------
    run : generator of BatchResult
        Of the sources without a problem.
    found : sequence of (path, problem)
        All sources, as `sspd.cli.inputs.expand` gave them.
    method : str
        Its name, for the sources that cannot be measured.
    told : Told
    waveforms : bool
        Whether the results keep them: thousands are large, and their own files are
        written already.
    meter : VideoMeter, optional
        What ``run`` tells how far it is.

    Returns
    -------
    results : list of Vitals
        In the order of the sources, the faces of each beside each other.
    broken_off : bool
        Whether Ctrl-C came before the end.
    """
    results: dict[int, list[Vitals]] = {}
    for place, (path, problem) in enumerate(found):
        if problem is not None:
            told.fail(problem)
            results[place] = [Vitals(str(path), method, None, 0.0, None, (), error=problem)]
    videos = [place for place in range(len(found)) if place not in results]
    broken_off = False
    meter = meter or VideoMeter(found)
    with closing(run), _shown(meter.meter, told):
        try:
            for done in run:
                _tell(done, told)
                faces = list(done.faces)
                if not waveforms:
                    faces = [replace(vitals, signal=None, beats_s=None) for vitals in faces]
                results[videos[done.index]] = faces
                meter.add(done)
        except KeyboardInterrupt:
            broken_off = True
    return [vitals for place in sorted(results) for vitals in results[place]], broken_off


def _tell(done: BatchResult, told: Told) -> None:
    if done.vitals.error is not None:
        told.fail(done.vitals.error, done.misused)
    for line in done.failures:
        told.fail(line)
    for line in () if done.resumed else done.vitals.warnings:
        told.note(f"{Path(done.vitals.source).name}: warning: {line}")


class VideoMeter:
    """A meter over videos; it grows with their bytes on the disk: long ones take longer.

    Parameters
    ----------
    found : sequence of (path, problem)
        All sources; those with a problem are not counted.
    meter : Meter, optional
        Another one than that of standard error.
    """

    def __init__(self, found: Sequence[Found], meter: Meter | None = None) -> None:
        videos = [path for path, problem in found if problem is None]
        self._sizes = [max(1, one.stat().st_size) if one.exists() else 1 for one in videos]
        self._parts: dict[int, float] = {}
        self._lock = threading.Lock()  # workers are heard by threads
        self._videos = self._bytes = 0
        self._name = shorten(legible(videos[0].name), 24) if len(videos) == 1 else "videos"
        self.meter = meter or Meter(self._name, sum(self._sizes) or None)
        self.meter.update(0, count=self._count())

    def _done(self) -> float:
        return self._bytes + sum(self._parts.values())

    def _count(self) -> str:
        share = f"{100 * self._done() / (sum(self._sizes) or 1):.0f} %"
        return share if len(self._sizes) == 1 else f"{self._videos}/{len(self._sizes)}, {share}"

    def tell(self, index: int, phase: str, done: float) -> None:
        """So much of a video's phase is done; reading, which goes first, is nearly all of it."""
        with self._lock:
            self._parts[index] = self._sizes[index] * (done if phase == "reading" else 1.0)
            what = f"{self._name}: {phase}" if len(self._sizes) == 1 else self._name
            self.meter.update(self._done(), what=what, count=self._count())

    def add(self, done: BatchResult) -> None:
        """Count a video; one of a run before says nothing about the speed of this."""
        with self._lock:
            self._parts.pop(done.index, None)
            self._videos += 1
            self._bytes += self._sizes[done.index]
            move = self.meter.skip if done.resumed else self.meter.update
            move(self._done(), count=self._count())


@contextmanager
def _shown(meter: Meter, told: Told) -> Iterator[None]:
    """Lines of failures stand above the bar."""
    before = told.out
    with meter:
        if meter.is_bar:
            told.out = meter.line
        try:
            yield
        finally:
            told.out = before
