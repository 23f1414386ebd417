"""What the steps of a training are given: clips that threads read ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from sspd.accel.prefetch import prefetch
from sspd.errors import TrainingError
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.research.train.labels import label_of_clip, rate_of_clip
from sspd.research.train.loader import AHEAD, read_by_processes, read_by_threads
from sspd.research.train.monitor import TrainingRun
from sspd.research.train.sampler import Draw, Video, draws_of_step, place_of
from sspd.research.train.step_types import Batch


def batches_of(run: TrainingRun, steps: range) -> Iterator[Batch]:
    """Clips of each step that this process has; the next ones are read while it trains.

    Which clips they are is decided by seed and step alone, whoever reads them.

    Parameters
    ----------
    run : Run
    steps : range
    """
    videos, recipe, seed = run.videos, run.recipe, run.seed

    def mine(step: int) -> tuple[int, Sequence[Draw]]:
        every = draws_of_step(step, recipe, len(videos), seed, run.counts)
        return len(every), run.processes.mine(every)

    asked = (draw for step in steps for draw in mine(step)[1])
    if run.device.type == "cpu":
        clips = read_by_threads(videos, recipe, seed, asked)
    else:
        # moved in a thread of its own: steps wait for nothing but what is there
        read = read_by_processes(videos, recipe, seed, asked, run.device)
        clips = prefetch(read, AHEAD * recipe.batch)
    with closing(clips):
        for step in steps:
            n_step, draws = mine(step)
            waves, rates = (given(videos, recipe, draws, seed) for given in (_waves, _rates))
            yield Batch(_batch(clips, len(draws)), draws, n_step, waves, rates)


def _batch(clips: Iterator[Tensor], n: int) -> Tensor:
    """The next clips beside each other; memory of theirs is let go when the copy is done."""
    few = list(islice(clips, n))
    for clip in few:
        if clip.is_cuda:
            clip.record_stream(torch.cuda.current_stream(clip.device))
    return torch.stack(few)


def _waves(
    videos: Sequence[Video], recipe: Recipe | BaselineRecipe, draws: Sequence[Draw], seed: int
) -> Tensor | None:
    """What a network that learns from labels should give for clips, (n, t)."""
    if isinstance(recipe, Recipe) or recipe.kind != "labelled":
        return None
    if all(videos[draw.video].rates is not None for draw in draws):
        return None
    rows = []
    for draw in draws:
        video = videos[draw.video]
        if video.label is None:
            raise TrainingError(f"{video.name}: {recipe.name!r} learns from labels, it has none")
        _, begin_s = place_of(video, draw, recipe.clip_s, seed)
        rows.append(label_of_clip(video.label, begin_s, recipe.network.clip, recipe.network))
    return torch.from_numpy(np.stack(rows))


def _rates(
    videos: Sequence[Video], recipe: Recipe | BaselineRecipe, draws: Sequence[Draw], seed: int
) -> Tensor | None:
    """The known rates of clips, Hz, (n,), where nothing else of them is known."""
    known = [videos[draw.video].rates for draw in draws]
    rows = []
    for draw, rates in zip(draws, known, strict=True):
        if rates is None:
            return None
        _, begin_s = place_of(videos[draw.video], draw, recipe.clip_s, seed)
        rows.append(rate_of_clip(rates, begin_s, recipe.clip_s) / 60)
    return torch.tensor(rows, dtype=torch.float32)
