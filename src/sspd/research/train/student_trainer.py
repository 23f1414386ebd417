"""The trainer of the small network, for the one training loop."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sspd.errors import WeightsError
from sspd.models.checkpoint import load_nano
from sspd.models.nano import NanoNetwork, whole_waveform
from sspd.network.grid import to_grid
from sspd.network.load import find_weights
from sspd.research.recipes import StudentRecipe
from sspd.research.train.equalizer import network_equalizer
from sspd.research.train.sampler import Video
from sspd.research.train.self_check import ForwardClip
from sspd.research.train.state import OneNetworkState
from sspd.research.train.step_types import Batch, Outcome
from sspd.research.train.student_step import new_student, take_student_step
from sspd.research.train.teacher import Teacher, load_teacher
from sspd.research.train.trainers import Trainer
from sspd.research.views.lga import global_view
from sspd.types import Frames


def student_trainer(recipe: StudentRecipe, teacher: str | Path) -> Trainer:
    """Make the trainer of a recipe and a teacher.

    Parameters
    ----------
    recipe : StudentRecipe
    teacher : path or str
        See `sspd.research.train.teacher.load_teacher`; read at the first step.

    Returns
    -------
    Trainer
    """

    @cache
    def teacher_on(device: torch.device) -> Teacher:
        return load_teacher(teacher, recipe, device)

    def begin(seed: int, device: torch.device, start: str) -> OneNetworkState[NanoNetwork]:
        teacher_on(device)  # a teacher that cannot be used is an error before the first step
        state = new_student(recipe, seed, device)
        if start != "nothing":
            file = find_weights("nano", ".safetensors") if start == "shipped" else start
            network, _ = load_nano(file)
            if _shape(network) != _shape(state.network):
                raise WeightsError(f"{start}: its layers differ from recipe {recipe.name!r}")
            state.network.load_state_dict(network.state_dict())
        return state

    def step(state: Any, batch: Batch, seed: int, steps: int) -> Outcome:
        lesson_of = teacher_on(batch.clips.device)
        return take_student_step(state, batch, recipe, lesson_of, seed, steps)

    def export_candidate(state: Any) -> NanoNetwork:
        network: NanoNetwork = copy.deepcopy(state.network).eval()
        return network

    def finish(state: Any, videos: Sequence[Video], seed: int, name: str) -> NanoNetwork:
        network = export_candidate(state).cpu()
        network.spec = replace(network.spec, name=name)
        found = network_equalizer(lambda faces: _output(network, faces), network.spec)
        network.spec = replace(network.spec, equalizer=found)
        return network

    def forward_clip(network: nn.Module, device: torch.device) -> ForwardClip:
        assert isinstance(network, NanoNetwork)
        network.to(device)

        @torch.no_grad()
        def forward(clip: Tensor) -> NDArray[np.float64]:
            faces = global_view(clip.to(device), recipe.network.size)
            wave: NDArray[np.float64] = (
                whole_waveform(network, faces[None])[0].double().cpu().numpy()
            )
            return wave

        return forward

    return Trainer(begin, step, finish, export_candidate, forward_clip)


@torch.no_grad()
def _output(network: NanoNetwork, faces: Frames) -> NDArray[np.float64]:
    """Return the waveform of faces, as a measurement has it."""
    grid = np.ascontiguousarray(to_grid(faces, network.spec.fs).transpose(0, 3, 1, 2))
    wave: NDArray[np.float64] = whole_waveform(network, torch.from_numpy(grid)[None])[0].numpy()
    return wave.astype(np.float64)


def _shape(network: nn.Module) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in network.state_dict().items()}
