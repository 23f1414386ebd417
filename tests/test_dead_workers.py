"""Commands whose worker processes die say over which item, and what is kept."""

from __future__ import annotations

import os
import re
from multiprocessing import parent_process
from pathlib import Path

import pytest

from sspd.errors import SSPDError
from sspd.methods import Method, get_method
from sspd.research.api.simulate import KEPT, write_all
from sspd.research.datasets.table import open_dataset
from sspd.research.evaluate import ablate
from sspd.research.evaluate.measuring import iter_predictions
from sspd.research.recipes import get_recipe
from sspd.research.recipes.ablations import get_grid
from sspd.simulation import VideoSpec

SPEC = VideoSpec(seed=1, duration_s=1.0, width=192, height=144, face_px=90)


def no_method() -> Method:
    os._exit(9)


def no_video(path: Path, spec: VideoSpec) -> None:
    os._exit(9)


def no_task(
    task: ablate.AblationTask, told: object = None
) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The first training of a grid is done in the parent."""
    if parent_process() is not None:
        os._exit(9)
    return (1.0, 1.0, 1.0), ()


def _said(items: str, kept: str) -> str:
    one = rf"(one of )?({items})(, ({items}))*"
    return rf"^{one}: its worker process ended by itself \(exit code 9\); {re.escape(kept)}$"


@pytest.mark.slow
def test_of_a_measurement(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"f{n}.mp4").touch()
    _, recordings = open_dataset(f"folder:{tmp_path}")
    kept = "what was measured is kept, the same command continues"
    method = get_method("pos")
    with pytest.raises(SSPDError, match=_said(r"f\d", kept)):
        list(iter_predictions(recordings, method, no_method, tmp_path / "kept", jobs=2))


@pytest.mark.slow
def test_of_a_simulation(tmp_path: Path) -> None:
    videos = [(tmp_path / f"f{n}.mp4", SPEC) for n in range(3)]
    with pytest.raises(SSPDError, match=_said(r"\S+f\d\.mp4", KEPT)):
        write_all(tmp_path, videos, no_video, 2)


@pytest.mark.slow
def test_of_an_ablation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablate, "run_task", no_task)
    grid = get_grid("v")
    tasks = ablate.ablation_tasks(
        grid, get_recipe("ablation"), range(2), "folder:none", "leave-one-out", tmp_path
    )
    kept = "finished cells are kept, the same command continues"
    with pytest.raises(SSPDError, match=_said(r"[\w/ ,-]+, seed \d", kept)):
        ablate.ablate(grid, tasks, jobs=2)
