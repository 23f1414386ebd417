"""Long videos of a corpus: their parts go to several workers, and come back as one result.

This stands between the corpus and its engine: tasks of videos come in, tasks of parts go out, and
nobody else sees them. A video whose parts do not fit together, or of which one failed, is measured
as a whole, so its result never depends on the parts.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sspd.pipeline.batch.result import BatchResult, Task
from sspd.pipeline.parts.plan import PartFacts, PartRange, Unfit, next_round
from sspd.pipeline.parts.records import facts_from, range_from, range_record
from sspd.scale.run import Engine

#: Rounds in which parts are measured; a video that needs another one is measured as a whole.
MAX_ROUNDS = 4
#: A worker may say that a video has so many parts: a day has 2880 of the shortest.
MAX_PARTS = 3000


def measure_in_parts(
    engine: Engine, split_s: float, every_face: bool, tasks: Iterator[Task | None]
) -> Generator[BatchResult, None, None]:
    """Measure tasks by an engine, the long ones in parts.

    Parameters
    ----------
    engine : callable
    split_s : float
        Least length of a part, seconds.
    every_face : bool
        See `sspd.types.MeasureOptions`.
    tasks : iterator of Task or None

    Yields
    ------
    BatchResult
        One for each task, as ``engine`` would have given it.
    """
    with tempfile.TemporaryDirectory(prefix="sspd-parts-") as folder:
        feed = _Feed(tasks, split_s, every_face, Path(folder))
        with closing(engine(feed)) as results:
            for done in results:
                found = feed.take(done)
                if found is not None:
                    yield found


@dataclass
class _Long:
    """A long video on its way."""

    number: int
    task: Task
    end_s: float
    folder: Path
    ranges: list[PartRange]
    facts: dict[int, PartFacts] = field(default_factory=dict)
    """By the part's place."""
    rounds: int = 1
    failed: bool = False


class _Feed(Iterator[Task | None]):
    """Tasks for an engine, numbered anew: parts of long videos before further videos."""

    def __init__(
        self, tasks: Iterator[Task | None], split_s: float, every_face: bool, folder: Path
    ) -> None:
        self._tasks, self._split_s, self._every, self._folder = tasks, split_s, every_face, folder
        self._next_number = 0
        self._ready: deque[Task] = deque()
        self._whole: dict[int, Task] = {}
        """Videos by the number of the task that is to bring their result."""
        self._parts: dict[int, tuple[_Long, int]] = {}
        """Video and place of each part that is being measured."""

    def __next__(self) -> Task | None:
        if self._ready:
            return self._ready.popleft()
        try:
            task = next(self._tasks)
        except StopIteration:
            if self._whole or self._parts:
                return None  # a video may still be found to be long
            raise
        if task is None:
            return None
        return self._numbered(task, {"split_s": self._split_s})

    def take(self, done: BatchResult) -> BatchResult | None:
        """Take a result of the engine; return that of a video, if it is one."""
        if done.index in self._parts:
            self._take_part(*self._parts.pop(done.index), done)
            return None
        task = self._whole.pop(done.index)
        if done.part is not None:
            self._begin(task, done.part)
            return None
        joined = self._folder / str(done.index)
        if joined.exists():
            shutil.rmtree(joined)
            if done.vitals.error is not None:
                self._ready.append(self._numbered(task, None))
                return None
        return replace(done, index=task.index)

    def _numbered(self, task: Task, part: dict[str, Any] | None) -> Task:
        """A task that brings the result of a video."""
        self._next_number += 1
        self._whole[self._next_number] = task
        return replace(task, index=self._next_number, part=part)

    def _begin(self, task: Task, answer: Any) -> None:
        try:
            end_s = float(answer["end_s"])
            ranges = [range_from(each) for each in answer["parts"]]
            if not 1 < len(ranges) <= MAX_PARTS:
                raise ValueError("too many parts")
        except (ValueError, TypeError, KeyError):
            self._ready.append(self._numbered(task, None))
            return
        self._next_number += 1
        folder = self._folder / f"long-{self._next_number}"
        folder.mkdir()
        video = _Long(self._next_number, task, end_s, folder, ranges)
        self._ask(video, list(range(len(ranges))))

    def _ask(self, video: _Long, places: list[int]) -> None:
        for place in places:
            self._next_number += 1
            part = {"range": range_record(video.ranges[place])}
            asked = replace(video.task, index=self._next_number, outputs={}, part=part)
            self._parts[self._next_number] = (video, place)
            self._ready.append(asked)

    def _take_part(self, video: _Long, place: int, done: BatchResult) -> None:
        if video.failed:
            return
        try:
            if done.part is None:
                raise ValueError("the part was not measured")
            facts = facts_from(done.part)
            if facts.range != video.ranges[place]:
                raise ValueError("another part than was asked for")
            (video.folder / str(place)).write_text(json.dumps(done.part))
        except (ValueError, OSError):
            self._measure_whole(video)
            return
        video.facts[place] = facts
        if len(video.facts) == len(video.ranges):
            self._end_round(video)

    def _end_round(self, video: _Long) -> None:
        """All parts are there: join them, or ask for those that are not as they should be."""
        parts = [video.facts[place] for place in range(len(video.ranges))]
        found = next_round(parts, video.end_s, self._split_s, self._every)
        if isinstance(found, Unfit) or (found.missing and video.rounds >= MAX_ROUNDS):
            self._measure_whole(video)
            return
        if not found.missing:
            join = self._numbered(video.task, None)
            video.folder.rename(folder := self._folder / str(join.index))
            files = [str(folder / str(place)) for place in range(len(parts))]
            self._ready.append(replace(join, part={"files": files}))
            return
        self._keep(video, found.ranges, set(found.missing))
        self._ask(video, found.missing)

    def _keep(self, video: _Long, ranges: list[PartRange], missing: set[int]) -> None:
        """Keep the parts that are right, each at its place among the new ones."""
        before = {facts.range: place for place, facts in video.facts.items()}
        files = {place: (video.folder / str(place)).read_text() for place in video.facts}
        facts = video.facts
        video.ranges, video.facts, video.rounds = ranges, {}, video.rounds + 1
        for place, part in enumerate(ranges):
            if place not in missing:
                video.facts[place] = facts[before[part]]
                (video.folder / str(place)).write_text(files[before[part]])

    def _measure_whole(self, video: _Long) -> None:
        """Give up the parts of a video; those that are being measured come to nothing."""
        video.failed = True
        shutil.rmtree(video.folder, ignore_errors=True)
        self._ready = deque(each for each in self._ready if not self._is_of(video, each))
        self._ready.append(self._numbered(video.task, None))

    def _is_of(self, video: _Long, task: Task) -> bool:
        """Forget a part that was not given to the engine yet."""
        mine = task.index in self._parts and self._parts[task.index][0] is video
        if mine:
            del self._parts[task.index]
        return mine
