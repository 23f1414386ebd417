"""Looks at a training while it runs, by signs that need no labels; its best state; its verdict."""

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
from sspd.models.baselines import Baseline
from sspd.models.network import MeasuringNetwork
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.research.train.process_group import Team
from sspd.research.train.sampler import Video, clips_an_epoch, steps_of
from sspd.research.train.self_check import (
    PROBES,
    SHORTEST_S,
    SelfCheck,
    diagnose,
    probe_clips,
    read_signs,
)
from sspd.research.train.state import Resumable, load_state, state_file
from sspd.research.train.trainers import Trainer
from sspd.utils.files import write_whole

VERDICT_FILE, BEFORE_FILE = "verdict.json", "before.json"
#: At these parts of a training it is looked at, and at its end.
LOOKS = (0.5, 0.75, 0.875)
#: An earlier state is taken where its score is so much better: 16 clips say no more.
MARGIN = 0.15


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """What one training is of."""

    videos: Sequence[Video]
    recipe: Recipe | BaselineRecipe
    seed: int
    device: torch.device
    out: Path
    way: Trainer
    team: Team
    identity: dict[str, Any]

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole training."""
        return steps_of(self.recipe, len(self.videos), self.counts)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Clips of each video in an epoch."""
        return clips_an_epoch(self.recipe, self.videos)

    def look_steps(self) -> set[int]:
        """After which steps it is looked at."""
        return {round(part * self.steps) for part in LOOKS} - {0}

    def signs(self, network: nn.Module, summations: int | None = None) -> SelfCheck:
        """What is seen of a network that measures; see `read_signs`."""
        long_enough = self.recipe.clip_s >= SHORTEST_S
        clips = probe_clips(self.videos, self.recipe, self.seed, PROBES if long_enough else 0)
        forward_clip = self.way.forward_clip(network, self.device)
        network_spec = self.recipe.network
        bgr = network_spec.colour == "bgr"
        return read_signs(forward_clip, clips, network_spec.fs, bgr=bgr, summations=summations)


def look_before(run: TrainingRun, state: Resumable) -> None:
    """Keep the signs of weights that a training starts from, where it starts from some."""
    if run.identity["init"] != "nothing":
        signs = run.signs(run.way.export_candidate(state))
        write_whole(run.out / BEFORE_FILE, json.dumps(signs.to_dict()).encode())


def look(run: TrainingRun, state: Resumable, last: bool) -> dict[str, float]:
    """Look at a state, and remember it where it is the best so far.

    The last one is taken but for a clearly better one.

    Returns
    -------
    dict
        Its signs, for the log.
    """
    signs = run.signs(run.way.export_candidate(state))
    if signs.clips and signs.score > state.best[1] - (MARGIN if last else 0.0):
        state.best = (state.step, signs.score)
    told = signs.to_dict().items()
    return {f"signs/{name}": value for name, value in told if value is not None}


def take_best(run: TrainingRun, state: Resumable, notice: Callable[[str], None]) -> None:
    """Put the best state in the place of the last one, where that is clearly worse.

    Not where the recipe takes the last one.
    """
    if run.recipe.select == "last":
        return
    best, last = state.best[0], state.step
    if best in (-1, last):
        return
    try:
        load_state(state, state_file(run.out, best), run.identity)
    except WeightsError as error:  # its checksum comes first: nothing of it was taken
        notice(f"{error}; it measured better than the last, of step {last}, which is taken")
        return
    notice(f"the state of step {best} measures better than the last, of step {last}: taken")


def write_verdict(run: TrainingRun, network: MeasuringNetwork | Baseline, step: int) -> None:
    """Keep what the finished network's signs say, read as it will be."""
    signs = run.signs(network, network.spec.summations)
    verdict, why = diagnose(signs)
    before = run.out / BEFORE_FILE
    content = {
        "verdict": verdict,
        "why": why,
        "step": step,
        "select": run.recipe.select,
        "settled": run.recipe.settled,
        "signs": signs.to_dict(),
        "before": json.loads(before.read_text()) if before.exists() else None,
    }
    write_whole(run.out / VERDICT_FILE, json.dumps(content, indent=1).encode())


def read_verdict(out: str | Path) -> dict[str, Any]:
    """What was said of a finished training: ``verdict``, ``why``, ``step``, ``signs``, ``before``.

    Parameters
    ----------
    out : path
        Its folder.
    """
    content: dict[str, Any] = json.loads((Path(out) / VERDICT_FILE).read_text())
    return content
