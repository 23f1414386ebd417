"""One training step of SSPD on two views, as in Algorithm 1 of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sspd.errors import TrainingError
from sspd.models.network import TrainingNetwork, TrainingOutput
from sspd.models.spec import InputKind
from sspd.research.losses.sspd import LossParts, sspd_loss
from sspd.research.recipes import Recipe, ViewSpec
from sspd.research.train.ema import update_target
from sspd.research.train.health import Health, read_health
from sspd.research.train.process_group import SINGLE, ProcessGroup
from sspd.research.train.sampler import Draw, generator_of
from sspd.research.train.schedules import learning_rate_at, momentum_at
from sspd.research.train.state import Resumable, TrainingState
from sspd.research.views.disturb import disturb
from sspd.research.views.lga import local_global_views
from sspd.research.views.mdm import INPUTS, random_mask

#: The scale of float16 gradients falls from 65536 until they are finite; below this value no
#: scale helps, and every further step would be skipped.
SMALLEST_SCALE = 1.0
AUTOCAST = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


class Views(NamedTuple):
    """The two inputs of a step, each of shape (n, 3, t, size, size)."""

    masked: Tensor
    original: Tensor


class StepResult(NamedTuple):
    """Results of a step before the optimizer moves."""

    parts: LossParts
    online: TrainingOutput
    target: TrainingOutput


def make_views(
    clips: Tensor,
    size: int,
    spec: ViewSpec,
    generators: Sequence[torch.Generator],
    layout: torch.memory_format = torch.contiguous_format,
    kind: InputKind = "differences",
) -> Views:
    """Make the masked local view and the global view of clips (Eq. 1).

    Parameters
    ----------
    clips : Tensor, shape (n, t + 1, 3, s, s)
    size : int
        Height and width of a view, pixels.
    spec : ViewSpec
    generators : sequence of torch.Generator
        One for each clip, on the CPU.
    layout : torch.memory_format
        Memory layout of the views.
    kind : str
        ``"differences"`` or ``"centred"``.

    Returns
    -------
    Views
    """
    n, t = len(clips), clips.shape[1] - 1
    masked, original = (
        clips.new_empty(n, 3, t, size, size).to(memory_format=layout) for _ in Views._fields
    )
    to_input = INPUTS[kind]
    for i in range(n):  # one clip at a time, because intermediate results are large
        one, own = slice(i, i + 1), [generators[i]]
        local, whole = local_global_views(
            clips[one],
            size,
            own,
            augment=spec.local_view == "crop",
            corner=spec.crop_anchor == "corner",
        )
        if spec.disturbance is not None:
            local, whole = (
                disturb(view[0], spec.disturbance, generators[i])[None] for view in (local, whole)
            )
        view = to_input(local, out=masked[one])
        by_pixel = spec.mask_shape == "pixel"
        random_mask(view, spec.mask_ratio, own, per_pixel=by_pixel, out=view)
        to_input(whole, out=original[one])
    return Views(masked, original)


def layout_of(device: torch.device, precision: str) -> torch.memory_format:
    """Return the memory layout of feature maps: channels last, except for float32 on a CPU.

    Half precision is then ten times faster in some layers on a CPU; on CUDA norms are faster, and a
    whole step by a factor of 2.7.

    Parameters
    ----------
    device : torch.device
    precision : str
        ``"f32"``, ``"bf16"`` or ``"f16"``.

    Returns
    -------
    torch.memory_format
    """
    if device.type == "cpu" and precision == "f32":
        return torch.contiguous_format
    return torch.channels_last_3d


def forward_both(
    online: TrainingNetwork, target: TrainingNetwork, views: Views, recipe: Recipe
) -> StepResult:
    """Run both networks on their views and compute the loss between them.

    The target runs first and without a graph, so its activations are freed before those of the
    online network are stored.

    Parameters
    ----------
    online, target : TrainingNetwork
    views : Views
    recipe : Recipe

    Returns
    -------
    StepResult
    """
    network = recipe.network
    level_fs = network.pyramid.level_fs(network.fs) if network.pyramid else ()
    device = views.masked.device.type
    dtype = AUTOCAST[recipe.precision]
    with torch.autocast(device, dtype=dtype, enabled=dtype != torch.float32):
        with torch.no_grad():
            of_target = target(views.original)
        of_online = online(views.masked)
    parts = sspd_loss(
        *(of_online.rppg, of_online.tokens, of_target.rppg, of_target.tokens),
        network.fs,
        level_fs,
        recipe.loss,
    )
    return StepResult(parts, of_online, of_target)


def require_finite(value: Tensor, name: str, step: int) -> None:
    """Raise `TrainingError` for a loss or gradient that is not finite.

    Parameters
    ----------
    value : Tensor
        Scalar.
    name : str
        ``"loss"`` or ``"gradient"``, for the message.
    step : int

    >>> require_finite(torch.tensor(1.0), "loss", 0)
    """
    if not torch.isfinite(value):
        raise TrainingError(
            f"the {name} is not finite at step {step}; the last good state is kept."
            " A lower learning rate or --precision f32 may help"
        )


def take_step(
    state: TrainingState,
    clips: Tensor,
    draws: Sequence[Draw],
    recipe: Recipe,
    seed: int,
    steps: int,
    processes: ProcessGroup = SINGLE,
    n_step: int | None = None,
) -> tuple[StepResult, Health]:
    """Run one optimizer step and one step of the moving average, in place.

    Parameters
    ----------
    state : TrainingState
    clips : Tensor, shape (n, t + 1, 3, s, s)
        Pixel values 0-255.
    draws : sequence of Draw
        Draws of these clips, which decide their views.
    recipe : Recipe
    seed, steps : int
        Seed and number of steps of the whole training.
    processes : ProcessGroup
        The processes that take this step together, each with its own clips.
    n_step : int, optional
        Number of clips of all processes; by default those given.

    Returns
    -------
    result : StepResult
        Its loss is that of all processes.
    health : Health
        Of all processes.

    Raises
    ------
    TrainingError
        The loss or gradient is not finite; the weights stay as before the step.
    """
    cosine = recipe.rate_schedule == "cosine"
    rate = learning_rate_at(state.step, steps, recipe.learning_rate, recipe.warmup_steps, cosine)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    generators = [generator_of(draw, seed) for draw in draws]
    layout = layout_of(clips.device, recipe.precision)
    network = recipe.network
    views = make_views(clips, network.size, recipe.views, generators, layout, network.input)
    result = forward_both(state.online, state.target, views, recipe)
    n = n_step or len(draws)
    mine = result.parts.total * (len(draws) / n)  # the parts are means over clips
    whole = processes.total(torch.stack(result.parts) * (len(draws) / n))
    result = result._replace(parts=LossParts(*whole))
    require_finite(result.parts.total, "loss", state.step)
    descend(state, mine, processes)
    momentum = momentum_at(state.step, steps, recipe.momentum_start, recipe.momentum_end)
    update_target(state.target, state.online, momentum)
    waves = processes.rows(result.online.rppg, n), processes.rows(result.target.rppg, n)
    return result, read_health(*waves, network.fs, recipe.loss.band_hz)


def descend(state: Resumable, loss: Tensor, processes: ProcessGroup = SINGLE) -> None:
    """Compute gradients and take one step of the optimizer.

    Parameters
    ----------
    state : Resumable
    loss : Tensor
        Scalar.
    processes : ProcessGroup
        The processes that take this step together.

    Raises
    ------
    TrainingError
        The gradient is not finite.
    """
    state.optimiser.zero_grad(set_to_none=True)
    state.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    trained = [p for group in state.optimiser.param_groups for p in group["params"]]
    processes.sum_gradients(trained)
    if not state.scaler.is_enabled():  # the scaler checks this itself, and skips such a step
        gradients = [p.grad for p in trained if p.grad is not None]
        require_finite(torch.nn.utils.get_total_norm(gradients), "gradient", state.step)
    state.scaler.step(state.optimiser)
    state.scaler.update()
    if state.scaler.is_enabled() and state.scaler.get_scale() < SMALLEST_SCALE:
        raise TrainingError(
            f"the gradient is not finite at step {state.step}, and was not in the steps before"
            " it; the last good state is kept. --precision bf16 or f32 may help"
        )
