"""Clips read ahead of the steps that want them: by threads, or by processes for a GPU.

A processor trains slowly enough that threads keep up. A GPU eats fifty clips a second, and
threads would wait for Python's one lock, as would the steps themselves.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from multiprocessing.shared_memory import SharedMemory
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sspd.errors import ProcessLostError
from sspd.network.grid import grid_weights
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.research.train.sampler import Draw, Video, clip_at, stored_at
from sspd.research.views.device_grid import levels_on_grid
from sspd.utils.process_map import Words, process_stream

#: Threads that read; clips wait for no more than `AHEAD` steps.
THREADS, AHEAD = 4, 2
#: Processes that read: as many as cores less one for the steps, but no more.
MOST_PROCESSES = 12


def read_by_threads(
    videos: Sequence[Video], recipe: Recipe | BaselineRecipe, seed: int, draws: Iterable[Draw]
) -> Generator[Tensor, None, None]:
    """Clips of `draws`, in order, as `sspd.research.train.sampler.clip_at` gives them.

    Parameters
    ----------
    videos, recipe, seed
        As of `clip_at`.
    draws : iterable of Draw
    """
    coming, waiting = iter(draws), deque[Future[Tensor]]()
    with ThreadPoolExecutor(THREADS) as pool:

        def clip_of(draw: Draw) -> Tensor:
            return torch.from_numpy(clip_at(videos[draw.video], draw, recipe, seed))

        try:
            for draw in islice(coming, AHEAD * recipe.batch):
                waiting.append(pool.submit(clip_of, draw))
            while waiting:
                clip = waiting.popleft().result()
                for draw in islice(coming, 1):
                    waiting.append(pool.submit(clip_of, draw))
                yield clip
        finally:
            pool.shutdown(cancel_futures=True)


def read_by_processes(
    videos: Sequence[Video],
    recipe: Recipe | BaselineRecipe,
    seed: int,
    draws: Iterable[Draw],
    device: torch.device,
) -> Generator[Tensor, None, None]:
    """The same, on a device, where faces are put on the network's clock.

    Faces are moved as they are stored, half of what a clip takes, and beside what the
    device computes.

    Parameters
    ----------
    videos, recipe, seed, draws
        As of `read_by_threads`.
    device : torch.device

    Raises
    ------
    ProcessLostError
        One of the processes died, for want of memory perhaps.
    """
    jobs = min(max((os.cpu_count() or 1) - 1, 1), MOST_PROCESSES)
    bare = [replace(video, label=None) for video in videos]  # what a process need not be sent
    wanted = ((bare[draw.video], draw) for draw in draws)
    read = partial(_share, recipe=recipe, seed=seed)
    words = Words[tuple[Video, Draw]](
        lambda clip: f"a clip of {clip[0].name}",
        "the last state is kept, --resume continues from there",
        "",
        ProcessLostError,
    )
    clips = process_stream(
        read, wanted, jobs, words, ahead=AHEAD * recipe.batch, discard=Shared.taken
    )
    with closing(clips):
        for _, shared in clips:
            yield _moved(shared, device, recipe.network.colour)


class Shared(NamedTuple):
    """A clip in memory that processes share."""

    name: str
    """Of the memory."""
    shape: tuple[int, ...]
    grid: tuple[NDArray[np.int64], NDArray[np.float32]] | None
    """What the network's clock is made of, of stored faces; None: it is the clip itself."""
    max_value: int = 0

    def taken(self) -> Tensor:
        """Its values in memory of one's own: uint16 seen as int16, or float32."""
        kind = np.float32 if self.grid is None else np.int16
        memory = SharedMemory(self.name)
        try:
            values = np.ndarray(self.shape, kind, memory.buf)
            return torch.from_numpy(values.copy())
        finally:
            del values
            memory.close()
            memory.unlink()


def _share(clip_of: tuple[Video, Draw], recipe: Recipe | BaselineRecipe, seed: int) -> Shared:
    """Read a clip, in a process of its own."""
    video, draw = clip_of
    if max(entry.size for entry in video.entries) > recipe.drawn_px:  # made smaller here
        clip = clip_at(video, draw, recipe, seed)
        return Shared(_in_shared_memory(clip), clip.shape, None)
    faces, begin_s = stored_at(video, draw, recipe, seed)
    grid = grid_weights(faces, recipe.network.fs, begin_s, recipe.n_differences + 1)
    return Shared(_in_shared_memory(faces.rgb), faces.rgb.shape, grid, faces.max_value)


def _in_shared_memory(values: NDArray[Any]) -> str:
    memory = SharedMemory(create=True, size=values.nbytes)
    np.ndarray(values.shape, values.dtype, memory.buf)[:] = values
    memory.close()
    return memory.name


def _moved(shared: Shared, device: torch.device, colour: str) -> Tensor:
    """The clip on its device, (t + 1, 3, s, s)."""
    values = shared.taken()
    with _beside(device):
        values = values.pin_memory() if device.type == "cuda" else values
        values = values.to(device, non_blocking=True)
        if shared.grid is None:
            return values
        which, weights = (torch.from_numpy(part).to(device) for part in shared.grid)
        clip = levels_on_grid(values, which, weights, shared.max_value)
        return clip.flip(1) if colour == "bgr" else clip


@contextmanager
def _beside(device: torch.device) -> Iterator[None]:
    """What is asked for runs beside what the device computes; what follows waits for it."""
    if device.type != "cuda":
        yield
        return
    now = torch.cuda.current_stream(device)
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    with torch.cuda.stream(stream):
        yield
    now.wait_stream(stream)
