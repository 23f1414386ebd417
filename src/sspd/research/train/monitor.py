"""Monitor a training by self-checks without labels: its best state, and a verdict at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sspd.errors import WeightsError
from sspd.models.checkpoint import AnyNetwork
from sspd.research.recipes import AnyRecipe
from sspd.research.train.process_group import ProcessGroup
from sspd.research.train.sampler import Video, clips_per_epoch, steps_of
from sspd.research.train.self_check import (
    PROBES,
    SHORTEST_PROBE_S,
    SelfCheck,
    check_network,
    diagnose,
    probe_clips,
)
from sspd.research.train.state import Resumable, load_state, state_file
from sspd.research.train.trainers import Trainer
from sspd.utils.files import write_whole

VERDICT_FILE, BEFORE_FILE = "verdict.json", "before.json"
#: Fractions of a training after which its state is checked; one more check is at the end.
CHECK_SHARES = (0.5, 0.75, 0.875)
#: An earlier state replaces the last if its score is better by this: the precision of 16 clips.
BEST_MARGIN = 0.15


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """Everything that defines one training: videos, recipe, seed, device, folder and processes."""

    videos: Sequence[Video]
    recipe: AnyRecipe
    seed: int
    device: torch.device
    out: Path
    trainer: Trainer
    processes: ProcessGroup
    identity: dict[str, Any]

    @property
    def steps(self) -> int:
        """Number of optimizer steps of the whole training."""
        return steps_of(self.recipe, len(self.videos), self.counts)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Number of clips of each video in an epoch."""
        return clips_per_epoch(self.recipe, self.videos)

    def check_steps(self) -> set[int]:
        """Return the steps after which the state is checked."""
        return {round(part * self.steps) for part in CHECK_SHARES} - {0}

    def self_check(self, network: nn.Module, integration_order: int | None = None) -> SelfCheck:
        """Check a network that measures on probe clips of the training's own videos.

        Parameters
        ----------
        network : nn.Module
        integration_order : int or None
            See `check_network`.

        Returns
        -------
        SelfCheck
        """
        long_enough = self.recipe.clip_s >= SHORTEST_PROBE_S
        clips = probe_clips(self.videos, self.recipe, self.seed, PROBES if long_enough else 0)
        forward_clip = self.trainer.forward_clip(network, self.device)
        network_spec = self.recipe.network
        bgr = network_spec.colour == "bgr"
        return check_network(
            forward_clip, clips, network_spec.fs, bgr=bgr, integration_order=integration_order
        )


def check_initial_state(run: TrainingRun, state: Resumable) -> None:
    """Save the self-check of initial weights that are not random.

    Parameters
    ----------
    run : TrainingRun
    state : Resumable
    """
    if run.identity["init"] != "nothing":
        check = run.self_check(run.trainer.export_candidate(state))
        write_whole(run.out / BEFORE_FILE, json.dumps(check.to_dict()).encode())


def check_state(run: TrainingRun, state: Resumable, last: bool) -> dict[str, float]:
    """Check a state, and remember it if it is the best so far.

    The last state is chosen unless another is clearly better.

    Parameters
    ----------
    run : TrainingRun
    state : Resumable
    last : bool
        Whether this is the last step.

    Returns
    -------
    dict
        Values of the self-check, for the log.
    """
    check = run.self_check(run.trainer.export_candidate(state))
    if check.clips and check.score > state.best[1] - (BEST_MARGIN if last else 0.0):
        state.best = (state.step, check.score)
    values = check.to_dict().items()
    return {f"signs/{name}": value for name, value in values if value is not None}


def restore_best(run: TrainingRun, state: Resumable, notice: Callable[[str], None]) -> None:
    """Load the best state if the last one is clearly worse.

    Nothing is done if the recipe selects the last state.

    Parameters
    ----------
    run : TrainingRun
    state : Resumable
        Replaced in place.
    notice : callable
        Called with one line that says so.
    """
    if run.recipe.select == "last":
        return
    best, last = state.best[0], state.step
    if best in (-1, last):
        return
    try:
        load_state(state, state_file(run.out, best), run.identity)
    except WeightsError as error:  # the checksum is compared first: nothing was loaded
        notice(f"{error}; it measured better than the last, of step {last}, which is taken")
        return
    notice(f"the state of step {best} measures better than the last, of step {last}: taken")


def write_verdict(run: TrainingRun, network: AnyNetwork, step: int) -> None:
    """Save the self-check of the finished network and its verdict.

    Parameters
    ----------
    run : TrainingRun
    network : MeasuringNetwork, Baseline or NanoNetwork
    step : int
        Step of the selected state.
    """
    check = run.self_check(network, network.spec.summations)
    verdict, why = diagnose(check)
    before = run.out / BEFORE_FILE
    content = {
        "verdict": verdict,
        "why": why,
        "step": step,
        "select": run.recipe.select,
        "settled": run.recipe.settled,
        "signs": check.to_dict(),
        "before": json.loads(before.read_text()) if before.exists() else None,
    }
    write_whole(run.out / VERDICT_FILE, json.dumps(content, indent=1).encode())


def read_verdict(out: str | Path) -> dict[str, Any]:
    """Read the verdict of a finished training.

    Parameters
    ----------
    out : path
        Folder of the training.

    Returns
    -------
    dict
        ``verdict``, ``why``, ``step``, ``signs`` (the self-check), ``before`` and others.
    """
    content: dict[str, Any] = json.loads((Path(out) / VERDICT_FILE).read_text())
    return content
