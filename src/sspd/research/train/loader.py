"""The clips of each step, read ahead: by threads, or by PyTorch's `DataLoader` for a GPU.

Which clips they are is decided by seed and step alone, whoever reads them. A processor
trains slowly enough that threads keep up. A GPU takes fifty clips a second, and threads would
wait for Python's one lock, as would the steps themselves: there processes read.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from multiprocessing import active_children
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from sspd.accel.prefetch import prefetch
from sspd.errors import ProcessLostError, SSPDError, TrainingError
from sspd.research.recipes import AnyRecipe, BaselineRecipe
from sspd.research.train.labels import label_of_clip, rate_of_clip
from sspd.research.train.monitor import TrainingRun
from sspd.research.train.sampler import Draw, Video, clip_at, draws_of_step, place_of
from sspd.research.train.step_types import Batch
from sspd.research.train.stored_clips import StoredClips, moved
from sspd.utils.exit_codes import death_words

#: Threads that read; clips wait for no more than `AHEAD` steps.
THREADS, AHEAD = 4, 2
#: Processes that read: as many as cores less one for the steps, but no more.
MOST_PROCESSES = 12
#: Longest time until the system reports a dead process, seconds.
_GRACE_S = 5.0


def batches_of(run: TrainingRun, steps: range) -> Iterator[Batch]:
    """Iterate over the clips of each step of this process, and read the next ones meanwhile.

    Which clips they are is decided by seed and step alone, whoever reads them.

    Parameters
    ----------
    run : Run
    steps : range

    Yields
    ------
    Batch
    """
    videos, recipe, seed = run.videos, run.recipe, run.seed

    def mine(step: int) -> tuple[int, Sequence[Draw]]:
        every = draws_of_step(step, recipe, len(videos), seed, run.counts)
        return len(every), run.processes.mine(every)

    asked = (draw for step in steps for draw in mine(step)[1])
    if run.device.type == "cpu":
        clips = read_by_threads(videos, recipe, seed, asked)
    else:
        clips = read_by_processes(videos, recipe, seed, asked, run.device)
    with closing(clips):
        for step in steps:
            n_step, draws = mine(step)
            waves, rates = (given(videos, recipe, draws, seed) for given in (_waves, _rates))
            places = [(draw.video, *_place(videos, recipe, draw, seed)) for draw in draws]
            yield Batch(_batch(clips, len(draws)), draws, n_step, waves, rates, places)


def _place(videos: Sequence[Video], recipe: AnyRecipe, draw: Draw, seed: int) -> tuple[int, float]:
    return place_of(videos[draw.video], draw, recipe.clip_s, seed, recipe.start_every_s)


def _batch(clips: Iterator[Tensor], n: int) -> Tensor:
    """The next clips beside each other; memory of theirs is let go when the copy is done."""
    few = list(islice(clips, n))
    for clip in few:
        if clip.is_cuda:
            clip.record_stream(torch.cuda.current_stream(clip.device))
    return torch.stack(few)


def read_by_threads(
    videos: Sequence[Video], recipe: AnyRecipe, seed: int, draws: Iterable[Draw]
) -> Generator[Tensor, None, None]:
    """Read the clips of `draws`, in order, as `sspd.research.train.sampler.clip_at` does.

    Parameters
    ----------
    videos, recipe, seed
        As of `clip_at`.
    draws : iterable of Draw

    Yields
    ------
    Tensor
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
    recipe: AnyRecipe,
    seed: int,
    draws: Iterable[Draw],
    device: torch.device,
    jobs: int | None = None,
) -> Generator[Tensor, None, None]:
    """Read the clips of `draws` to a device, and resample them there.

    Faces are moved as they are stored, half of what a clip takes, and beside what the
    device computes.

    Parameters
    ----------
    videos, recipe, seed, draws
        As of `read_by_threads`.
    device : torch.device
    jobs : int, optional
        Processes; by default as many as there are cores to this one, less one, but no
        more than `MOST_PROCESSES`. The clips are the same.

    Yields
    ------
    Tensor

    Raises
    ------
    ProcessLostError
        One of the processes died, for want of memory perhaps.
    """
    # moved in a thread of its own: steps wait for nothing but what is there
    jobs = jobs or min(max(_cores() - 1, 1), MOST_PROCESSES)
    clips = _read_by_processes(videos, recipe, seed, draws, device, jobs)
    return prefetch(clips, AHEAD * recipe.batch)


def _read_by_processes(
    videos: Sequence[Video],
    recipe: AnyRecipe,
    seed: int,
    draws: Iterable[Draw],
    device: torch.device,
    jobs: int,
) -> Generator[Tensor, None, None]:
    bare = [replace(video, label=None) for video in videos]  # what a process need not be sent
    loader = DataLoader(
        StoredClips(bare, recipe, seed),
        batch_size=None,  # clips by themselves, so that a batch is read by all processes
        sampler=draws,
        num_workers=jobs,
        prefetch_factor=-(-AHEAD * recipe.batch // jobs),
        pin_memory=device.type == "cuda",
        multiprocessing_context="spawn",
        generator=torch.Generator(),  # torch's own chance is the training's
    )
    before = set(active_children())
    with _own_signals():
        clips = iter(loader)
    workers = set(active_children()) - before
    while True:
        try:
            clip = next(clips, None)
        except (RuntimeError, OSError, EOFError) as error:  # of a clip that it held, too
            died = _exit_codes(workers)
            if not died:
                raise
            death = death_words(died[0], "").replace("its", "a", 1)
            kept = "the last state is kept, --resume continues from there"
            raise ProcessLostError(f"{death}; {kept}") from error
        if clip is None:
            return
        if isinstance(clip, SSPDError):
            raise clip
        yield moved(clip, device, recipe.network.colour)


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep this process's handler of ended children.

    PyTorch's raises the death of a worker in whatever the main thread is doing, even after the
    training; without it the next clip raises it.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield  # there is none, or PyTorch sets none
        return
    handler = signal.getsignal(signal.SIGCHLD)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, handler)


def _exit_codes(workers: Iterable[BaseProcess]) -> list[int]:
    """Return the exit codes of workers that failed, and wait for those that just ended.

    A lost clip is noticed before the system reports the exit code of its worker.
    """
    workers = list(workers)
    ended = wait([worker.sentinel for worker in workers], timeout=_GRACE_S)
    for worker in workers:
        if worker.sentinel in ended:
            worker.join(_GRACE_S)  # its pipe is closed, and it may still be about to end
    return [worker.exitcode for worker in workers if worker.exitcode]


def _cores() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _waves(
    videos: Sequence[Video], recipe: AnyRecipe, draws: Sequence[Draw], seed: int
) -> Tensor | None:
    """Return the labels of clips for a network that learns from labels, (n, t)."""
    if not isinstance(recipe, BaselineRecipe) or recipe.kind != "labelled":
        return None
    if all(videos[draw.video].rates is not None for draw in draws):
        return None
    rows = []
    for draw in draws:
        video = videos[draw.video]
        if video.label is None:
            raise TrainingError(f"{video.name}: {recipe.name!r} learns from labels, it has none")
        _, begin_s = _place(videos, recipe, draw, seed)
        rows.append(label_of_clip(video.label, begin_s, recipe.network.clip, recipe.network))
    return torch.from_numpy(np.stack(rows))


def _rates(
    videos: Sequence[Video], recipe: AnyRecipe, draws: Sequence[Draw], seed: int
) -> Tensor | None:
    """The known rates of clips, Hz, (n,), where nothing else of them is known."""
    known = [videos[draw.video].rates for draw in draws]
    rows = []
    for draw, rates in zip(draws, known, strict=True):
        if rates is None:
            return None
        _, begin_s = _place(videos, recipe, draw, seed)
        rows.append(rate_of_clip(rates, begin_s, recipe.clip_s) / 60)
    return torch.tensor(rows, dtype=torch.float32)
