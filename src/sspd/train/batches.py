"""What the steps of a training are given: clips that threads read ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sspd.errors import TrainingError
from sspd.recipes import BaselineRecipe, Recipe
from sspd.train.labels import label_of_clip
from sspd.train.looks import Run
from sspd.train.outcome import Batch
from sspd.train.sampler import Draw, Film, clip_at, draws_of_step, place_of

#: Threads that read clips, and steps whose clips are read ahead.
READERS, AHEAD = 4, 2


def batches_of(run: Run, steps: range) -> Iterator[Batch]:
    """Clips of each step that this process has; the next ones are read while it trains.

    Which clips they are is decided by seed and step alone, whoever reads them.

    Parameters
    ----------
    run : Run
    steps : range
    """
    films, recipe, seed = run.films, run.recipe, run.seed
    waiting: deque[tuple[int, Sequence[Draw], list[Future[NDArray[np.float32]]]]] = deque()
    with ThreadPoolExecutor(READERS) as pool:

        def ask(step: int) -> None:
            all_draws = draws_of_step(step, recipe, len(films), seed)
            draws = run.team.mine(all_draws)
            clips = [pool.submit(clip_at, films[d.film], d, recipe, seed) for d in draws]
            waiting.append((len(all_draws), draws, clips))

        try:
            for step in steps[:AHEAD]:
                ask(step)
            for step in steps:
                n_step, draws, clips = waiting.popleft()
                faces = torch.from_numpy(np.stack([clip.result() for clip in clips]))
                if step + AHEAD < steps.stop:
                    ask(step + AHEAD)
                yield Batch(faces, draws, n_step, _waves(films, recipe, draws, seed))
        finally:
            pool.shutdown(cancel_futures=True)


def _waves(
    films: Sequence[Film], recipe: Recipe | BaselineRecipe, draws: Sequence[Draw], seed: int
) -> Tensor | None:
    """What a network that learns from labels should give for clips, (n, t)."""
    if isinstance(recipe, Recipe) or recipe.kind != "labelled":
        return None
    rows = []
    for draw in draws:
        film = films[draw.film]
        if film.label is None:
            raise TrainingError(f"{film.name}: {recipe.name!r} learns from labels, it has none")
        _, begin_s = place_of(film, draw, recipe.clip_s, seed)
        rows.append(label_of_clip(film.label, begin_s, recipe.network.clip, recipe.network))
    return torch.from_numpy(np.stack(rows))
