"""Runs killed for real, at moments nobody chose, go on to the same results."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sspd.utils.locks import claim

Rows = Callable[[Path], list[dict[str, Any]]]
Wait = Callable[[Path, int, Any], None]


def _outputs(folder: Path) -> list[str | Path]:
    folder.mkdir(exist_ok=True)
    return ["--json", folder / "a.json", "--csv", folder / "a.csv", "--signal", folder / "s.csv"]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _failures(said: str) -> int:
    """Count the videos that failed; a slow machine also gets a line of progress now and then."""
    return sum("f5.mp4: " in line for line in said.splitlines())


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_with_the_same_results(
    videos: Path,
    tmp_path: Path,
    run: Any,
    rows: Rows,
    wait_for_results: Wait,
    results_in: Callable[[Path], int],
) -> None:
    sources, whole, killed = tmp_path / "videos", tmp_path / "whole", tmp_path / "killed"
    for name in ("one", "two", "three"):
        shutil.copytree(videos, sources / name)
    code, _, said = run(sources, "--jobs", 2, *_outputs(whole)).end()
    assert (code, _failures(said)) == (1, 3)
    rng, journal, kills = np.random.default_rng(), killed / "a.json.journal", 0
    for _ in range(5):
        child = run(sources, "--jobs", 2, "--resume", *_outputs(killed))
        before = results_in(journal)
        wait_for_results(journal, before + int(rng.integers(0, 4)), child.process)
        try:
            child.process.communicate(timeout=rng.uniform(0, 0.1))
        except subprocess.TimeoutExpired:
            child.send(signal.SIGKILL)
            child.end()
            kills += 1
    assert kills >= 3
    code, _, said = run(sources, "--resume", *_outputs(killed)).end()
    assert (code, _failures(said)) == (1, 3)
    assert rows(killed / "a.json") == rows(whole / "a.json")
    for path in whole.glob("*.csv"):
        assert (killed / path.name).read_bytes() == path.read_bytes()
    # three videos failed and can be tried again, so the journal stays; nothing else does
    assert _names(killed) == _names(whole)
    assert journal.name in _names(whole)


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done(
    videos: Path, long: Path, tmp_path: Path, run: Any, rows: Rows, wait_for_results: Wait
) -> None:
    good = [videos / "f0.mp4", videos / "f1.mp4", long, videos / "f3.mp4"]
    child = run(*good, *_outputs(tmp_path))
    journal = tmp_path / "a.json.journal"
    wait_for_results(journal, 2, child.process)
    child.send(signal.SIGINT)
    code, out, said = child.end()
    assert code == 130
    kept = rows(tmp_path / "a.json")
    n = len(kept)
    assert n in (1, 2)  # the signal may come between a video's line and its place among the rows
    assert said.splitlines() == [
        f"sspd: interrupted after {n} of 4 videos; the same command with --resume continues"
    ]
    assert f"{n} measured" in out or n == 1  # one video alone has no line of sums
    assert not list(tmp_path.glob(".*"))
    code, out, said = run(*good, "--resume", *_outputs(tmp_path)).end()
    assert (code, said) == (0, "")
    assert [row["source"] for row in rows(tmp_path / "a.json")] == [str(video) for video in good]
    assert rows(tmp_path / "a.json")[:n] == kept
    assert not journal.exists()


def _alive(group: int) -> list[str]:
    """Processes of a group that are no zombies, as the kernel lists them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state != "Z":
                found.append(stat.parent.name)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_whose_command_is_killed_end_at_once(
    videos: Path, long: Path, tmp_path: Path, run: Any, wait_for_results: Wait
) -> None:
    child = run(videos / "f0.mp4", long, videos / "f1.mp4", *_outputs(tmp_path / "out"))
    wait_for_results(tmp_path / "out" / "a.json.journal", 1, child.process)
    child.process.kill()  # the command alone; its worker is at the long video
    child.end()
    end_s = time.monotonic() + 60
    while _alive(child.process.pid):
        assert time.monotonic() < end_s
    # and the locks, which are free again
    locks = [".a.csv.lock", ".a.json.lock"]
    assert _names(tmp_path / "out") == [
        *(*locks, "a.json.journal", "a.json.journal-wal", "s-f0.csv")
    ]
    with claim([tmp_path / "out" / "a.csv", tmp_path / "out" / "a.json"]):
        pass
