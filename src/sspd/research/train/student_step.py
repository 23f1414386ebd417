"""One training step of the small network: harder views, compared with its teacher's lesson."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sspd.models.nano import NanoNetwork
from sspd.models.network import initialise
from sspd.research.losses.lesson import lesson_loss
from sspd.research.recipes import StudentRecipe
from sspd.research.train.health import read_health
from sspd.research.train.sampler import Draw, generator_of
from sspd.research.train.schedules import learning_rate_at
from sspd.research.train.state import OneNetworkState
from sspd.research.train.step import descend, require_finite
from sspd.research.train.step_types import Batch, Outcome
from sspd.research.train.teacher import Teacher
from sspd.research.views.harder import harder_view

#: Largest norm of a gradient; one clip with a jump would move the weights far.
MOST_GRADIENT = 1.0


def new_student(
    recipe: StudentRecipe, seed: int, device: torch.device
) -> OneNetworkState[NanoNetwork]:
    """Make an untrained network; the same seed gives the same weights.

    Parameters
    ----------
    recipe : StudentRecipe
    seed : int
    device : torch.device

    Returns
    -------
    OneNetworkState[NanoNetwork]
    """
    network = NanoNetwork(recipe.network)
    initialise(network, torch.Generator().manual_seed(seed))
    network.to(device).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    scaler = torch.amp.GradScaler(device.type, enabled=False)  # it is trained in float32
    return OneNetworkState(network, optimiser, scaler)


def make_student_views(
    clips: Tensor, draws: Sequence[Draw], recipe: StudentRecipe, seed: int
) -> Tensor:
    """Make the views of clips, those of one clip beside each other.

    Parameters
    ----------
    clips : Tensor, shape (n, t + 1, 3, s, s)
    draws : sequence of Draw
        Draws of these clips, which decide their views.
    recipe : StudentRecipe
    seed : int

    Returns
    -------
    Tensor, shape (n * views, t + 1, 3, size, size)
    """
    network, views = recipe.network, []
    for clip, draw in zip(clips, draws, strict=True):
        generator = generator_of(draw, seed)
        views += [
            harder_view(clip, network.size, network.fs, recipe.views, generator)
            for _ in range(recipe.views_per_clip)
        ]
    return torch.stack(views)


def take_student_step(
    state: OneNetworkState[NanoNetwork],
    batch: Batch,
    recipe: StudentRecipe,
    teacher: Teacher,
    seed: int,
    steps: int,
) -> Outcome:
    """Run one optimizer step, in place.

    Parameters
    ----------
    state : OneNetworkState[NanoNetwork]
    batch : Batch
        On the state's device.
    recipe : StudentRecipe
    teacher : Teacher
    seed, steps : int
        Seed and number of steps of the whole training.

    Returns
    -------
    Outcome

    Raises
    ------
    TrainingError
        The loss or gradient is not finite; the weights stay as before the step.
    """
    spec = recipe.network
    rate = learning_rate_at(state.step, steps, recipe.learning_rate, recipe.warmup_steps, True)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    lesson = teacher.teach(batch.clips, batch.places)
    out = state.network(make_student_views(batch.clips, batch.draws, recipe, seed))
    # value k is of the frame `latency` before frame k
    first, n = recipe.n_skipped, recipe.n_compared
    own = slice(first + spec.latency, first + spec.latency + n)
    known = slice(first, first + n)
    waves, features, weights = (
        part.repeat_interleave(recipe.views_per_clip, dim=0) for part in lesson
    )
    wave, target = out.wave[:, own], waves[:, known]
    found = lesson_loss(
        *(wave, out.features[:, own], target, features[:, known]),
        *(spec.fs, recipe.band_hz, recipe.widths, weights),
    )
    parts = {
        "rpd": recipe.rpd_weight * found.rpd,
        "band": recipe.band_weight * found.band,
        "tspd": recipe.tspd_weight * found.tspd,
    }
    total = torch.stack(list(parts.values())).sum()
    require_finite(total, "loss", state.step)
    descend(state, total)
    shown, sure = {"network": wave.detach(), "teacher": target}, float(weights.mean())
    health = read_health(target, wave.detach(), spec.fs, recipe.band_hz)
    return Outcome({"total": total, **parts}, health, shown, {}, {"certainty": sure})
