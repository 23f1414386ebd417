"""A function over many items in processes: real ones, killed for real."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from multiprocessing import active_children
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest

from sspd.errors import SSPDError, UsageError
from sspd.utils.process_map import Words, process_map

pytestmark = pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs /dev/shm")
SOURCE = Path(__file__).resolve().parents[2] / "src" / "sspd"
WORDS = Words[str](lambda item: f"{item}.mp4", kept="the rest is kept")
#: Longer than any test: who waits for it is ended.
LONG_S = 300.0


def where(item: int) -> tuple[int, int]:
    return item, os.getpid()


def do(item: str, folder: Path) -> str:
    """What an item's name says; others wait until both have begun."""
    (folder / item).touch()
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
    how, _, number = item.partition(" ")
    if how == "signal":
        os.kill(os.getpid(), int(number))
    if how == "exit":
        os._exit(int(number))
    if how == "wrong":
        raise UsageError("so it cannot be")
    time.sleep(LONG_S)
    return item


def length(item: str) -> int:
    return len(item)


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made: list[SharedMemory] = []

    def make(*, create: bool, size: int) -> SharedMemory:
        made.append(SharedMemory(create=create, size=size))
        return made[-1]

    monkeypatch.setattr("sspd.utils.process_map.SharedMemory", make)
    yield
    assert not [one.name for one in made if (Path("/dev/shm") / one.name).exists()]
    assert not active_children()


def test_one_job_is_done_here_one_by_one() -> None:
    asked: list[int] = []
    items = (asked.append(k) or k for k in count())  # type: ignore[func-returns-value]
    found = process_map(where, items, 1, Words())
    assert [one for _, one in islice(found, 2)] == [(0, os.getpid()), (1, os.getpid())]
    assert asked == [0, 1]


@pytest.mark.parametrize("ordered", [True, False])
def test_several_give_each_item_with_its_result(ordered: bool) -> None:
    items = ["a", "bb", "", "dddd"]
    found = list(process_map(length, items, 2, WORDS, ordered=ordered))
    assert sorted(found) == [("", 0), ("a", 1), ("bb", 2), ("dddd", 4)]
    assert not ordered or [item for item, _ in found] == items
    assert list(process_map(length, [], 2, WORDS)) == []


@pytest.mark.parametrize(
    ("item", "death"),
    [
        (f"signal {signal.SIGKILL}", "was killed (SIGKILL); out of memory? fewer --jobs need less"),
        (f"signal {signal.SIGSEGV}", "crashed (SIGSEGV)"),
        (f"signal {signal.SIGRTMIN + 3}", f"crashed (signal {signal.SIGRTMIN + 3})"),
        ("exit 9", "ended by itself (exit code 9)"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_whose_process_dies_is_named_and_no_other(
    item: str, death: str, first: bool, tmp_path: Path
) -> None:
    items = [item, "other"] if first else ["other", item]
    with pytest.raises(SSPDError) as told:
        list(process_map(partial(do, folder=tmp_path), [*items, "later"], 2, WORDS, ordered=first))
    assert str(told.value) == f"{item}.mp4: its worker process {death}; the rest is kept"
    assert not (tmp_path / "later").exists()


@pytest.mark.slow
def test_one_that_was_ended_from_outside_is_among_those_named(tmp_path: Path) -> None:
    item, began = f"signal {signal.SIGTERM}", time.monotonic()
    with pytest.raises(SSPDError, match="its worker process died; the rest is kept") as told:
        list(process_map(partial(do, folder=tmp_path), ["other", item], 2, WORDS))
    assert f"{item}.mp4" in str(told.value)
    assert time.monotonic() - began < LONG_S / 2  # at once, whichever worker began last


def test_an_error_is_raised_as_it_is_and_ends_the_others(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(UsageError, match="so it cannot be") as told:
        list(process_map(partial(do, folder=tmp_path), ["other", "wrong"], 2, WORDS))
    assert str(told.value) == "so it cannot be"
    assert told.value.__notes__ == ["in a worker process, at wrong.mp4"]
    assert time.monotonic() - began < LONG_S / 2


def test_who_stops_asking_waits_for_nobody(tmp_path: Path) -> None:
    found = process_map(partial(do, folder=tmp_path), ["a", "b", "c"], 2, WORDS)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        found.throw(KeyboardInterrupt)
    found = process_map(length, ["a", "b", "c"], 2, WORDS)
    next(found)
    found.close()
    assert time.monotonic() - began < LONG_S / 2


def test_the_word_for_a_death_stands_in_one_place() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "BrokenProcessPool" not in text or path.name == "process_map.py", path
