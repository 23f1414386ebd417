"""The journal of jobs: fair, never twice, and whole after any end."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.errors import OutputError
from sspd.server.job_store import JobStore
from sspd.server.jobs import Job


def _job(name: str, client: str = "me", key: str | None = None, size: int = 5) -> Job:
    return Job(name, client, key, "queued", size, "hash", "{}", time.time())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    found = JobStore(tmp_path / "jobs.sqlite")
    yield found
    found.close()


def test_callers_take_turns(store: JobStore) -> None:
    for n in range(5):
        store.add(_job(f"a{n}", "a"))
    for n in range(2):
        store.add(_job(f"b{n}", "b"))
    store.add(_job("c0", "c"))
    order = []
    while (job := store.claim()) is not None:
        order.append(job.id)
        store.finish(job.id, b"[]")
    assert order == ["a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"]


def test_who_has_a_job_running_waits_for_the_others(store: JobStore) -> None:
    for name, client in (("a0", "a"), ("a1", "a"), ("b0", "b")):
        store.add(_job(name, client))
    claimed = [store.claim() for _ in range(3)]
    assert [job.id for job in claimed if job] == ["a0", "b0", "a1"]


def test_a_job_that_ended_its_worker_lets_others_pass(store: JobStore) -> None:
    for n in range(3):
        store.add(_job(f"a{n}"))
    first = store.claim()
    assert first is not None
    assert store.release(first.id, blamed=True) == 1
    claimed = [store.claim() for _ in range(3)]
    assert [job.id for job in claimed if job] == ["a1", "a2", "a0"]


def test_a_key_is_one_job_of_one_caller(store: JobStore) -> None:
    assert store.add(_job("x", "a", "key")).id == "x"
    assert store.add(_job("y", "a", "key")).id == "x"
    assert store.add(_job("z", "b", "key")).id == "z"
    assert store.counts()["queued"] == 2
    store.delete("x")
    assert store.add(_job("w", "a", "key")).id == "w"


def test_only_what_runs_is_finished(store: JobStore) -> None:
    store.add(_job("x"))
    assert not store.finish("x", b"[]")
    assert store.claim() is not None
    assert store.finish("x", b"[1]")
    assert not store.finish("x", b"[2]")
    assert not store.fail("x", "late")
    found = store.find("x")
    assert found is not None and (found.state, found.faces) == ("done", b"[1]")
    assert not store.finish("never", b"[]")


def test_an_ended_server_is_no_try_of_a_worker(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    for n in range(1, 4):
        store = JobStore(path)
        if n == 1:
            store.add(_job("x"))
        assert store.recover(3) == (0 if n == 1 else 1)
        job = store.claim()
        assert job is not None and (job.restarts, job.tries) == (n - 1, 0)
        store.close()  # as a killed server leaves it: running
    store = JobStore(path)
    assert store.recover(3) == 1
    found = store.find("x")
    assert found is not None and found.state == "failed"
    assert found.reason == "the server ended 3 times during this video"
    store.close()


def test_results_expire_and_leave_no_bytes(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    store = JobStore(path)
    secret = b'["' + 3000 * b"heartbeat" + b'"]'
    for name in ("old", "fetched", "fresh", "waits"):
        store.add(_job(name))
    for _ in range(3):
        job = store.claim()
        assert job is not None
        store.finish(job.id, secret)
    assert store.expire(60.0, 60.0) == 0
    store.fetched("fetched")
    assert store.expire(60.0, -1.0) == 1
    assert store.find("fetched") is None
    assert store.expire(-1.0, -1.0) == 2
    assert store.counts() == {"queued": 1, "running": 0, "done": 0, "failed": 0}
    for file in tmp_path.iterdir():
        assert b"heartbeat" not in file.read_bytes()
    store.close()


def test_a_file_of_another_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(OutputError, match="another version"):
        JobStore(path)
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(OutputError, match="cannot be used"):
        JobStore(path)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "claim", "finish", "fail", "release", "delete", "crash"]),
        st.integers(0, 5),
    ),
    max_size=40,
)


@settings(max_examples=15)
@given(STEPS)
def test_no_job_is_lost_or_finished_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Against a dict that does the same."""
    store = JobStore(tmp_path_factory.mktemp("store") / "jobs.sqlite")
    states: dict[str, str] = {}
    finished: Counter[str] = Counter()
    for n, (step, k) in enumerate(steps):
        name = sorted(states)[k % len(states)] if states else "none"
        match step:
            case "add":
                states[f"job{n:02}"] = store.add(_job(f"job{n:02}", f"client{k % 2}")).state
            case "claim":
                job = store.claim()
                assert (job is None) == ("queued" not in states.values())
                if job is not None:
                    assert states[job.id] == "queued"
                    states[job.id] = "running"
            case "finish" | "fail":
                end = store.finish(name, b"[]") if step == "finish" else store.fail(name, "why")
                assert end == (states.get(name) == "running")
                if end:
                    states[name] = "done" if step == "finish" else "failed"
                    finished[name] += 1
            case "release":
                store.release(name, blamed=True)
                if states.get(name) == "running":
                    states[name] = "queued"
            case "delete":
                assert store.delete(name) == (name in states)
                states.pop(name, None)
            case "crash":
                path = store.path
                store.close()
                store = JobStore(path)
                store.recover(1000)
                states = {k: "queued" if v == "running" else v for k, v in states.items()}
    assert store.counts() == {s: list(states.values()).count(s) for s in store.counts()}
    assert max(finished.values(), default=0) <= 1
    assert store.waiting_ids() == {k for k, v in states.items() if v in ("queued", "running")}
    store.close()
