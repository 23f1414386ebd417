from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

import pytest

from sspd.accel.prefetch import import_in_background, prefetch, run_in_background


def test_order_and_number_are_kept() -> None:
    assert list(prefetch(iter(range(500)), depth=3)) == list(range(500))
    assert list(prefetch([], depth=1)) == []


def test_it_never_runs_far_ahead() -> None:
    made = 0

    def items() -> Iterator[int]:
        nonlocal made
        for k in range(50):
            made += 1
            yield k

    for k in prefetch(items(), depth=2):
        assert made <= k + 1 + 2 + 1  # taken, waiting, and one in hand


def test_what_goes_wrong_is_raised_where_it_would_have_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    got = []
    with pytest.raises(ValueError, match="torn"):
        for item in prefetch(items(), depth=5):
            got.append(item)
    assert got == [1]


def test_who_stops_early_ends_the_thread_and_closes_the_items() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threading.active_count()
    some = prefetch(items(), depth=1)
    assert next(some) == 1
    some.close()  # type: ignore[attr-defined]
    assert closed.is_set()
    assert threading.active_count() == before


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no urgency of their own")
def test_who_waits_goes_first() -> None:
    def urgencies() -> Iterator[list[int]]:
        while True:
            yield [os.getpriority(os.PRIO_PROCESS, threading.get_native_id())]

    before = next(urgencies())[0]
    nearer = (next(urgencies()) + further for further in prefetch(urgencies(), depth=1))
    some = prefetch(nearer, depth=1)
    near, far = next(some)
    some.close()  # type: ignore[attr-defined]
    assert before < near < far
    assert next(urgencies()) == [before]


def test_what_is_begun_is_done_beside_and_fails_in_silence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    done, going = threading.Event(), threading.Event()

    def wait() -> None:
        going.wait(5)
        done.set()

    def fail() -> None:
        done.wait(5)
        raise ValueError("of whoever wants it")

    threads = run_in_background(wait), run_in_background(fail)
    assert not done.is_set()
    going.set()
    for thread in threads:
        thread.join(5)
    assert done.is_set()
    assert capsys.readouterr().err == ""


def test_an_import_beside_leaves_the_process_as_it_was() -> None:
    usual_s, name = sys.getswitchinterval(), "wave"
    sys.modules.pop(name, None)
    for thread in (import_in_background(name), import_in_background("no_such_module")):
        assert thread is not None
        thread.join(5)
    assert import_in_background(name) is None
    assert name in sys.modules
    assert sys.getswitchinterval() == usual_s
