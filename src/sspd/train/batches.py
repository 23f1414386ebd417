"""What the steps of a training are given: clips that threads read ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from sspd.errors import TrainingError
from sspd.recipes import BaselineRecipe, Recipe
from sspd.train.labels import label_of_clip
from sspd.train.looks import Run
from sspd.train.outcome import Batch
from sspd.train.sampler import Draw, Film, clip_at, draws_of_step, place_of, stored_at
from sspd.views.device_grid import levels_on_grid
from sspd.views.grid import grid_weights

#: Threads that read clips, as many as cores between these, and steps that are read ahead.
FEWEST_READERS, MOST_READERS, AHEAD = 4, 16, 2


def batches_of(run: Run, steps: range) -> Iterator[Batch]:
    """Clips of each step that this process has; the next ones are read while it trains.

    Which clips they are is decided by seed and step alone, whoever reads them.

    Parameters
    ----------
    run : Run
    steps : range
    """
    films, recipe, seed = run.films, run.recipe, run.seed
    waiting: deque[tuple[int, Sequence[Draw], list[Future[Tensor]]]] = deque()

    readers = min(max(os.cpu_count() or 1, FEWEST_READERS), MOST_READERS)
    with ThreadPoolExecutor(readers) as pool:

        def ask(step: int) -> None:
            all_draws = draws_of_step(step, recipe, len(films), seed)
            draws = run.team.mine(all_draws)
            what = recipe, seed, run.device
            clips = [pool.submit(clip_on, films[draw.film], draw, *what) for draw in draws]
            waiting.append((len(all_draws), draws, clips))

        try:
            for step in steps[:AHEAD]:
                ask(step)
            for step in steps:
                n_step, draws, clips = waiting.popleft()
                faces = _batch([clip.result() for clip in clips])
                if step + AHEAD < steps.stop:
                    ask(step + AHEAD)
                yield Batch(faces, draws, n_step, _waves(films, recipe, draws, seed))
        finally:
            pool.shutdown(cancel_futures=True)


def clip_on(
    film: Film, draw: Draw, recipe: Recipe | BaselineRecipe, seed: int, device: torch.device
) -> Tensor:
    """`clip_at`, on a device; there it is put on the grid, where it need not be made smaller.

    Parameters
    ----------
    film, draw, recipe, seed
        As of `sspd.train.sampler.clip_at`.
    device : torch.device

    Returns
    -------
    Tensor, shape (t + 1, 3, s, s)
    """
    if device.type == "cpu":
        return torch.from_numpy(clip_at(film, draw, recipe, seed))
    if max(entry.size for entry in film.entries) > recipe.drawn_px:
        with _beside(device):
            return _moved(torch.from_numpy(clip_at(film, draw, recipe, seed)), device)
    return gridded_clip(film, draw, recipe, seed, device)


def gridded_clip(
    film: Film, draw: Draw, recipe: Recipe | BaselineRecipe, seed: int, device: torch.device
) -> Tensor:
    """A clip whose faces are moved as they are stored, and put on the grid on the device."""
    faces, begin_s = stored_at(film, draw, recipe, seed)
    network = recipe.network
    made_of = grid_weights(faces, network.fs, begin_s, recipe.n_differences + 1)
    with _beside(device):
        there = _moved(torch.from_numpy(faces.rgb), device)
        clip = levels_on_grid(there, *made_of, faces.max_value)
        return clip.flip(1) if network.colour == "bgr" else clip


@contextmanager
def _beside(device: torch.device) -> Iterator[None]:
    """Work of this thread runs beside what the device computes, not after it; to its end."""
    if device.type != "cuda":
        yield
        return
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    with torch.cuda.stream(stream):
        yield
    stream.synchronize()


def _moved(clip: Tensor, device: torch.device) -> Tensor:
    if device.type != "cuda":
        return clip.to(device)
    return clip.pin_memory().to(device, non_blocking=True)


def _batch(clips: Sequence[Tensor]) -> Tensor:
    """Clips beside each other; their own memory is let go when the copy is done."""
    for clip in clips:
        if clip.is_cuda:
            clip.record_stream(torch.cuda.current_stream(clip.device))
    return torch.stack(list(clips))


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
