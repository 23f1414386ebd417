"""The training loop: clips -> two views -> two networks -> one step -> moving average."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sspd.errors import OutputError, TrainingError, UsageError, WeightsError
from sspd.nn.checkpoint import load_checkpoint, save_checkpoint
from sspd.recipes import Recipe
from sspd.runtime.network import shipped_weights
from sspd.train.finish import STATISTICS_CLIPS, finish_network
from sspd.train.health import Health
from sspd.train.log import TrainingLog
from sspd.train.sampler import Draw, Film, clip_at, draws_of_step, steps_of
from sspd.train.state import STATE_FILE, TrainingState, load_state, new_state, save_state
from sspd.train.step import take_step
from sspd.views.mdm import centred_frames, frame_differences

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
    recipe: Recipe,
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
    """Train a network on faces without labels.

    Parameters
    ----------
    films : sequence of Film
        From `sspd.train.sampler.usable_films`.
    recipe : Recipe
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
    start = recipe.init if init is None else str(init)
    identity["init"] = start
    state = _start_state(recipe, seed, place, out, identity, start, resume)
    log = TrainingLog(out, state.step)
    try:
        _run_steps(
            state,
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
    return _finish(state, films, recipe, out, seed, name or out.resolve().name, made_by)


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
    recipe: Recipe,
    seed: int,
    device: torch.device,
    out: Path,
    identity: dict[str, Any],
    init: str,
    resume: bool,
) -> TrainingState:
    state = new_state(recipe, seed, device)
    if (out / STATE_FILE).exists():
        if not resume:
            refuse_second_training(out)
        load_state(state, out, identity)
        return state
    if init != "nothing":
        network, _ = load_checkpoint(shipped_weights(".safetensors") if init == "shipped" else init)
        for fact in ("token_size", "colour"):
            theirs, ours = getattr(network.spec, fact), getattr(recipe.network, fact)
            if theirs != ours:
                raise WeightsError(f"{init}: its {fact} is {theirs}, the recipe's is {ours}")
        for module in (state.online, state.target):
            module.measuring.load_state_dict(network.state_dict())
    save_state(state, out, identity)
    return state


def _run_steps(
    state: TrainingState,
    films: Sequence[Film],
    recipe: Recipe,
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
    for clips, draws in _batches(films, recipe, seed, range(state.step, steps)):
        result, health = take_step(state, clips.to(device), draws, recipe, seed, steps)
        extra = {"seconds": time.monotonic() - began}
        log.write(state.step, result, health, extra)
        state.step += 1
        state.elapsed_s = time.monotonic() - began
        on_step(Progress(state.step, steps, result.parts.total.item(), health))
        late = max_minutes is not None and state.elapsed_s > 60 * max_minutes
        if late or state.step == steps or time.monotonic() - saved > checkpoint_s:
            save_state(state, out, identity)
            saved = time.monotonic()
        if late:
            break


def _batches(
    films: Sequence[Film], recipe: Recipe, seed: int, steps: range
) -> Iterator[tuple[Tensor, list[Draw]]]:
    """Clips of each step, the next one read while this one trains."""

    def read(step: int) -> tuple[Tensor, list[Draw]]:
        draws = draws_of_step(step, recipe, len(films), seed)
        clips = [clip_at(films[draw.film], draw, recipe, seed) for draw in draws]
        return torch.from_numpy(np.stack(clips)), draws

    with ThreadPoolExecutor(max_workers=1) as pool:
        pending = [pool.submit(read, step) for step in steps[:1]]
        for step in steps:
            batch = pending.pop().result()
            if step + 1 < steps.stop:
                pending.append(pool.submit(read, step + 1))
            yield batch


def _finish(
    state: TrainingState,
    films: Sequence[Film],
    recipe: Recipe,
    out: Path,
    seed: int,
    name: str,
    made_by: dict[str, Any],
) -> Path:
    chosen = state.online if recipe.exported == "online" else state.target
    network = copy.deepcopy(chosen.measuring).cpu()
    to_input = frame_differences if recipe.views.difference else centred_frames
    finish_network(network, finish_clips(films, recipe, seed), to_input, name)
    save_checkpoint(network, out / MODEL_FILE, made_by)
    return out / MODEL_FILE


def finish_clips(films: Sequence[Film], recipe: Recipe, seed: int) -> Iterator[Tensor]:
    """Clips for `finish_network`: random ones of epochs that no training reaches."""
    for i in range(STATISTICS_CLIPS):
        draw = Draw(1 << 20 | i // len(films), i % len(films))
        yield torch.from_numpy(clip_at(films[draw.film], draw, recipe, seed))[None]
