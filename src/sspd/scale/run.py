"""One run over a corpus: rows become tasks, the journal takes out what is done, results stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

from sspd.errors import OutputError
from sspd.methods.method import Method
from sspd.pipeline.batch.identity import identity
from sspd.pipeline.batch.journal import Journal, entry_of
from sspd.pipeline.batch.result import BatchResult, Task
from sspd.report.result import Vitals
from sspd.scale.inputs import Row
from sspd.scale.manifests import Cell
from sspd.scale.places import file_beside, is_address, stem_of
from sspd.scale.spool import Spool
from sspd.scale.summary import CorpusSummary
from sspd.types import MeasureOptions
from sspd.utils.partials import remove_parts

#: Measures tasks as they come, in any order; its end, however it comes, ends its workers.
#: A task None says that there is nothing to be done until another result is taken.
Engine = Callable[[Iterator[Task | None]], Generator[BatchResult, None, None]]


@dataclass
class CorpusRun:
    """The state of a run: nothing of it grows with the videos but the spool, on the disk.

    Parameters
    ----------
    rows : iterator of Row
    outputs : mapping of str to str
        Files that each video has of its own: kind to place, see `file_beside`.
    options : MeasureOptions
    method : Method
        What ``options`` made ready.
    allow_http : bool
    journal : Journal or None
    on_result : callable or None
        Called with each result as it comes.
    """

    rows: Iterator[Row]
    outputs: Mapping[str, str]
    options: MeasureOptions
    method: Method
    allow_http: bool = False
    journal: Journal | None = None
    on_result: Callable[[BatchResult], object] | None = None
    spool: Spool = field(default_factory=Spool)
    summary: CorpusSummary = field(default_factory=CorpusSummary)
    in_flight: int = 0
    """Videos that were given to the engine and have no result."""
    _waiting: dict[int, tuple[dict[str, Any] | None, Mapping[str, Cell]]] = field(
        default_factory=dict
    )

    def measure(self, engine: Engine) -> CorpusSummary:
        """Measure everything that is left to be done.

        Parameters
        ----------
        engine : callable

        Returns
        -------
        CorpusSummary
            ``interrupted`` after Ctrl-C; what was measured until then is in the spool.
        """
        began_s = time.monotonic()
        try:
            with closing(engine(self._tasks())) as results:
                for done in results:
                    entry, columns = self._waiting.pop(done.index)
                    self.in_flight = len(self._waiting)
                    self._keep(self._written_down(done, entry), columns)
        except KeyboardInterrupt:
            self.summary.interrupted = True
        self.summary.elapsed_s = time.monotonic() - began_s
        return self.summary

    def _tasks(self) -> Iterator[Task]:
        """The tasks that are left; results of what is done, or cannot be, go to the spool."""
        made_with = {} if self.journal is None else identity(self.options, self.method)
        first = list(islice(self.rows, 2))
        alone = len(first) < 2
        for place, row in enumerate(chain(first, self.rows)):
            ending = self._ending(row, alone)
            if row.problem is not None:
                self._keep(BatchResult(place, self._failed(row)), row.columns)
                continue
            task = self._task(place, row, ending)
            entry = None if self.journal is None else _entry(task, row, made_with)
            found = self._known(task, entry)
            if found is not None:
                self._keep(found, row.columns)
                continue
            self._waiting[place] = entry, row.columns
            self.in_flight = len(self._waiting)
            yield task

    def _ending(self, row: Row, alone: bool) -> str:
        """Return the stem of a video's output files, as the local command names them."""
        if not self.outputs or alone:
            return ""
        stem = stem_of(row.video)
        n = self.spool.count_name(stem)
        return f"{stem}-{n}" if n > 1 else stem

    def _task(self, place: int, row: Row, ending: str) -> Task:
        files = {kind: file_beside(path, ending) for kind, path in self.outputs.items()}
        stored = None
        if is_address(row.video):
            facts = None if row.facts is None else list(row.facts)
            stored = {"facts": facts, "allow_http": self.allow_http}
        return Task(place, row.video, files, stored=stored)

    def _failed(self, row: Row) -> Vitals:
        weights, name = self.method.weights, self.method.name
        return Vitals(row.video, name, weights, 0.0, None, (), error=row.problem)

    def _known(self, task: Task, entry: dict[str, Any] | None) -> BatchResult | None:
        if self.journal is None or entry is None or not self.journal.resume:
            return None
        # a file in a store was there before its result was written down
        here = [path for path in task.outputs.values() if not is_address(path)]
        faces = self.journal.find(entry, here)
        if faces is None:
            for path in here:
                remove_parts(path)
            return None
        return BatchResult(task.index, faces[0], resumed=True, others=faces[1:])

    def _written_down(self, done: BatchResult, entry: dict[str, Any] | None) -> BatchResult:
        """Add a result to the journal; what failed is left out, and so tried again."""
        if self.journal is None or entry is None or done.vitals.error is not None or done.failures:
            return done
        problem = self.journal.add(entry, *done.faces)
        return done if problem is None else replace(done, failures=(problem,))

    def _keep(self, done: BatchResult, columns: Mapping[str, Cell]) -> None:
        try:
            self.spool.add(done.index, done.faces, columns)
        except OutputError as error:
            done = replace(done, failures=(*done.failures, str(error)))
        self.summary.add(done)
        if self.on_result is not None:
            self.on_result(done)


def _entry(task: Task, row: Row, made_with: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a result depends on, see `sspd.pipeline.batch.journal.entry_of`."""
    entry: dict[str, Any] | None
    if row.facts is None:
        entry = entry_of(task, made_with)
    else:
        content = {"film": row.video, "size": row.facts.size, "etag": row.facts.etag}
        entry = {**content, "modified": row.facts.modified, "outputs": {}, **made_with}
    if entry is not None:
        stored = {kind: path for kind, path in task.outputs.items() if is_address(path)}
        # results of a corpus are kept without their waveforms
        entry |= {"waveform": False, "outputs": entry["outputs"] | stored}
    return entry
