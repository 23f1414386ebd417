"""The training loop: clips -> a step of whatever the recipe trains -> state and log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sspd.errors import OutputError, TrainingError, UsageError
from sspd.nn.checkpoint import save_checkpoint
from sspd.recipes import BaselineRecipe, Recipe
from sspd.train.health import Health
from sspd.train.labels import label_of_clip
from sspd.train.log import TrainingLog
from sspd.train.looks import Run, look, look_before, take_best, write_verdict
from sspd.train.outcome import Batch
from sspd.train.sampler import Draw, Film, clip_at, draws_of_step, place_of
from sspd.train.state import Resumable, load_newest, save_state, saved_steps
from sspd.train.ways import way_of

MODEL_FILE = "model.safetensors"
#: Threads that read clips, and steps whose clips are read ahead.
READERS, AHEAD = 4, 2


@dataclass(frozen=True)
class Progress:
    """Told to the caller after each step."""

    step: int
    steps: int
    loss: float
    health: Health


def train(
    films: Sequence[Film],
    recipe: Recipe | BaselineRecipe,
    out: str | Path,
    *,
    seed: int = 0,
    device: str = "auto",
    init: str | Path | None = None,
    resume: bool = False,
    max_minutes: float | None = None,
    checkpoint_s: float = 30.0,
    name: str | None = None,
    on_step: Callable[[Progress], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train a network on faces: without labels, or, where the recipe says so, with them.

    Parameters
    ----------
    films : sequence of Film
        From `sspd.train.sampler.usable_films`.
    recipe : Recipe or BaselineRecipe
    out : path
        Folder for the state, the log and, at the end, ``model.safetensors``.
    seed : int
        The same seed, films and machine give the same weights.
    device : str
        ``auto`` takes a CUDA device where there is one.
    init : path or str, optional
        Weights to start both networks from: a file, ``"shipped"`` or ``"nothing"``; by
        default what the recipe says.
    resume : bool
        Go on from the state in `out`, to the same bits on one thread of a CPU.
    max_minutes : float, optional
        Stop early and finish with what there is; the schedules stay the recipe's.
    checkpoint_s : float
        Seconds between two states on disk; one is written at the start and the end.
    name : str, optional
        How reports call the weights; the folder's name by default.
    on_step : callable
        Is given a `Progress` after each step.
    notice : callable
        Is given a line where something is not as usual: a damaged state passed over, an
        earlier state that is better than the last.

    Returns
    -------
    Path
        The finished weights; what label-free signs say of them lies beside, see
        `sspd.train.looks.read_verdict`.

    Raises
    ------
    TrainingError
        No film is long enough, the loss is not finite, or `out` holds another training.
    OutputError
        `out` cannot be written, a full disk perhaps; the last state stays.
    """
    if not films:
        raise TrainingError(f"no film is as long as a clip ({recipe.clip_s:g} s)")
    place = _device(device)
    out = _make_folder(Path(out))
    identity = {"recipe": recipe.to_dict(), "seed": seed, "films": [f.name for f in films]}
    identity["init"] = recipe.init if init is None else str(init)
    way = way_of(recipe)
    run = Run(films, recipe, seed, place, out, way, identity)
    state = _start_state(run, resume, notice)
    log = TrainingLog(out, state.step)
    try:
        _run_steps(run, state, log, max_minutes, checkpoint_s, on_step)
    except OSError as error:  # the log's, a full disk's
        raise OutputError(
            f"{out}: cannot be written ({error.strerror}); the state of step"
            f" {saved_steps(out)[-1]} is kept, --resume goes on from there"
        ) from error
    finally:
        log.close()
    take_best(run, state, notice)
    made_by = {**identity, "films": len(films), "step": state.step, "torch": torch.__version__}
    network = way.finish(state, films, seed, name or out.resolve().name)
    save_checkpoint(network, out / MODEL_FILE, made_by)
    write_verdict(run, network, state.step)
    return out / MODEL_FILE


def refuse_second_training(out: Path) -> None:
    """Raise `TrainingError` where a folder holds a training that would be overwritten."""
    if saved_steps(out):
        raise TrainingError(f"{out}: holds a training; go on with --resume or give another --out")


def _make_folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for torn in (*out.glob(".*.part"), *out.glob("*/.*.part")):  # of a killed run
            torn.unlink()
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror})") from error
    return out


def _device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device {device!r} is not at hand; auto takes what is there") from error
    return place


def _start_state(run: Run, resume: bool, notice: Callable[[str], None]) -> Resumable:
    if saved_steps(run.out):
        if not resume:
            refuse_second_training(run.out)
        found: Resumable = run.way.begin(run.seed, run.device, "nothing")
        damaged = load_newest(found, run.out, run.identity)
        if damaged:
            notice(damaged)
        return found
    state: Resumable = run.way.begin(run.seed, run.device, run.identity["init"])
    look_before(run, state)
    save_state(state, run.out, run.identity)
    return state


def _run_steps(
    run: Run,
    state: Resumable,
    log: TrainingLog,
    max_minutes: float | None,
    checkpoint_s: float,
    on_step: Callable[[Progress], None],
) -> None:
    steps = run.steps
    began, saved = time.monotonic() - state.elapsed_s, time.monotonic()
    asked = time.monotonic()
    for batch in _batches(run.films, run.recipe, run.seed, range(state.step, steps)):
        waited_s = time.monotonic() - asked
        clips = batch.clips.to(run.device)
        outcome = run.way.step(state, batch._replace(clips=clips), run.seed, steps)
        state.step += 1
        state.elapsed_s = time.monotonic() - began
        late = max_minutes is not None and state.elapsed_s > 60 * max_minutes
        last = late or state.step == steps
        seen = look(run, state, last) if last or state.step in run.look_steps() else {}
        times = {"seconds": state.elapsed_s, "waited_s": waited_s}
        log.write(state.step - 1, outcome, times | seen)
        on_step(Progress(state.step, steps, outcome.parts["total"].item(), outcome.health))
        best = state.best[0] == state.step
        if last or best or time.monotonic() - saved > checkpoint_s:
            save_state(state, run.out, run.identity)
            saved = time.monotonic()
        if late:
            break
        asked = time.monotonic()


def _batches(
    films: Sequence[Film], recipe: Recipe | BaselineRecipe, seed: int, steps: range
) -> Iterator[Batch]:
    """Clips of each step; those of the next ones are read while this one trains.

    Which clips they are is decided by seed and step alone, whoever reads them.
    """
    waiting: deque[tuple[list[Draw], list[Future[NDArray[np.float32]]]]] = deque()
    with ThreadPoolExecutor(READERS) as pool:

        def ask(step: int) -> None:
            draws = draws_of_step(step, recipe, len(films), seed)
            clips = [pool.submit(clip_at, films[d.film], d, recipe, seed) for d in draws]
            waiting.append((draws, clips))

        try:
            for step in steps[:AHEAD]:
                ask(step)
            for step in steps:
                draws, clips = waiting.popleft()
                faces = torch.from_numpy(np.stack([clip.result() for clip in clips]))
                if step + AHEAD < steps.stop:
                    ask(step + AHEAD)
                yield Batch(faces, draws, _waves(films, recipe, draws, seed))
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
