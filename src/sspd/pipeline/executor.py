"""The one place where a measurement's threads, queues and buffer sizes are made."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Full, Queue
from threading import Condition, Thread
from types import TracebackType
from typing import Generic, TypeVar

from sspd.accel.prefetch import prefetch, run_in_background

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Time between two checks of a thread that waits for room whether it is still needed, seconds.
_LOOK_S = 0.05


@dataclass(frozen=True)
class Buffers:
    """Sizes of the buffers between stages; larger ones would only take memory."""

    decode_frames: int = 2
    """Frames decoded at a time: so few are still in the core's cache when faces are cut out."""
    face_chunks: int = 2
    """Chunks of crops that wait for a method."""
    lookahead_chunks: int = 3
    """Chunks of a new segment that a method takes in while the segment before still ends:
    otherwise a long video's memory would be that of the rare moment in which both wait whole."""
    camera_bytes: int = 48 << 20
    """Frames of a camera that wait for a session: 1.7 s of 640x480 at 30 frames per second, for
    the block that a network takes at once. Of larger frames fewer wait."""


class LatestQueue(Generic[Item]):
    """A bounded queue between a thread that must never wait and one that does.

    Where there is no room the oldest item is dropped: of a camera the newest frame counts.

    Parameters
    ----------
    most : int
        Largest sum of the sizes of the items that wait; one item always may.

    >>> queue = LatestQueue[str](2)
    >>> [queue.put(item, 1) for item in "abc"], queue.take(0.0), queue.take(0.0), queue.take(0.0)
    ([True, True, False], 'b', 'c', None)
    """

    def __init__(self, most: int) -> None:
        self._items: deque[tuple[Item, int]] = deque()
        self._most, self._size = most, 0
        self._changed = Condition()
        self._over = False

    def put(self, item: Item, size: int) -> bool:
        """Add an item, and drop the oldest ones if there are too many.

        Parameters
        ----------
        item
        size : int

        Returns
        -------
        bool
            False if another one was dropped for it.
        """
        with self._changed:
            self._items.append((item, size))
            self._size += size
            dropped = False
            while self._size > self._most and len(self._items) > 1:
                self._size -= self._items.popleft()[1]
                dropped = True
            self._changed.notify()
        return not dropped

    def take(self, wait_s: float) -> Item | None:
        """Return the oldest item that waits, and remove it.

        Parameters
        ----------
        wait_s : float
            How long to wait for one, seconds.

        Returns
        -------
        item or None
            None: there was none.
        """
        until_s = time.monotonic() + wait_s
        with self._changed:
            while not self._items and not self._over:
                left_s = until_s - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    break
            if not self._items:
                return None
            item, size = self._items.popleft()
            self._size -= size
            return item

    def end(self) -> None:
        """Mark the end: from now on nobody waits for an item."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Number of items that wait."""
        with self._changed:
            return len(self._items)

    @property
    def over(self) -> bool:
        """True if the end was marked and nothing waits any more."""
        with self._changed:
            return self._over and not self._items


class Feed:
    """A bounded queue into a stage that runs on a thread of its own.

    The stage takes items by iterating over `items`; the caller gives them by `put`, and can
    wait until the stage has served all of them (`settle`).

    Parameters
    ----------
    depth : int
        How many items may wait.
    """

    def __init__(self, depth: int) -> None:
        self._queue: Queue[object] = Queue(depth)
        self._state = Condition()
        self._given = self._asked = 0
        self._over = False
        self._end = object()

    def put(self, item: object) -> None:
        """Wait until there is room, and put an item in; a stage that is over needs none.

        Parameters
        ----------
        item : object
        """
        with self._state:
            self._given += 1
        while not self._over:
            try:
                self._queue.put(item, timeout=_LOOK_S)
            except Full:
                continue
            return

    def end(self) -> None:
        """Mark the end of the items."""
        self.put(self._end)

    def settle(self) -> None:
        """Wait until the stage asks for an item that is not there yet, or is over."""
        with self._state:
            self._state.wait_for(lambda: self._over or self._asked > self._given)

    def finished(self) -> None:
        """Mark the stage as over, from its own thread."""
        with self._state:
            self._over = True
            self._state.notify_all()

    def items(self) -> Iterable[object]:
        """Iterate over the items, in the stage's thread.

        Yields
        ------
        object
        """
        while True:
            with self._state:
                self._asked += 1
                self._state.notify_all()
            item = self._queue.get()
            if item is self._end:
                return
            yield item


class Executor:
    """The threads of one measurement; a context manager that ends them.

    Parameters
    ----------
    side_by_side : bool
        Whether stages may run ahead of each other. False: each waits for the next, so that
        what is known after a frame does not depend on the machine.
    buffers : Buffers

    >>> with Executor(side_by_side=True) as executor:
    ...     executor.submit(lambda: 6 * 7).result()
    42
    """

    def __init__(self, *, side_by_side: bool, buffers: Buffers | None = None) -> None:
        self.buffers = buffers or Buffers()
        self._side_by_side = side_by_side
        self._threads: list[Thread] = []

    def __enter__(self) -> Executor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Run something on a thread of its own.

        Parameters
        ----------
        work : callable

        Returns
        -------
        Future
        """
        answer: Future[Result] = Future()
        # a daemon: a session that nobody closes must not keep the process from its end
        thread = Thread(target=_run, args=(work, answer), name="sspd", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()
        return answer

    def ahead(self, items: Iterable[Item], depth: int) -> Iterable[Item]:
        """Prefetch a stage's items, if stages may run side by side.

        Parameters
        ----------
        items : iterable
        depth : int
            How many items may wait.

        Returns
        -------
        iterable
        """
        return prefetch(items, depth) if self._side_by_side else items

    def begin(self, work: Callable[[], object]) -> None:
        """Run something in the background that is wanted later, if stages may run side by side.

        Parameters
        ----------
        work : callable
        """
        if self._side_by_side:
            run_in_background(work)

    def close(self, patience_s: float | None = None) -> None:
        """Wait for all threads to end.

        Parameters
        ----------
        patience_s : float or None
            How long at most, seconds, for threads that a driver may hold up; None: until they
            have ended.
        """
        for thread in self._threads:
            thread.join(patience_s)


def _run(work: Callable[[], Result], answer: Future[Result]) -> None:
    """Run something, and put its result or its error into a future."""
    try:
        result = work()
    except BaseException as error:  # raised to whoever asks for the result
        answer.set_exception(error)
    else:
        answer.set_result(result)
