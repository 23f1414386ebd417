from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.errors import OutputError
from sspd.pipeline.batch import Journal

#: No process of these tests takes so long, on whatever machine, seconds.
DEADLINE_S = 300.0


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """A folder of eight videos of 9 s, one of them short, one refused, one no video at all."""
    folder = tmp_path_factory.mktemp("many")
    for i in range(8):
        t = np.arange(30 if i == 2 else 270) / 30
        if i == 5:
            (folder / "f5.mp4").write_text("no video at all")
        else:
            pictures = beating_frames(t, 1.0 + 0.1 * i)
            write_video(folder / f"f{i}.mp4", pictures, t, options={"crf": "16", "threads": "1"})
    return folder


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """A video of four minutes, which takes long enough to do something meanwhile."""
    pictures = beating_frames(np.arange(750) / 30, 1.2)  # 30 whole beats
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    options = {"threads": "1", "preset": "ultrafast"}
    return write_video(path, np.tile(pictures, (10, 1, 1, 1)), options=options)


class Run:
    """`sspd measure` in a process group of its own, as from a terminal."""

    def __init__(self, *arguments: str | Path) -> None:
        box = ",".join(map(str, SKIN_BOX))
        command = [sys.executable, "-m", "sspd.cli.main", "measure", "--method", "pos"]
        self.process = subprocess.Popen(
            [*command, "--box", box, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # a shell's background job ignores Ctrl-C, and its children would, too
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def send(self, number: int) -> None:
        """Signal the whole group: the command and its workers."""
        os.killpg(self.process.pid, number)

    def end(self) -> tuple[int, str, str]:
        """Exit code, output and errors."""
        try:
            out, err = self.process.communicate(timeout=DEADLINE_S)
        finally:
            if self.process.poll() is None:
                self.send(signal.SIGKILL)
        return self.process.returncode, out, err


@pytest.fixture
def run() -> type[Run]:
    """The class `Run`."""
    return Run


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text())
    return [{name: row[name] for name in row if name != "timing_s"} for row in rows]


@pytest.fixture
def rows() -> Callable[[Path], list[dict[str, Any]]]:
    """Read a JSON of results, timings left out."""
    return _rows


def _results_in(journal: Path) -> int:
    """Videos in a journal, were its run killed now."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (journal, journal.with_name(f"{journal.name}-wal")):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(path, folder)
        try:
            with contextlib.closing(Journal(Path(folder) / journal.name)) as copy:
                return copy.found_results
        except OutputError:  # copied in the middle of its first page
            return 0


def _wait_for_results(path: Path, n: int, running: subprocess.Popen[str]) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while running.poll() is None:
        if _results_in(path) >= n:
            return
        assert time.monotonic() < end_s, f"{path} never had {n} results"
        time.sleep(0.01)


@pytest.fixture
def results_in() -> Callable[[Path], int]:
    """Count the videos in a journal."""
    return _results_in


@pytest.fixture
def wait_for_results() -> Callable[[Path, int, Any], None]:
    """Wait until a journal has so many videos, or the process is done."""
    return _wait_for_results
