"""A trainer for each kind of recipe, with the parts that the training loop calls."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sspd.errors import UsageError, WeightsError
from sspd.models.baselines import Baseline
from sspd.models.checkpoint import AnyNetwork, load_baseline, load_checkpoint
from sspd.models.network import MeasuringNetwork
from sspd.models.norm import take_together
from sspd.network.clips import ClipNetwork
from sspd.network.grid import to_grid
from sspd.network.load import shipped_weights, torch_run
from sspd.research.recipes import AnyRecipe, BaselineRecipe, Recipe, StudentRecipe
from sspd.research.train.baseline_step import new_baseline, take_baseline_step
from sspd.research.train.calibration_videos import calibration_videos
from sspd.research.train.finalize import (
    estimate_output_convention,
    finalize_network,
    statistics_clips,
)
from sspd.research.train.memory import hold_memory, step_bytes
from sspd.research.train.process_group import SINGLE, ProcessGroup
from sspd.research.train.sampler import Video
from sspd.research.train.self_check import ForwardClip
from sspd.research.train.state import Resumable, new_state
from sspd.research.train.step import AUTOCAST, take_step
from sspd.research.train.step_types import Batch, Outcome
from sspd.research.views.lga import global_view
from sspd.research.views.mdm import INPUTS


@dataclass(frozen=True)
class Trainer:
    """The functions of one kind of training.

    Parameters
    ----------
    begin : callable
        Makes a new state from seed, device and initial weights (``nothing``, ``shipped`` or a
        file).
    step : callable
        Takes one step, given the state, the batch, and seed and number of steps of the whole
        training; returns its `Outcome`.
    finish : callable
        Makes the network that measures from state, videos, seed and name, on the CPU.
    export_candidate : callable
        Returns a copy of the state's network as it would measure now.
    forward_clip : callable
        Makes, from a network that measures and a device, a function of one clip's faces that
        returns its waveform.
    """

    begin: Callable[[int, torch.device, str], Any]
    step: Callable[[Any, Batch, int, int], Outcome]
    finish: Callable[[Any, Sequence[Video], int, str], AnyNetwork]
    export_candidate: Callable[[Any], nn.Module]
    forward_clip: Callable[[nn.Module, torch.device], ForwardClip]


def trainer_for(
    recipe: AnyRecipe, processes: ProcessGroup = SINGLE, teacher: str | Path = "shipped"
) -> Trainer:
    """Return the trainer of a recipe.

    Parameters
    ----------
    recipe : Recipe, BaselineRecipe or StudentRecipe
    processes : ProcessGroup
        The processes of the training.
    teacher : path or str
        Who teaches a small network: a checkpoint, or ``shipped``.

    Returns
    -------
    Trainer
    """
    if isinstance(recipe, StudentRecipe):
        from sspd.research.train.student_trainer import student_trainer

        return student_trainer(recipe, teacher)
    return (
        _sspd_trainer(recipe, processes)
        if isinstance(recipe, Recipe)
        else _baseline_trainer(recipe)
    )


def _sspd_trainer(recipe: Recipe, processes: ProcessGroup) -> Trainer:
    def begin(seed: int, device: torch.device, start: str) -> Resumable:
        state = new_state(recipe, seed, device)
        for module in (state.online, state.target):
            take_together(module, processes.size > 1)
        if device.type == "cpu":
            half = recipe.precision != "f32"
            size = recipe.batch / processes.size, recipe.n_differences, recipe.network.size
            hold_memory(state.online, step_bytes(*size, half))
        if start == "nothing":
            return state
        file = shipped_weights(".safetensors") if start == "shipped" else start
        network, _ = load_checkpoint(file)
        for fact in ("token_size", "colour", "input"):
            found, wanted = getattr(network.spec, fact), getattr(recipe.network, fact)
            if found != wanted:
                raise WeightsError(f"{start}: its {fact} is {found}, the recipe's is {wanted}")
        for module in (state.online, state.target):
            module.measuring.load_state_dict(network.state_dict())
        return state

    def step(state: Any, batch: Batch, seed: int, steps: int) -> Outcome:
        inputs = batch.clips, batch.draws, recipe, seed, steps, processes, batch.n_step
        result, health = take_step(state, *inputs)
        waves = {"online": result.online.rppg, "target": result.target.rppg}
        tokens = {"online": result.online.tokens, "target": result.target.tokens}
        return Outcome(result.parts._asdict(), health, waves, tokens)

    to_input = INPUTS[recipe.network.input]

    def export_candidate(state: Any) -> MeasuringNetwork:
        kept = state.online if recipe.exported == "online" else state.target
        network: MeasuringNetwork = copy.deepcopy(kept.measuring)
        take_together(network, False)  # one process checks it
        # the online network's statistics are of masked differences, so each clip uses its own
        return network.train(recipe.exported == "online")

    def finish(state: Any, videos: Sequence[Video], seed: int, name: str) -> MeasuringNetwork:
        clips = statistics_clips(videos, recipe, seed)
        return finalize_network(export_candidate(state).cpu(), clips, to_input, name)

    def forward_clip(network: nn.Module, device: torch.device) -> ForwardClip:
        network.to(device)

        def forward(clip: Tensor) -> NDArray[np.float64]:
            given = to_input(global_view(clip[None].to(device), recipe.network.size))
            return _output(network, given, AUTOCAST[recipe.precision])

        return forward

    return Trainer(begin, step, finish, export_candidate, forward_clip)


def _baseline_trainer(recipe: BaselineRecipe) -> Trainer:
    def begin(seed: int, device: torch.device, start: str) -> Resumable:
        state = new_baseline(recipe, seed, device)
        if start == "shipped":
            raise UsageError(f"no weights of {recipe.network.network!r} come with the package")
        if start != "nothing":
            network, _ = load_baseline(start)
            if _shapes(network) != _shapes(state.network):
                raise WeightsError(f"{start}: its layers differ from recipe {recipe.name!r}")
            state.network.load_state_dict(network.state_dict())
        return state

    def step(state: Any, batch: Batch, seed: int, steps: int) -> Outcome:
        return take_baseline_step(state, batch, recipe, seed, steps)

    def finish(state: Any, videos: Sequence[Video], seed: int, name: str) -> Baseline:
        network = export_candidate(state).cpu()
        network.spec = replace(network.spec, name=name)
        if not recipe.upright:
            sign, integration_order = _output_convention(network)
            network.spec = replace(network.spec, polarity=sign, summations=integration_order)
        return network

    def export_candidate(state: Any) -> Baseline:
        network: Baseline = copy.deepcopy(state.network).eval()
        return network

    def forward_clip(network: nn.Module, device: torch.device) -> ForwardClip:
        network.to(device)

        def forward(clip: Tensor) -> NDArray[np.float64]:
            given = clip[: recipe.network.clip + 1].transpose(0, 1)[None].to(device)
            return _output(network, given, AUTOCAST[recipe.precision])

        return forward

    return Trainer(begin, step, finish, export_candidate, forward_clip)


@torch.no_grad()
def _output(network: nn.Module, given: Tensor, dtype: torch.dtype) -> NDArray[np.float64]:
    """Return a network's waveform of one clip, in the precision of the training."""
    device = given.device.type
    if device == "cpu" and dtype == torch.bfloat16:
        given = given.contiguous(memory_format=torch.channels_last_3d)
    with torch.autocast(device, dtype=dtype, enabled=dtype != torch.float32):
        wave: NDArray[np.float64] = network(given)[0].double().cpu().numpy()
    return wave


def _shapes(network: nn.Module) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in network.state_dict().items()}


def _output_convention(network: Baseline) -> tuple[int, int]:
    """Estimate sign and integration order from simulated videos, as for our own network."""
    spec = replace(network.spec, polarity=1, summations=0)
    measure = ClipNetwork(spec, torch_run(network, "f32", None))
    waveforms, pulses = [], []
    for video in calibration_videos(spec.fs, spec.size):
        wave = measure(to_grid(video.faces, spec.fs))
        if wave is not None:
            waveforms.append(wave)
            pulses.append(video.pulse[: wave.size])
    return estimate_output_convention(waveforms, pulses, spec.fs) if waveforms else (1, 0)
