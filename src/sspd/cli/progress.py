"""Progress of many videos: a line for each failure, and a bar with the remaining time."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sspd.cli.inputs import Found
from sspd.cli.messages import Messages
from sspd.report.labels import legible
from sspd.report.result import Vitals
from sspd.report.table import shorten
from sspd.utils.progress import Meter

if TYPE_CHECKING:
    from sspd.pipeline.batch import BatchResult


def collect_results(
    run: Generator[BatchResult, None, None],
    found: Sequence[Found],
    method: str,
    messages: Messages,
    *,
    waveforms: bool,
    meter: VideoMeter | None = None,
) -> tuple[list[Vitals], bool]:
    """Collect results as they arrive, and print their failures and warnings.

    Parameters
    ----------
    run : generator of BatchResult
        Results of the sources without a problem.
    found : sequence of (path, problem)
        All sources, from `sspd.cli.inputs.list_videos`.
    method : str
        Name of the method, for the sources that cannot be measured.
    messages : Messages
    waveforms : bool
        Whether the results keep their waveforms: thousands need much memory, and their own files
        are already written.
    meter : VideoMeter, optional
        The bar that ``run`` updates.

    Returns
    -------
    results : list of Vitals
        In the order of the sources; the faces of one source are next to each other.
    broken_off : bool
        Whether Ctrl-C came before the end.
    """
    results: dict[int, list[Vitals]] = {}
    for place, (path, problem) in enumerate(found):
        if problem is not None:
            messages.fail(problem)
            results[place] = [Vitals(str(path), method, None, 0.0, None, (), error=problem)]
    videos = [place for place in range(len(found)) if place not in results]
    broken_off = False
    meter = meter or VideoMeter(found)
    with closing(run), _shown(meter.meter, messages):
        try:
            for done in run:
                _tell(done, messages)
                faces = list(done.faces)
                if not waveforms:
                    faces = [replace(vitals, signal=None, beats_s=None) for vitals in faces]
                results[videos[done.index]] = faces
                meter.add(done)
        except KeyboardInterrupt:
            broken_off = True
    return [vitals for place in sorted(results) for vitals in results[place]], broken_off


def _tell(done: BatchResult, messages: Messages) -> None:
    if done.vitals.error is not None:
        messages.fail(done.vitals.error, done.misused)
    for line in done.failures:
        messages.fail(line)
    for line in () if done.resumed else done.vitals.warnings:
        messages.note(f"{Path(done.vitals.source).name}: warning: {line}")


class VideoMeter:
    """A progress bar over videos, by their size on disk, because long videos take longer.

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
        self._lock = threading.Lock()  # threads report the workers' progress
        self._videos = self._bytes = 0
        self._name = shorten(legible(videos[0].name), 24) if len(videos) == 1 else "videos"
        self.meter = meter or Meter(self._name, sum(self._sizes) or None)
        self.meter.update(0, count=self._count())

    def _done(self) -> float:
        return self._bytes + sum(self._parts.values())

    def _count(self) -> str:
        share = f"{100 * self._done() / (sum(self._sizes) or 1):.0f} %"
        return share if len(self._sizes) == 1 else f"{self._videos}/{len(self._sizes)}, {share}"

    def report(self, index: int, phase: str, done: float) -> None:
        """Update the progress of one video; reading is the first phase and nearly all of the work.

        Parameters
        ----------
        index : int
            Index of the video.
        phase : str
        done : float
            Finished part of the phase, 0 to 1.
        """
        with self._lock:
            self._parts[index] = self._sizes[index] * (done if phase == "reading" else 1.0)
            what = f"{self._name}: {phase}" if len(self._sizes) == 1 else self._name
            self.meter.update(self._done(), what=what, count=self._count())

    def add(self, done: BatchResult) -> None:
        """Count a finished video; one from an earlier run does not change the estimated speed.

        Parameters
        ----------
        done : BatchResult
        """
        with self._lock:
            self._parts.pop(done.index, None)
            self._videos += 1
            self._bytes += self._sizes[done.index]
            move = self.meter.skip if done.resumed else self.meter.update
            move(self._done(), count=self._count())


@contextmanager
def _shown(meter: Meter, messages: Messages) -> Iterator[None]:
    """Print failures above the bar."""
    before = messages.out
    with meter:
        if meter.is_bar:
            messages.out = meter.line
        try:
            yield
        finally:
            messages.out = before
