"""One step on two views: what Algorithm 1 of the paper does with a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from sspd.errors import TrainingError
from sspd.losses.sspd import LossParts, sspd_loss
from sspd.nn.network import TrainingNetwork, TrainingOutput
from sspd.recipes import Recipe, ViewSpec
from sspd.views.lga import local_global_views
from sspd.views.mdm import centred_frames, frame_differences, random_mask

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
    clips: Tensor, size: int, spec: ViewSpec, generators: Sequence[torch.Generator]
) -> Views:
    """V_m of the local and V_o of the global view (Eq. 1) for clips (n, t + 1, 3, s, s)."""
    local, whole = local_global_views(
        clips,
        size,
        generators,
        augment=spec.local_view == "crop",
        corner=spec.crop_anchor == "corner",
    )
    to_input = frame_differences if spec.difference else centred_frames
    masked = random_mask(
        to_input(local), spec.mask_ratio, generators, per_pixel=spec.mask_shape == "pixel"
    )
    return Views(masked, to_input(whole))


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
