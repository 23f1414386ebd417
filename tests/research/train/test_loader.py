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
from sspd.network.grid import grid_weights
from sspd.research.datasets.faces import open_store
from sspd.research.recipes import Recipe
from sspd.research.train.loader import batches_of, read_by_processes, read_by_threads
from sspd.research.train.monitor import TrainingRun
from sspd.research.train.process_group import SINGLE
from sspd.research.train.sampler import (
    Draw,
    Video,
    clip_at,
    draws_of_step,
    stored_at,
    usable_videos,
)
from sspd.research.train.trainers import trainer_for
from sspd.research.views.device_grid import levels_on_grid

CPU = torch.device("cpu")


@pytest.fixture
def videos(ramps: Path, tmp_path: Path) -> list[Video]:
    shutil.copytree(ramps, tmp_path / "faces")
    return usable_videos(open_store(tmp_path / "faces"), 3.0)[0]


def draws() -> Iterator[Draw]:
    yield from (Draw(epoch, video) for epoch in range(3) for video in range(3))


def in_turn(videos: list[Video], recipe: Recipe) -> list[torch.Tensor]:
    """The plain loop: what processes read and a device puts on the clock, here and one by one."""
    clips = []
    for draw in draws():
        video = videos[draw.video]
        if video.entries[0].size > recipe.drawn_px:
            clips.append(torch.from_numpy(clip_at(video, draw, recipe, 3)))
            continue
        faces, begin_s = stored_at(video, draw, recipe, 3)
        grid = grid_weights(faces, recipe.network.fs, begin_s, recipe.n_differences + 1)
        which, weights = map(torch.from_numpy, grid)
        clip = levels_on_grid(torch.from_numpy(faces.rgb), which, weights, faces.max_value)
        clips.append(clip.flip(1) if recipe.network.colour == "bgr" else clip)
    return clips


@pytest.mark.slow
@pytest.mark.parametrize(
    ("colour", "drawn", "jobs"),
    [("bgr", "as stored", 1), ("rgb", "smaller", 1), ("rgb", "as stored", 2)],
)
def test_processes_give_the_bits_of_the_plain_loop_and_what_threads_give(
    videos: list[Video],
    tiny: Recipe,
    colour: str,
    drawn: str,
    jobs: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = replace(tiny, network=replace(tiny.network, colour=colour))
    if drawn == "smaller":
        monkeypatch.setattr(Recipe, "drawn_px", 100)
    by_threads = list(read_by_threads(videos, recipe, 3, draws()))
    chance = torch.get_rng_state()
    by_processes = list(read_by_processes(videos, recipe, 3, draws(), CPU, jobs))
    assert torch.equal(torch.get_rng_state(), chance)
    assert len(by_threads) == len(by_processes) == 9
    for own, other in zip(in_turn(videos, recipe), by_processes, strict=True):
        assert torch.equal(own, other)
    for draw, one, other in zip(draws(), by_threads, by_processes, strict=True):
        np.testing.assert_array_equal(one, clip_at(videos[draw.video], draw, recipe, 3))
        torch.testing.assert_close(other, one, atol=1e-3, rtol=0)


def test_batches_are_what_a_plain_loop_reads_whenever_they_begin(
    videos: list[Video], tiny: Recipe, tmp_path: Path
) -> None:
    run = TrainingRun(videos, tiny, 5, CPU, tmp_path, trainer_for(tiny, SINGLE), SINGLE, {})
    plain = list(batches_of(run, range(3)))
    (again,) = batches_of(run, range(2, 3))
    assert torch.equal(plain[2].clips, again.clips)
    for k, batch in enumerate(plain):
        drawn = draws_of_step(k, tiny, len(videos), 5, run.counts)
        assert list(batch.draws) == drawn
        own = [torch.from_numpy(clip_at(videos[d.video], d, tiny, 5)) for d in drawn]
        assert torch.equal(batch.clips, torch.stack(own))


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
    handler = signal.getsignal(signal.SIGCHLD)
    clips = read_by_processes(videos, tiny, 3, many, CPU)
    next(clips)
    assert signal.getsignal(signal.SIGCHLD) == handler  # or a death is raised anywhere
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
