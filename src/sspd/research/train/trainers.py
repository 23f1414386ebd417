"""What the one loop does for each kind of recipe: begin, step, finish."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sspd.errors import UsageError, WeightsError
from sspd.models.baselines import Baseline
from sspd.models.checkpoint import load_baseline, load_checkpoint
from sspd.models.network import MeasuringNetwork
from sspd.models.norm import take_together
from sspd.network.clips import ClipNetwork
from sspd.network.grid import to_grid
from sspd.network.load import shipped_weights, torch_run
from sspd.research.recipes import BaselineRecipe, Recipe
from sspd.research.train.baseline_step import new_baseline, take_baseline_step
from sspd.research.train.calibration_videos import calibration_videos
from sspd.research.train.finalize import estimate_output_convention, finish_clips, finish_network
from sspd.research.train.memory import hold_memory, step_bytes
from sspd.research.train.process_group import SINGLE, Team
from sspd.research.train.sampler import Video
from sspd.research.train.self_check import ForwardClip
from sspd.research.train.state import Resumable, new_state
from sspd.research.train.step import AUTOCAST, take_step
from sspd.research.train.step_types import Batch, Outcome
from sspd.research.views.lga import global_view
from sspd.research.views.mdm import INPUTS


@dataclass(frozen=True)
class Trainer:
    """A kind of training.

    Parameters
    ----------
    begin : callable
        Seed, device and start (``nothing``, ``shipped`` or a file) to a new state.
    step : callable
        State, batch, seed and steps of the whole training to what came of the step.
    finish : callable
        State, videos, seed and name to the network that measures, on the CPU.
    chosen : callable
        State to the network that is going to measure, as it is now; a copy.
    forward_clip : callable
        A network that measures, and a device, to what maps one clip's faces to a waveform.
    """

    begin: Callable[[int, torch.device, str], Any]
    step: Callable[[Any, Batch, int, int], Outcome]
    finish: Callable[[Any, Sequence[Video], int, str], MeasuringNetwork | Baseline]
    export_candidate: Callable[[Any], nn.Module]
    forward_clip: Callable[[nn.Module, torch.device], ForwardClip]


def trainer_for(recipe: Recipe | BaselineRecipe, team: Team = SINGLE) -> Trainer:
    """How a recipe's network is trained.

    Parameters
    ----------
    recipe : Recipe or BaselineRecipe
    team : Team
        The processes that train it together.
    """
    return _two_views(recipe, team) if isinstance(recipe, Recipe) else _of_another_paper(recipe)


def _two_views(recipe: Recipe, team: Team) -> Trainer:
    def begin(seed: int, device: torch.device, start: str) -> Resumable:
        state = new_state(recipe, seed, device)
        for module in (state.online, state.target):
            take_together(module, team.size > 1)
        if device.type == "cpu":
            half = recipe.precision != "f32"
            size = recipe.batch / team.size, recipe.n_differences, recipe.network.size
            hold_memory(state.online, step_bytes(*size, half))
        if start == "nothing":
            return state
        file = shipped_weights(".safetensors") if start == "shipped" else start
        network, _ = load_checkpoint(file)
        for fact in ("token_size", "colour", "input"):
            theirs, ours = getattr(network.spec, fact), getattr(recipe.network, fact)
            if theirs != ours:
                raise WeightsError(f"{start}: its {fact} is {theirs}, the recipe's is {ours}")
        for module in (state.online, state.target):
            module.measuring.load_state_dict(network.state_dict())
        return state

    def step(state: Any, batch: Batch, seed: int, steps: int) -> Outcome:
        what = batch.clips, batch.draws, recipe, seed, steps, team, batch.n_step
        result, health = take_step(state, *what)
        waves = {"online": result.online.rppg, "target": result.target.rppg}
        tokens = {"online": result.online.tokens, "target": result.target.tokens}
        return Outcome(result.parts._asdict(), health, waves, tokens)

    to_input = INPUTS[recipe.network.input]

    def export_candidate(state: Any) -> MeasuringNetwork:
        kept = state.online if recipe.exported == "online" else state.target
        network: MeasuringNetwork = copy.deepcopy(kept.measuring)
        take_together(network, False)  # one process looks at it
        # the online network's statistics are of masked differences: each clip has its own
        return network.train(recipe.exported == "online")

    def finish(state: Any, videos: Sequence[Video], seed: int, name: str) -> MeasuringNetwork:
        clips = finish_clips(videos, recipe, seed)
        return finish_network(export_candidate(state).cpu(), clips, to_input, name)

    def forward_clip(network: nn.Module, device: torch.device) -> ForwardClip:
        network.to(device)

        def look(clip: Tensor) -> NDArray[np.float64]:
            given = to_input(global_view(clip[None].to(device), recipe.network.size))
            return _output(network, given, AUTOCAST[recipe.precision])

        return look

    return Trainer(begin, step, finish, export_candidate, forward_clip)


def _of_another_paper(recipe: BaselineRecipe) -> Trainer:
    def begin(seed: int, device: torch.device, start: str) -> Resumable:
        state = new_baseline(recipe, seed, device)
        if start == "shipped":
            raise UsageError(f"no {recipe.network.network!r} comes with the package to start from")
        if start != "nothing":
            network, _ = load_baseline(start)
            if _shapes(network) != _shapes(state.network):
                raise WeightsError(f"{start}: other layers than the recipe's {recipe.name!r}")
            state.network.load_state_dict(network.state_dict())
        return state

    def step(state: Any, batch: Batch, seed: int, steps: int) -> Outcome:
        return take_baseline_step(state, batch, recipe, seed, steps)

    def finish(state: Any, videos: Sequence[Video], seed: int, name: str) -> Baseline:
        network = export_candidate(state).cpu()
        network.spec = replace(network.spec, name=name)
        if not recipe.upright:
            polarity, summations = _sign(network)
            network.spec = replace(network.spec, polarity=polarity, summations=summations)
        return network

    def export_candidate(state: Any) -> Baseline:
        network: Baseline = copy.deepcopy(state.network).eval()
        return network

    def forward_clip(network: nn.Module, device: torch.device) -> ForwardClip:
        network.to(device)

        def look(clip: Tensor) -> NDArray[np.float64]:
            given = clip[: recipe.network.clip + 1].transpose(0, 1)[None].to(device)
            return _output(network, given, AUTOCAST[recipe.precision])

        return look

    return Trainer(begin, step, finish, export_candidate, forward_clip)


@torch.no_grad()
def _output(network: nn.Module, given: Tensor, dtype: torch.dtype) -> NDArray[np.float64]:
    """A network's waveform of one clip, run as it is trained."""
    device = given.device.type
    if device == "cpu" and dtype == torch.bfloat16:
        given = given.contiguous(memory_format=torch.channels_last_3d)
    with torch.autocast(device, dtype=dtype, enabled=dtype != torch.float32):
        wave: NDArray[np.float64] = network(given)[0].double().cpu().numpy()
    return wave


def _shapes(network: nn.Module) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in network.state_dict().items()}


def _sign(network: Baseline) -> tuple[int, int]:
    """As for our own network: by simulated videos whose pulse is known."""
    spec = replace(network.spec, polarity=1, summations=0)
    measure = ClipNetwork(spec, torch_run(network, "f32", None))
    waveforms, pulses = [], []
    for video in calibration_videos(spec.fs, spec.size):
        wave = measure(to_grid(video.faces, spec.fs))
        if wave is not None:
            waveforms.append(wave)
            pulses.append(video.pulse[: wave.size])
    return estimate_output_convention(waveforms, pulses, spec.fs) if waveforms else (1, 0)
