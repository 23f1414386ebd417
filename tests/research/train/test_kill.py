"""A training killed for real, at moments nobody chose, goes on to the same bits."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sspd.research.recipes import Recipe
from sspd.research.train.loop import MODEL_FILE
from sspd.research.train.sampler import Video

CHILD = """
import pickle, sys
import sspd.research.train.finalize as finish
import sspd.research.train.loop as loop
import sspd.research.train.calibration_videos as reference
finish.STATISTICS_CLIPS, reference.VIDEOS, reference.DURATION_S = 4, 1, 3.0
videos, recipe, out = pickle.load(open(sys.argv[1], "rb"))
loop.train(videos, recipe, out, seed=5, device="cpu", resume=True, checkpoint_s=0.0, name="tiny")
"""


def _start(task: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", CHILD, str(task)], stderr=subprocess.PIPE)


def _task(folder: Path, videos: list[Video], recipe: Recipe) -> tuple[Path, Path]:
    folder.mkdir()
    task, out = folder / "task", folder / "out"
    task.write_bytes(pickle.dumps((videos, recipe, out)))
    return task, out


def _run_whole(task: Path) -> None:
    child = _start(task)
    _, said = child.communicate()
    assert child.returncode == 0, said.decode()


@pytest.mark.slow
def test_a_training_killed_at_random_moments_ends_with_the_same_bits(
    videos: list[Video], tiny: Recipe, tmp_path: Path
) -> None:
    task, whole = _task(tmp_path / "unbroken", videos, tiny)
    began = time.monotonic()
    _run_whole(task)
    lasted = time.monotonic() - began
    task, out = _task(tmp_path / "killed", videos, tiny)
    rng, kills = np.random.default_rng(), 0
    for _ in range(5):
        child = _start(task)
        try:
            child.communicate(timeout=lasted * rng.uniform(0.1, 0.7))
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            kills += 1
    assert kills >= 2
    _run_whole(task)
    assert (out / MODEL_FILE).read_bytes() == (whole / MODEL_FILE).read_bytes()
    assert [p.name for p in out.glob(".*")] == []
