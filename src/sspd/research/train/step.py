"""One step on two views: what Algorithm 1 of the paper does with a batch."""

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
from sspd.research.train.process_group import SINGLE, Team
from sspd.research.train.sampler import Draw, generator_of
from sspd.research.train.schedules import momentum_at, rate_at
from sspd.research.train.state import Resumable, TrainingState
from sspd.research.views.lga import local_global_views
from sspd.research.views.mdm import INPUTS, random_mask

#: Float16 gradients are scaled from 65536 down until they are finite; below this no scale
#: helps, and every further step would be passed over.
SMALLEST_SCALE = 1.0
AUTOCAST = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


class Views(NamedTuple):
    """The two inputs of a step, each (n, 3, t, size, size)."""

    masked: Tensor
    original: Tensor


class StepResult(NamedTuple):
    """What a step computed, before the optimiser moves."""

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
    """V_m of the local and V_o of the global view (Eq. 1) for clips (n, t + 1, 3, s, s)."""
    n, t = len(clips), clips.shape[1] - 1
    masked, original = (
        clips.new_empty(n, 3, t, size, size).to(memory_format=layout) for _ in Views._fields
    )
    to_input = INPUTS[kind]
    for i in range(n):  # a clip at a time: what lies between is large
        one, own = slice(i, i + 1), [generators[i]]
        local, whole = local_global_views(
            clips[one],
            size,
            own,
            augment=spec.local_view == "crop",
            corner=spec.crop_anchor == "corner",
        )
        view = to_input(local, out=masked[one])
        by_pixel = spec.mask_shape == "pixel"
        random_mask(view, spec.mask_ratio, own, per_pixel=by_pixel, out=view)
        to_input(whole, out=original[one])
    return Views(masked, original)


def layout_of(device: torch.device, precision: str) -> torch.memory_format:
    """How maps lie in memory: channels side by side, but for float32 on processors.

    There half precision is ten times faster in some layers; on CUDA norms are, and a whole
    step by 2.7.
    """
    if device.type == "cpu" and precision == "f32":
        return torch.contiguous_format
    return torch.channels_last_3d


def forward_both(
    online: TrainingNetwork, target: TrainingNetwork, views: Views, recipe: Recipe
) -> StepResult:
    """Both networks on their views, and the loss between them.

    The target runs first and without a graph, so that its activations are gone before
    the online network's are kept.
    """
    network = recipe.network
    level_fs = network.pyramid.level_fs(network.fs) if network.pyramid else ()
    device = views.masked.device.type
    dtype = AUTOCAST[recipe.precision]
    with torch.autocast(device, dtype=dtype, enabled=dtype != torch.float32):
        with torch.no_grad():
            taught = target(views.original)
        learned = online(views.masked)
    parts = sspd_loss(
        learned.rppg, learned.tokens, taught.rppg, taught.tokens, network.fs, level_fs, recipe.loss
    )
    return StepResult(parts, learned, taught)


def require_finite(value: Tensor, name: str, step: int) -> None:
    """`TrainingError` for a loss or gradient that is not finite.

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
    team: Team = SINGLE,
    n_step: int | None = None,
) -> tuple[StepResult, Health]:
    """One optimiser step and one of the moving average, in place.

    Parameters
    ----------
    state : TrainingState
    clips : Tensor, shape (n, t + 1, 3, s, s)
    draws : sequence of Draw
        Which clips these are; decides their views.
    recipe : Recipe
    seed, steps : int
        Of the whole training.
    team : Team
        The processes that take this step together, each with its clips.
    n_step : int, optional
        Clips of all of them; by default those given.

    Returns
    -------
    StepResult
        Its loss is that of the whole step.
    Health
        Of the whole step.

    Raises
    ------
    TrainingError
        If loss or gradient is not finite; the weights are as before the step.
    """
    cosine = recipe.rate_schedule == "cosine"
    rate = rate_at(state.step, steps, recipe.learning_rate, recipe.warmup_steps, cosine)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    generators = [generator_of(draw, seed) for draw in draws]
    layout = layout_of(clips.device, recipe.precision)
    network = recipe.network
    views = make_views(clips, network.size, recipe.views, generators, layout, network.input)
    result = forward_both(state.online, state.target, views, recipe)
    n = n_step or len(draws)
    mine = result.parts.total * (len(draws) / n)  # the parts are means over clips
    whole = team.total(torch.stack(result.parts) * (len(draws) / n))
    result = result._replace(parts=LossParts(*whole))
    require_finite(result.parts.total, "loss", state.step)
    descend(state, mine, team)
    momentum = momentum_at(state.step, steps, recipe.momentum_start, recipe.momentum_end)
    update_target(state.target, state.online, momentum)
    waves = team.rows(result.online.rppg, n), team.rows(result.target.rppg, n)
    return result, read_health(*waves, network.fs, recipe.loss.band_hz)


def descend(state: Resumable, loss: Tensor, team: Team = SINGLE) -> None:
    """Gradients, and one step of the optimiser along them."""
    state.optimiser.zero_grad(set_to_none=True)
    state.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
    trained = [p for group in state.optimiser.param_groups for p in group["params"]]
    team.add_gradients(trained)
    if not state.scaler.is_enabled():  # which looks itself, and passes over such a step
        gradients = [p.grad for p in trained if p.grad is not None]
        require_finite(torch.nn.utils.get_total_norm(gradients), "gradient", state.step)
    state.scaler.step(state.optimiser)
    state.scaler.update()
    if state.scaler.is_enabled() and state.scaler.get_scale() < SMALLEST_SCALE:
        raise TrainingError(
            f"the gradient is not finite at step {state.step}, and was not in the steps before"
            " it; the last good state is kept. --precision bf16 or f32 may help"
        )
