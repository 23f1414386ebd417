"""Clips read ahead, by threads and by processes: the same ones."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import torch

from sspd.errors import ProcessLostError, SourceError
from sspd.research.datasets.faces import open_store
from sspd.research.recipes import Recipe
from sspd.research.train.loader import read_by_processes, read_by_threads
from sspd.research.train.sampler import Draw, Video, clip_at, usable_videos

CPU = torch.device("cpu")


@pytest.fixture
def videos(ramps: Path, tmp_path: Path) -> list[Video]:
    shutil.copytree(ramps, tmp_path / "faces")
    return usable_videos(open_store(tmp_path / "faces"), 3.0)[0]


def draws() -> Iterator[Draw]:
    yield from (Draw(epoch, video) for epoch in range(3) for video in range(3))


@pytest.mark.slow
@pytest.mark.parametrize(("colour", "drawn"), [("bgr", "as stored"), ("rgb", "smaller")])
def test_processes_give_what_threads_give(
    videos: list[Video], tiny: Recipe, colour: str, drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(tiny, network=replace(tiny.network, colour=colour))
    if drawn == "smaller":
        monkeypatch.setattr(Recipe, "drawn_px", 100)
    by_threads = list(read_by_threads(videos, recipe, 3, draws()))
    by_processes = list(read_by_processes(videos, recipe, 3, draws(), CPU))
    assert len(by_threads) == len(by_processes) == 9
    for draw, one, other in zip(draws(), by_threads, by_processes, strict=True):
        np.testing.assert_array_equal(one, clip_at(videos[draw.video], draw, recipe, 3))
        torch.testing.assert_close(other, one, atol=1e-3, rtol=0)


@pytest.mark.slow
def test_what_a_process_could_not_read_is_said_in_its_own_words(
    videos: list[Video], tiny: Recipe
) -> None:
    for piece in videos[1].entries[0].path.glob("b-*.zarr/faces/c/*/0/0/0"):
        piece.unlink()
    with pytest.raises(SourceError, match=r"chunk \d is missing") as caught:
        list(read_by_processes(videos, tiny, 3, draws(), CPU))
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_process_that_dies_is_reported_in_a_line(videos: list[Video], tiny: Recipe) -> None:
    many = (Draw(epoch, 0) for epoch in range(10_000))
    clips = read_by_processes(videos, tiny, 3, many, CPU)
    next(clips)
    workers = active_children()
    assert workers
    for worker in workers:
        assert worker.pid
        os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(ProcessLostError, match=r"worker process was killed \(SIGKILL\)"):
        list(clips)


def test_no_clip_is_read_before_it_is_asked_for_by_far(videos: list[Video], tiny: Recipe) -> None:
    asked: list[Draw] = []

    def told() -> Iterator[Draw]:
        for epoch in range(100):
            asked.append(Draw(epoch, 0))
            yield asked[-1]

    clips = read_by_threads(videos, tiny, 3, told())
    next(clips)
    clips.close()
    assert len(asked) <= 2 * tiny.batch + 1
