"""The training loop: clips -> a step of whatever the recipe trains -> state and log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sspd.errors import OutputError, TrainingError, UsageError
from sspd.nn.checkpoint import save_checkpoint
from sspd.recipes import BaselineRecipe, Recipe
from sspd.train.health import Health
from sspd.train.labels import label_of_clip
from sspd.train.log import TrainingLog
from sspd.train.outcome import Batch
from sspd.train.sampler import Draw, Film, clip_at, draws_of_step, place_of, steps_of
from sspd.train.state import STATE_FILE, Resumable, load_state, save_state
from sspd.train.ways import Way, way_of

MODEL_FILE = "model.safetensors"


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

    Returns
    -------
    Path
        The finished weights.

    Raises
    ------
    TrainingError
        No film is long enough, the loss is not finite, or `out` holds another training.
    """
    if not films:
        raise TrainingError(f"no film is as long as a clip ({recipe.clip_s:g} s)")
    place = _device(device)
    out = _make_folder(Path(out))
    identity = {"recipe": recipe.to_dict(), "seed": seed, "films": [f.name for f in films]}
    identity["init"] = recipe.init if init is None else str(init)
    way = way_of(recipe)
    state = _start_state(way, seed, place, out, identity, resume)
    log = TrainingLog(out, state.step)
    try:
        _run_steps(
            state,
            way,
            films,
            recipe,
            out,
            seed,
            place,
            identity,
            max_minutes,
            checkpoint_s,
            log,
            on_step,
        )
    finally:
        log.close()
    made_by = {**identity, "films": len(films), "step": state.step, "torch": torch.__version__}
    network = way.finish(state, films, seed, name or out.resolve().name)
    save_checkpoint(network, out / MODEL_FILE, made_by)
    return out / MODEL_FILE


def refuse_second_training(out: Path) -> None:
    """Raise `TrainingError` where a folder holds a training that would be overwritten."""
    if (out / STATE_FILE).exists():
        raise TrainingError(f"{out}: holds a training; go on with --resume or give another --out")


def _make_folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for torn in out.glob(".*.part"):  # what a killed run was writing
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


def _start_state(
    way: Way,
    seed: int,
    device: torch.device,
    out: Path,
    identity: dict[str, Any],
    resume: bool,
) -> Resumable:
    if (out / STATE_FILE).exists():
        if not resume:
            refuse_second_training(out)
        found: Resumable = way.begin(seed, device, "nothing")
        load_state(found, out, identity)
        return found
    state: Resumable = way.begin(seed, device, identity["init"])
    save_state(state, out, identity)
    return state


def _run_steps(
    state: Resumable,
    way: Way,
    films: Sequence[Film],
    recipe: Recipe | BaselineRecipe,
    out: Path,
    seed: int,
    device: torch.device,
    identity: dict[str, Any],
    max_minutes: float | None,
    checkpoint_s: float,
    log: TrainingLog,
    on_step: Callable[[Progress], None],
) -> None:
    steps = steps_of(recipe, len(films))
    began, saved = time.monotonic() - state.elapsed_s, time.monotonic()
    for batch in _batches(films, recipe, seed, range(state.step, steps)):
        outcome = way.step(state, batch._replace(clips=batch.clips.to(device)), seed, steps)
        log.write(state.step, outcome, {"seconds": time.monotonic() - began})
        state.step += 1
        state.elapsed_s = time.monotonic() - began
        on_step(Progress(state.step, steps, outcome.parts["total"].item(), outcome.health))
        late = max_minutes is not None and state.elapsed_s > 60 * max_minutes
        if late or state.step == steps or time.monotonic() - saved > checkpoint_s:
            save_state(state, out, identity)
            saved = time.monotonic()
        if late:
            break


def _batches(
    films: Sequence[Film], recipe: Recipe | BaselineRecipe, seed: int, steps: range
) -> Iterator[Batch]:
    """Clips of each step, the next one read while this one trains."""

    def read(step: int) -> Batch:
        draws = draws_of_step(step, recipe, len(films), seed)
        clips = [clip_at(films[draw.film], draw, recipe, seed) for draw in draws]
        return Batch(torch.from_numpy(np.stack(clips)), draws, _waves(films, recipe, draws, seed))

    with ThreadPoolExecutor(max_workers=1) as pool:
        pending = [pool.submit(read, step) for step in steps[:1]]
        for step in steps:
            batch = pending.pop().result()
            if step + 1 < steps.stop:
                pending.append(pool.submit(read, step + 1))
            yield batch


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
