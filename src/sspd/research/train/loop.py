"""The training loop: clips -> a step of whatever the recipe trains -> state and log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from sspd.errors import OutputError, TrainingError, UsageError
from sspd.models.checkpoint import save_checkpoint
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.research.train.health import Health
from sspd.research.train.loader import batches_of
from sspd.research.train.log import TrainingLog
from sspd.research.train.monitor import TrainingRun, look, look_before, take_best, write_verdict
from sspd.research.train.process_group import SINGLE, Team, refuse_shared
from sspd.research.train.sampler import Video
from sspd.research.train.state import STATES_FOLDER, Resumable, load_newest, save_state, saved_steps
from sspd.research.train.step_types import Outcome
from sspd.research.train.trainers import trainer_for
from sspd.utils.partials import hold_folder
from sspd.utils.places import make_folder
from sspd.utils.schema import as_name

MODEL_FILE = "model.safetensors"


@dataclass(frozen=True)
class Progress:
    """Told to the caller after each step."""

    step: int
    steps: int
    loss: float
    health: Health


def train(
    videos: Sequence[Video],
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
    team: Team = SINGLE,
    on_step: Callable[[Progress], None] = lambda _: None,
    on_phase: Callable[[str], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train a network on faces: without labels, or, where the recipe says so, with them.

    Parameters
    ----------
    videos : sequence of Video
        From `sspd.research.train.sampler.usable_videos`.
    recipe : Recipe or BaselineRecipe
    out : path
        Folder for the state, the log and, at the end, ``model.safetensors``.
    seed : int
        The same seed, videos and machine give the same weights.
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
    team : Team
        The processes that run this together, see `sspd.research.train.launch.join`; the first one
        writes and tells. They train as one would, but for rounding.
    on_step : callable
        Is given a `Progress` after each step.
    on_phase : callable
        Is given the name of each phase after the last step, which take minutes.
    notice : callable
        Is given a line where something is not as usual: a damaged state passed over, an
        earlier state that is better than the last.

    Returns
    -------
    Path
        The finished weights; what label-free signs say of them lies beside, see
        `sspd.research.train.monitor.read_verdict`.

    Raises
    ------
    TrainingError
        No video is long enough, the loss is not finite, or `out` holds another training.
    OutputError
        `out` cannot be written, a full disk perhaps; the last state stays.
    """
    if team.is_main:  # the others learn of it by its end
        if not videos:
            raise TrainingError(f"no video is as long as a clip ({recipe.clip_s:g} s)")
        refuse_shared(recipe, len(videos), team)
    place = _device(device)
    out = make_folder(Path(out)) if team.is_main else Path(out)
    identity = {"recipe": recipe.to_dict(), "seed": seed, "films": [f.name for f in videos]}
    identity["init"] = recipe.init if init is None else str(init)
    run = TrainingRun(videos, recipe, seed, place, out, trainer_for(recipe, team), team, identity)
    with hold_folder(out, STATES_FOLDER) if team.is_main else nullcontext():
        state = _start_together(run, resume, notice)
        if team.is_main:
            _lead(run, state, max_minutes, checkpoint_s, on_step)
            on_phase("Choosing a state")
            take_best(run, state, notice)
            _finish(run, state, as_name(name or out.resolve().name), on_phase)
        else:
            _run_steps(run, state, max_minutes)
        team.wait(place)
    return out / MODEL_FILE


def _lead(
    run: TrainingRun,
    state: Resumable,
    max_minutes: float | None,
    checkpoint_s: float,
    on_step: Callable[[Progress], None],
) -> None:
    """Take all steps; look at them, keep states and tell."""
    log = TrainingLog(run.out, state.step)
    saved = time.monotonic()

    def after(outcome: Outcome, waited_s: float, last: bool) -> None:
        nonlocal saved
        seen = look(run, state, last) if last or state.step in run.look_steps() else {}
        times = {"seconds": state.elapsed_s, "waited_s": waited_s}
        log.write(state.step - 1, outcome, times | seen)
        told = Progress(state.step, run.steps, outcome.parts["total"].item(), outcome.health)
        on_step(told)
        best = state.best[0] == state.step
        if last or best or time.monotonic() - saved > checkpoint_s:
            save_state(state, run.out, run.identity)
            saved = time.monotonic()

    try:
        _run_steps(run, state, max_minutes, after)
    except OSError as error:  # the log's, a full disk's
        raise OutputError(
            f"{run.out}: cannot be written ({error.strerror}); the state of step"
            f" {saved_steps(run.out)[-1]} is kept, --resume continues from there"
        ) from error
    finally:
        log.close()


def _finish(run: TrainingRun, state: Resumable, name: str, on_phase: Callable[[str], None]) -> None:
    made_by = {**run.identity, "films": len(run.videos), "step": state.step}
    made_by["settled"] = run.recipe.settled
    on_phase("Fitting sign and integration")
    network = run.way.finish(state, run.videos, run.seed, name)
    save_checkpoint(network, run.out / MODEL_FILE, made_by | {"torch": torch.__version__})
    on_phase("Checking the weights")
    write_verdict(run, network, state.step)


def refuse_second_training(out: Path) -> None:
    """Raise `TrainingError` where a folder holds a training that would be overwritten."""
    if saved_steps(out):
        raise TrainingError(f"{out}: holds a training; go on with --resume or give another --out")


def _device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        place = torch.device(device)
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device {device!r} is not at hand; auto takes what is there") from error
    return place


def _start_together(run: TrainingRun, resume: bool, notice: Callable[[str], None]) -> Resumable:
    """The first process makes or finds the state, the others read it from the folder."""
    if run.team.is_main:
        state = _start_state(run, resume, notice)
        run.team.wait(run.device)
        return state
    run.team.wait(run.device)
    return _start_state(run, resume=True, notice=lambda _: None)


def _start_state(run: TrainingRun, resume: bool, notice: Callable[[str], None]) -> Resumable:
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
    run: TrainingRun,
    state: Resumable,
    max_minutes: float | None,
    after: Callable[[Outcome, float, bool], None] = lambda *_: None,
) -> None:
    """Take all steps; `after` is told what came, the wait in seconds, and if it was the last."""
    steps = run.steps
    began, asked = time.monotonic() - state.elapsed_s, time.monotonic()
    for batch in batches_of(run, range(state.step, steps)):
        waited_s = time.monotonic() - asked
        clips = batch.clips.to(run.device)
        outcome = run.way.step(state, batch._replace(clips=clips), run.seed, steps)
        state.step += 1
        state.elapsed_s = time.monotonic() - began
        late = max_minutes is not None and run.team.leader_says(
            state.elapsed_s > 60 * max_minutes, run.device
        )
        after(outcome, waited_s, late or state.step == steps)
        if late:
            break
        asked = time.monotonic()
