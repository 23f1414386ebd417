"""The loop of a run on Ray: actors are placed, videos given to them, what is lost tried again."""

from __future__ import annotations

import heapq
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sspd.errors import ClusterError, WorkerDiedError
from sspd.pipeline.batch.replies import from_reply
from sspd.pipeline.batch.result import BatchResult, Task, failed
from sspd.pipeline.batch.run import WORKER_BYTES
from sspd.scale.actor import VideoActor, files_of, task_line
from sspd.scale.deaths import brief, is_of_node, pause_s
from sspd.scale.places import stem_of

#: Processes that a video may take along before it is given up.
MAX_TRIES = 3
#: Nodes that may end under a video: it is hardly to blame for them.
MAX_NODES = 10
#: Actors that may end one after the other before any video is measured.
MAX_STARTS = 5
#: Time between two looks at the cluster's size, and the longest wait for a result, seconds.
GROW_S, POLL_S = 5.0, 1.0
#: Time without any worker after which the user is warned, seconds.
PATIENCE_S = 30.0
#: Most actors of a run.
MAX_ACTORS = 4096


@dataclass(frozen=True)
class RaySettings:
    """Settings of a run on a cluster.

    Parameters
    ----------
    address : str or None
        Of the cluster; None: this machine.
    jobs : int
        Actors; 0: as many as the cluster has cores and memory for, also when it grows.
    limit_s : float or None
        Seconds that a video may take.
    allow_http : bool
    cores : int
        Of each actor: one decodes and measures a video of 30 frames a second in a fraction of
        its length, and a second one adds less than another video would.
    memory_bytes : int
        Of each actor.
    """

    address: str | None = None
    jobs: int = 0
    limit_s: float | None = None
    allow_http: bool = False
    cores: int = 1
    memory_bytes: int = WORKER_BYTES


@dataclass
class _Try:
    """A video on its way, and what has ended under it."""

    task: Task
    deaths: int = 0
    nodes: int = 0


@dataclass
class _Slot:
    """A place for an actor."""

    actor: Any = None
    ready: bool = False
    busy: bool = False
    deaths: int = 0
    """One after the other, without a result."""
    rested_s: float = 0.0
    """Earliest start of the next actor here."""


@dataclass
class Scheduler:
    """The driver's loop: one video an actor, results as they come.

    Parameters
    ----------
    ray : module
    facts : str
        `sspd.scale.actor.run_facts`.
    method : tuple of str
        Names of the method and of its weights.
    settings : RaySettings
    note : callable
        Called with one line about each event of a worker.
    """

    ray: Any
    facts: str
    method: tuple[str, str | None]
    settings: RaySettings
    note: Callable[[str], object]
    slots: list[_Slot] = field(default_factory=list)
    running: dict[Any, tuple[_Slot, _Try]] = field(default_factory=dict)
    starting: dict[Any, _Slot] = field(default_factory=dict)
    again: list[tuple[float, int, _Try]] = field(default_factory=list)
    """Videos to be tried again: when, and a number that keeps the order."""
    measured: int = 0
    starts_lost: int = 0
    exhausted: bool = False
    grown_s: float = -GROW_S
    alone_s: float = field(default_factory=time.monotonic)
    """Last time with a worker; infinite after the user was warned."""
    numbers: count[int] = field(default_factory=count)

    def results(self, tasks: Iterator[Task | None]) -> Iterator[BatchResult]:
        """Yield the results of tasks, which actors measure.

        Parameters
        ----------
        tasks : iterator of Task or None
            Asked for the next one when there is an actor for it; None: there is nothing to be
            done until another result is taken.

        Yields
        ------
        BatchResult

        Raises
        ------
        ClusterError
            No worker starts, or one has another version of the package.
        """
        while True:
            self._grow()
            self._fill(tasks)
            if self.exhausted and not self.running and not self.again:
                return
            self._tell_of_waiting()
            refs = [*self.running, *self.starting]
            if not refs:
                time.sleep(POLL_S / 10)
                continue
            ended, _ = self.ray.wait(refs, num_returns=1, timeout=POLL_S)
            for ref in ended:
                if ref in self.starting:
                    self._started(ref)
                elif (done := self._ended(ref)) is not None:
                    self.measured += 1
                    yield done

    def end(self) -> None:
        """End all actors; their processes end with them."""
        for slot in self.slots:
            self._kill(slot)

    def _grow(self) -> None:
        """Look at the cluster's size from time to time; a cluster that grows gets more actors."""
        now_s = time.monotonic()
        if now_s - self.grown_s >= GROW_S:
            self.grown_s = now_s
            missing = self._wanted() - len(self.slots)
            self.slots += [_Slot() for _ in range(missing)]
        idle = self.exhausted and not self.again  # nothing is left for another actor
        for slot in self.slots:
            if slot.actor is None and slot.rested_s <= now_s and not idle:
                self._start(slot)

    def _wanted(self) -> int:
        if self.settings.jobs:
            return min(self.settings.jobs, MAX_ACTORS)
        found = self.ray.cluster_resources()
        by_cores = int(found.get("CPU", 0)) // self.settings.cores
        by_memory = int(found.get("memory", 0)) // self.settings.memory_bytes
        # one is asked for in any case: it makes a cluster without nodes start one
        return max(1, min(by_cores, by_memory, MAX_ACTORS))

    def _start(self, slot: _Slot) -> None:
        placed = self.ray.remote(
            num_cpus=self.settings.cores,
            memory=self.settings.memory_bytes,
            max_restarts=0,  # this loop replaces it, after a pause
            max_task_retries=0,
            scheduling_strategy="SPREAD",
        )(VideoActor)
        slot.actor, slot.ready = placed.remote(self.facts), False
        self.starting[slot.actor.ready.remote()] = slot

    def _fill(self, tasks: Iterator[Task | None]) -> None:
        for slot in self.slots:
            if not slot.ready or slot.busy:
                continue
            one = self._next(tasks)
            if one is None:
                return
            name = stem_of(one.task.video)[:80]
            call = slot.actor.measure.options(name=name)  # as Ray's dashboard shows it
            self.running[call.remote(task_line(one.task), *files_of(one.task))] = (slot, one)
            slot.busy = True

    def _next(self, tasks: Iterator[Task | None]) -> _Try | None:
        if self.again and self.again[0][0] <= time.monotonic():
            return heapq.heappop(self.again)[2]
        if not self.exhausted:
            try:
                task = next(tasks)
            except StopIteration:
                self.exhausted = True
            else:
                return None if task is None else _Try(task)
        return None

    def _started(self, ref: Any) -> None:
        slot = self.starting.pop(ref)
        try:
            reply = json.loads(self.ray.get(ref))
        except self.ray.exceptions.RayError as error:
            self.starts_lost += 1
            if not self.measured and self.starts_lost >= MAX_STARTS:
                raise ClusterError(f"no worker starts: {brief(error)}") from error
            self.note(f"a worker ended as it started ({brief(error)})")
            self._lost(slot)
            return
        if reply["problem"] is not None:
            raise ClusterError(f"node {reply['node']} {reply['problem']}")
        slot.ready = True

    def _ended(self, ref: Any) -> BatchResult | None:
        """The result of a call; None where its video is tried again."""
        slot, one = self.running.pop(ref)
        slot.busy = False
        try:
            reply = json.loads(self.ray.get(ref))
            if "died" not in reply:
                slot.deaths = 0
                return from_reply(one.task, reply)
            why, on_node = str(reply["died"]), False
        except self.ray.exceptions.RayTaskError as error:  # an error of ours in the actor
            return self._failed(one, f"unexpected {brief(error)}")
        except (ValueError, TypeError, KeyError):
            return self._failed(one, "its worker sent what is no result")
        except self.ray.exceptions.RayError as error:
            on_node = is_of_node(error)
            why = f"{one.task.video}: its worker ended ({brief(error)})"
            self._lost(slot)
        one.nodes += on_node
        one.deaths += not on_node
        if one.deaths >= MAX_TRIES or one.nodes >= MAX_NODES:
            return self._failed(one, why)
        self.note(f"{why}; tried again")
        until_s = time.monotonic() + pause_s(one.deaths + one.nodes)
        heapq.heappush(self.again, (until_s, next(self.numbers), one))
        return None

    def _failed(self, one: _Try, why: str) -> BatchResult:
        line = why if why.startswith(one.task.video) else f"{one.task.video}: {why}"
        return failed(one.task, *self.method, WorkerDiedError(line))

    def _lost(self, slot: _Slot) -> None:
        """Leave an actor, whatever became of it; another one starts here after a pause."""
        self._kill(slot)
        slot.deaths += 1
        slot.ready = slot.busy = False
        slot.rested_s = time.monotonic() + pause_s(slot.deaths)

    def _kill(self, slot: _Slot) -> None:
        if slot.actor is not None:
            with suppress(Exception):  # it may be gone, and Ray too
                self.ray.kill(slot.actor, no_restart=True)
            slot.actor = None

    def _tell_of_waiting(self) -> None:
        """Warn the user once when no worker is there for long: the cluster may be full."""
        now_s = time.monotonic()
        if any(slot.ready for slot in self.slots):
            self.alone_s = now_s
        elif now_s - self.alone_s > PATIENCE_S:
            self.note(f"waits for the cluster: {len(self.slots)} workers asked for, none is there")
            self.alone_s = math.inf
