"""The training loop: clips, one step of the recipe's trainer, then state and log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from sspd.errors import OutputError, TrainingError, UsageError
from sspd.models.checkpoint import save_checkpoint
from sspd.research.recipes import AnyRecipe, StudentRecipe
from sspd.research.train.health import Health
from sspd.research.train.loader import batches_of
from sspd.research.train.log import TrainingLog
from sspd.research.train.monitor import (
    TrainingRun,
    check_initial_state,
    check_state,
    restore_best,
    write_verdict,
)
from sspd.research.train.process_group import SINGLE, ProcessGroup, require_enough_clips
from sspd.research.train.sampler import Video
from sspd.research.train.state import STATES_FOLDER, Resumable, load_newest, save_state, saved_steps
from sspd.research.train.step_types import Outcome
from sspd.research.train.teacher import teacher_digest
from sspd.research.train.trainers import trainer_for
from sspd.utils.partials import hold_folder
from sspd.utils.places import make_folder
from sspd.utils.schema import as_name

MODEL_FILE = "model.safetensors"


@dataclass(frozen=True)
class TrainingProgress:
    """Progress that the caller receives after each step."""

    step: int
    steps: int
    loss: float
    health: Health


def train(
    videos: Sequence[Video],
    recipe: AnyRecipe,
    out: str | Path,
    *,
    seed: int = 0,
    device: str = "auto",
    init: str | Path | None = None,
    teacher: str | Path = "shipped",
    resume: bool = False,
    max_minutes: float | None = None,
    checkpoint_s: float = 30.0,
    name: str | None = None,
    processes: ProcessGroup = SINGLE,
    on_step: Callable[[TrainingProgress], None] = lambda _: None,
    on_phase: Callable[[str], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train a network on faces, without labels or, if the recipe needs them, with labels.

    Parameters
    ----------
    videos : sequence of Video
        From `sspd.research.train.sampler.usable_videos`.
    recipe : Recipe, BaselineRecipe or StudentRecipe
    out : path
        Folder for the state, the log and, at the end, ``model.safetensors``.
    seed : int
        The same seed, videos and machine give the same weights.
    device : str
        ``auto`` takes a CUDA device if there is one.
    init : path or str, optional
        Initial weights of both networks: a file, ``"shipped"`` or ``"nothing"`` (random); by
        default those of the recipe.
    teacher : path or str
        Who teaches, if the recipe is of a small network: a checkpoint, or ``"shipped"``.
    resume : bool
        Continue from the state in `out`, to the same bits on one CPU thread.
    max_minutes : float, optional
        Stop early and finalize what there is; the schedules stay the recipe's.
    checkpoint_s : float
        Seconds between two saved states; one is saved at the start and one at the end.
    name : str, optional
        Name of the weights in reports; the folder's name by default.
    processes : ProcessGroup
        The processes of this training, see `sspd.research.train.launch.join`; the main one writes
        files and reports. They train as one process would, except for rounding.
    on_step : callable
        Called with a `TrainingProgress` after each step.
    on_phase : callable
        Called with the name of each phase after the last step; these take minutes.
    notice : callable
        Called with one line about anything unusual: a damaged state that was skipped, or an
        earlier state that is better than the last.

    Returns
    -------
    Path
        The finished weights; the result of the self-check without labels is beside it, see
        `sspd.research.train.monitor.read_verdict`.

    Raises
    ------
    TrainingError
        No video is long enough, the loss is not finite, or `out` holds another training.
    OutputError
        `out` cannot be written, for example because the disk is full; the last state stays.
    """
    if processes.is_main:  # the others end when it fails
        if not videos:
            raise TrainingError(f"no video is as long as a clip ({recipe.clip_s:g} s)")
        require_enough_clips(recipe, len(videos), processes)
    place = _device(device)
    out = make_folder(Path(out)) if processes.is_main else Path(out)
    identity = {"recipe": recipe.to_dict(), "seed": seed, "films": [f.name for f in videos]}
    identity["init"] = recipe.init if init is None else str(init)
    if isinstance(recipe, StudentRecipe):
        identity["teacher"] = teacher_digest(teacher)
    trainer = trainer_for(recipe, processes, teacher)
    run = TrainingRun(videos, recipe, seed, place, out, trainer, processes, identity)
    with hold_folder(out, STATES_FOLDER) if processes.is_main else nullcontext():
        state = _start_together(run, resume, notice)
        if processes.is_main:
            _run_main(run, state, max_minutes, checkpoint_s, on_step)
            on_phase("Choosing a state")
            restore_best(run, state, notice)
            _finalize(run, state, as_name(name or out.resolve().name), on_phase)
        else:
            _run_steps(run, state, max_minutes)
        processes.wait(place)
    return out / MODEL_FILE


def _run_main(
    run: TrainingRun,
    state: Resumable,
    max_minutes: float | None,
    checkpoint_s: float,
    on_step: Callable[[TrainingProgress], None],
) -> None:
    """Take all steps with self-checks, saved states and reports to the caller."""
    log = TrainingLog(run.out, state.step)
    saved = time.monotonic()

    def after(outcome: Outcome, waited_s: float, last: bool) -> None:
        nonlocal saved
        seen = check_state(run, state, last) if last or state.step in run.check_steps() else {}
        times = {"seconds": state.elapsed_s, "waited_s": waited_s}
        log.write(state.step - 1, outcome, times | seen)
        progress = TrainingProgress(
            state.step, run.steps, outcome.parts["total"].item(), outcome.health
        )
        on_step(progress)
        best = state.best[0] == state.step
        if last or best or time.monotonic() - saved > checkpoint_s:
            save_state(state, run.out, run.identity)
            saved = time.monotonic()

    try:
        _run_steps(run, state, max_minutes, after)
    except OSError as error:  # of the log, for example on a full disk
        raise OutputError(
            f"{run.out}: cannot be written ({error.strerror}); the state of step"
            f" {saved_steps(run.out)[-1]} is kept, --resume continues from there"
        ) from error
    finally:
        log.close()


def _finalize(
    run: TrainingRun, state: Resumable, name: str, on_phase: Callable[[str], None]
) -> None:
    made_by = {**run.identity, "films": len(run.videos), "step": state.step}
    made_by["settled"] = run.recipe.settled
    on_phase("Fitting sign and integration")
    network = run.trainer.finish(state, run.videos, run.seed, name)
    save_checkpoint(network, run.out / MODEL_FILE, made_by | {"torch": torch.__version__})
    on_phase("Checking the weights")
    write_verdict(run, network, state.step)


def refuse_second_training(out: Path) -> None:
    """Raise `TrainingError` if a folder already holds a training.

    Parameters
    ----------
    out : Path
    """
    if saved_steps(out):
        raise TrainingError(f"{out}: holds a training; go on with --resume or give another --out")


def _device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device {device!r} is not available; use auto") from error
    return place


def _start_together(run: TrainingRun, resume: bool, notice: Callable[[str], None]) -> Resumable:
    """Make or load the state in the main process; the others read it from the folder."""
    if run.processes.is_main:
        state = _start_state(run, resume, notice)
        run.processes.wait(run.device)
        return state
    run.processes.wait(run.device)
    return _start_state(run, resume=True, notice=lambda _: None)


def _start_state(run: TrainingRun, resume: bool, notice: Callable[[str], None]) -> Resumable:
    if saved_steps(run.out):
        if not resume:
            refuse_second_training(run.out)
        found: Resumable = run.trainer.begin(run.seed, run.device, "nothing")
        damaged = load_newest(found, run.out, run.identity)
        if damaged:
            notice(damaged)
        return found
    state: Resumable = run.trainer.begin(run.seed, run.device, run.identity["init"])
    check_initial_state(run, state)
    save_state(state, run.out, run.identity)
    return state


def _run_steps(
    run: TrainingRun,
    state: Resumable,
    max_minutes: float | None,
    after: Callable[[Outcome, float, bool], None] = lambda *_: None,
) -> None:
    """Take all steps; `after` receives the outcome, the wait in seconds, and if it was the last."""
    steps = run.steps
    began, asked = time.monotonic() - state.elapsed_s, time.monotonic()
    for batch in batches_of(run, range(state.step, steps)):
        waited_s = time.monotonic() - asked
        clips = batch.clips.to(run.device)
        outcome = run.trainer.step(state, batch._replace(clips=clips), run.seed, steps)
        state.step += 1
        state.elapsed_s = time.monotonic() - began
        late = max_minutes is not None and run.processes.main_answer(
            state.elapsed_s > 60 * max_minutes, run.device
        )
        after(outcome, waited_s, late or state.step == steps)
        if late:
            break
        asked = time.monotonic()
