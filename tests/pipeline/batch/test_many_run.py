from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

import sspd
from helpers.beating_faces import SKIN_BOX
from sspd.errors import UsageError, WeightsError
from sspd.pipeline.batch import BatchResult, Journal, measure_many
from sspd.pipeline.batch.pool import Worker
from sspd.pipeline.batch.result import Task
from sspd.pipeline.batch.run import workers_of_machine
from sspd.report.json import vitals_to_dict
from sspd.types import Vitals

POS: dict[str, Any] = {"method": "pos", "box": SKIN_BOX}


def _row(vitals: Vitals) -> dict[str, Any]:
    return vitals_to_dict(replace(vitals, timing_s={}))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every worker process that is started, in order."""
    processes: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def recorded(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        processes.append(start(*args, **kwargs))
        return processes[-1]

    monkeypatch.setattr("sspd.pipeline.batch.pool.subprocess.Popen", recorded)
    return processes


def _all_gone(processes: list[subprocess.Popen[bytes]]) -> bool:
    return all(process.returncode is not None for process in processes)


@pytest.mark.slow
def test_workers_read_what_one_process_reads(videos: Path, started: list[Any]) -> None:
    sources = sorted(videos.iterdir())[:6]
    done = {one.index: one for one in measure_many(sources, jobs=2, **POS)}
    assert len(started) == 2
    assert _all_gone(started)
    assert sorted(done) == list(range(6))
    for i, video in enumerate(sources):
        if video.name == "f5.mp4":
            assert done[i].vitals.error is not None
            assert "not a video" in done[i].vitals.error
            continue
        alone = sspd.measure(video, **POS)
        assert _row(done[i].vitals) == _row(alone)
        for name in ("signal", "beats_s"):
            assert (getattr(alone, name) is None) == (getattr(done[i].vitals, name) is None)
        if alone.signal is not None and done[i].vitals.signal is not None:
            np.testing.assert_array_equal(done[i].vitals.signal.values, alone.signal.values)


@pytest.mark.slow
def test_a_single_video_needs_no_other_process(videos: Path, started: list[Any]) -> None:
    (done,) = measure_many([videos / "f0.mp4"], jobs=4, **POS)
    assert done.vitals.accepted
    assert not started


@pytest.mark.parametrize(
    ("cores", "gigabytes", "jobs"), [(4, 64, 4), (64, 16, 16), (2, 1, 1), (1, 64, 1)]
)
def test_as_many_workers_as_there_are_cores_and_memory_for(
    cores: int, gigabytes: int, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"SC_PHYS_PAGES": gigabytes << 18, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr("sspd.pipeline.batch.run.os.sysconf", told.__getitem__)
    assert workers_of_machine(cores) == jobs


def test_no_videos_are_no_results(started: list[Any]) -> None:
    assert list(measure_many([], jobs=0, method="pos")) == []
    assert not started


@dataclass
class _Last:
    """A worker's input whose next line is its last: it has the line when it dies.

    It is stopped while it is sent, so that it cannot be done with its video before.
    """

    pipe: IO[bytes]
    process: subprocess.Popen[bytes]
    number: int

    def write(self, line: bytes) -> int:
        os.kill(self.process.pid, signal.SIGSTOP)
        return self.pipe.write(line)

    def flush(self) -> None:
        self.pipe.flush()
        for number in (self.number, signal.SIGCONT):
            os.kill(self.process.pid, number)

    def close(self) -> None:
        self.pipe.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "sentence"),
    [(signal.SIGKILL, "killed (SIGKILL); out of memory?"), (signal.SIGSEGV, "crashed (SIGSEGV)")],
)
def test_a_worker_that_dies_takes_one_video_along(
    number: int,
    sentence: str,
    videos: Path,
    long: Path,
    started: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measure = Worker.measure

    def dying_of_long(worker: Worker, task: Task, *more: Any) -> BatchResult:
        process = worker.process
        if task.video == str(long) and process is not None and process.stdin is not None:
            process.stdin = _Last(process.stdin, process, number)
        return measure(worker, task, *more)

    monkeypatch.setattr(Worker, "measure", dying_of_long)
    done = list(measure_many([videos / "f0.mp4", long, videos / "f1.mp4"], **POS))
    assert [one.index for one in done] == [0, 1, 2]
    assert [one.vitals.accepted for one in done] == [True, False, True]
    line = str(done[1].vitals.error)
    assert line.startswith(f"{long}: its worker process was " if number == 9 else str(long))
    assert sentence in line
    assert (done[1].vitals.method, done[1].misused) == ("pos", False)
    assert len(started) == 2
    assert _all_gone(started)


@pytest.mark.slow
def test_a_video_that_takes_too_long_is_given_up(
    videos: Path, long: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = Worker.measure

    def hanging_at_long(worker: Worker, task: Task, *more: Any) -> BatchResult:
        hangs = task.video == str(long)
        if hangs and worker.process is not None:
            os.kill(worker.process.pid, signal.SIGSTOP)
        worker.limit_s = 0.1 if hangs else 300.0
        return measure(worker, task, *more)

    monkeypatch.setattr(Worker, "measure", hanging_at_long)
    sources = [videos / "f0.mp4", long, videos / "f1.mp4"]
    done = list(measure_many(sources, limit_s=300.0, **POS))
    assert [one.vitals.accepted for one in done] == [True, False, True]
    assert done[1].vitals.error == f"{long}: took longer than the 0.1 s it may take"
    assert len(started) == 2
    assert _all_gone(started)


@pytest.mark.slow
@pytest.mark.parametrize("limit_s", [300.0, float("inf")])
def test_a_limit_keeps_a_single_video_in_a_process_of_its_own(
    limit_s: float, videos: Path, started: list[Any]
) -> None:
    (done,) = measure_many([videos / "f0.mp4"], limit_s=limit_s, **POS)
    assert (done.vitals.accepted, len(started)) == (True, 1)
    alone = sspd.measure(videos / "f0.mp4", **POS)
    assert _row(done.vitals) == _row(alone)


@pytest.mark.skipif(not Path("/proc").exists(), reason="other systems bound no address space")
def test_a_limit_bounds_memory(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sspd.pipeline.batch.pool.LIMIT_BYTES", 64 << 20)
    (done,) = measure_many([videos / "f0.mp4"], limit_s=300.0, **POS)
    assert done.vitals.error is not None
    assert "\n" not in done.vitals.error
    (done,) = measure_many([videos / "f0.mp4"], **POS)
    assert done.vitals.accepted


def test_a_worker_that_cannot_be_started_fails_its_videos(
    videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sspd.pipeline.batch.pool.sys.executable", "no-such-python")
    done = list(measure_many([videos / "f0.mp4", videos / "f1.mp4"], **POS))
    assert all("no-such-python" in str(one.vitals.error) for one in done)


@pytest.mark.slow
def test_who_stops_listening_ends_the_workers(videos: Path, started: list[Any]) -> None:
    run = measure_many(sorted(videos.iterdir()), jobs=2, **POS)
    next(run)
    run.close()
    assert len(started) == 2
    assert _all_gone(started)


def test_wrong_arguments_are_said_at_once(videos: Path) -> None:
    video = videos / "f0.mp4"
    with pytest.raises(UsageError, match="window"):
        measure_many([video], window_s=2.0)
    with pytest.raises(UsageError, match="segment"):
        measure_many([video], start_s=5.0, end_s=4.0)
    with pytest.raises(UsageError, match="jobs"):
        measure_many([video], jobs=-1)
    with pytest.raises(UsageError, match="limit"):
        measure_many([video], limit_s=0.0)
    with pytest.raises(UsageError, match="outputs"):
        measure_many([video], outputs=[], method="pos")
    with pytest.raises(WeightsError):
        measure_many([video], weights="missing.onnx")


def test_a_box_outside_the_video_is_misuse(videos: Path) -> None:
    outside = sspd.Box(500, 0, 600, 60)
    done = list(measure_many([videos / "f0.mp4", videos / "f1.mp4"], method="pos", box=outside))
    assert [one.misused for one in done] == [True, True]


@pytest.mark.slow
def test_files_are_written_before_the_result_comes(videos: Path, tmp_path: Path) -> None:
    outputs = [{"signal": tmp_path / f"{i}.csv"} for i in range(2)]
    outputs[1]["plot"] = tmp_path / "missing" / "1.png"
    for one in measure_many([videos / "f0.mp4", videos / "f1.mp4"], outputs=outputs, **POS):
        assert (tmp_path / f"{one.index}.csv").exists()
        assert len(one.failures) == one.index
        assert "1.png" in "".join(one.failures) or not one.index
        assert one.vitals.accepted


@pytest.mark.slow
def test_a_journal_goes_on_where_it_was_left(
    videos: Path, tmp_path: Path, started: list[Any]
) -> None:
    sources = [videos / name for name in ("f0.mp4", "f1.mp4", "f5.mp4")]
    whole = {one.index: one.vitals for one in measure_many(sources, **POS)}
    journal = Journal(tmp_path / "j")
    run = measure_many(sources, journal=journal, **POS)
    next(run)
    run.close()
    journal.close()
    started.clear()
    again = Journal(tmp_path / "j", resume=True)
    done = list(measure_many(sources, journal=again, **POS))
    assert [(one.index, one.resumed) for one in done] == [(0, True), (1, False), (2, False)]
    assert {one.index: _row(one.vitals) for one in done} == {
        i: _row(vitals) for i, vitals in whole.items()
    }
    np.testing.assert_array_equal(done[0].vitals.signal.values, whole[0].signal.values)
    again.close()
    # the one that failed is tried again, in a process of its own: it may have crashed it
    started.clear()
    third = Journal(tmp_path / "j", resume=True)
    done = list(measure_many(sources, journal=third, **POS))
    assert [(one.index, one.resumed) for one in done] == [(0, True), (1, True), (2, False)]
    assert len(started) == 1
    third.close()
