"""One training step of another paper's network: labelled, by priors, by contrast or by triplets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from sspd.errors import TrainingError
from sspd.models.baselines import Baseline
from sspd.models.network import initialise
from sspd.research.losses.contrast import band_shares, contrast, random_windows
from sspd.research.losses.triplet import triplet
from sspd.research.recipes.baseline import FASTEST, BaselineRecipe
from sspd.research.train.health import read_health
from sspd.research.train.loss_registry import LABELLED_LOSSES, PRIOR_LOSSES, ClipLabel
from sspd.research.train.sampler import generator_of
from sspd.research.train.schedules import learning_rate_at
from sspd.research.train.state import OneNetworkState
from sspd.research.train.step import AUTOCAST, descend, require_finite
from sspd.research.train.step_types import Batch, Outcome
from sspd.signal import peak_frequency

#: Windows drawn from each region (Contrast-Phys, Sec. 3.3), views of each video (RemotePPG).
WINDOWS_PER_REGION, VIEWS_PER_VIDEO = 4, 4
#: Slowest playback speed, and the range of speeds that are too close to the video's own for a
#: negative sample.
SLOWEST, NEAREST_BELOW, NEAREST_ABOVE = 1 / FASTEST, 0.8, 1.25

Parts = dict[str, Tensor]
#: Maps faces (n, 3, t + 1, h, w) to waveforms of their regions (n, regions, t), float32.
ForwardRegions = Callable[[Tensor], Tensor]


def new_baseline(
    recipe: BaselineRecipe, seed: int, device: torch.device
) -> OneNetworkState[Baseline]:
    """Make an untrained network; the same seed gives the same weights.

    Parameters
    ----------
    recipe : BaselineRecipe
    seed : int
    device : torch.device

    Returns
    -------
    OneNetworkState[Baseline]
    """
    network = Baseline(recipe.network)
    initialise(network, torch.Generator().manual_seed(seed))
    network.to(device).train()
    make = torch.optim.AdamW if recipe.decay else torch.optim.Adam
    optimiser = make(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.decay)
    scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "f16")
    return OneNetworkState(network, optimiser, scaler)


def change_speed(faces: Tensor, speed: float, n: int) -> Tensor:
    """Return the first `n` frames of clips played at another speed, by a cubic B-spline.

    Linear interpolation would halve the noise midway between frames and leave it unchanged at
    frames. At most speeds this modulates the noise in the band of the pulse, and networks without
    labels learn that modulation. The spline's noise is even to a twelfth.

    Parameters
    ----------
    faces : Tensor, shape (n, c, t, h, w), or waveforms (n, t)
    speed : float
        Playback speed; 2 shows every second frame.
    n : int
        Number of frames to return.

    Returns
    -------
    Tensor
        Shaped as `faces`, with n frames.

    >>> change_speed(torch.arange(8.0)[None], 1.5, 4)[0, 1:]
    tensor([1.5000, 3.0000, 4.5000])
    """
    axis = 2 if faces.ndim == 5 else 1
    last = faces.shape[axis] - 1
    place = (torch.arange(n) * speed).clamp(max=last)
    first = place.floor().long()
    u = place - first
    shares = ((1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3)
    shape = [-1 if k == axis else 1 for k in range(faces.ndim)]
    parts = [
        share.to(faces).view(shape)
        / 6
        * faces.index_select(axis, (first + k - 1).clamp(0, last).to(faces.device))
        for k, share in enumerate(shares)
    ]
    return torch.stack(parts).sum(dim=0)


def _speed(generator: torch.Generator, apart: bool) -> float:
    """Draw a speed from `SLOWEST` to `FASTEST`, uniformly; with ``apart`` never near 1."""
    drawn = float(torch.rand(1, generator=generator))
    if not apart:
        return SLOWEST + drawn * (FASTEST - SLOWEST)
    below = NEAREST_BELOW - SLOWEST
    drawn *= below + FASTEST - NEAREST_ABOVE
    return SLOWEST + drawn if drawn < below else NEAREST_ABOVE + drawn - below


def _forward(network: Baseline, dtype: torch.dtype, faces: Tensor) -> Tensor:
    """Run the network, in less than float32 if asked; losses always use float32."""
    device = faces.device.type
    if device == "cpu" and dtype == torch.bfloat16:  # much faster in convolutions
        faces = faces.contiguous(memory_format=torch.channels_last_3d)
    with torch.autocast(device, dtype=dtype, enabled=dtype != torch.float32):
        return network.regions(faces).float()


def _labelled(
    forward_clip: ForwardRegions, faces: Tensor, batch: Batch, recipe: BaselineRecipe, draws: _Draws
) -> tuple[Parts, Tensor]:
    fs, band = recipe.network.fs, recipe.band_hz
    if batch.waves is not None:
        rates = [peak_frequency(one.numpy(), fs, band) for one in batch.waves.cpu()]
        rate_hz = torch.tensor(np.nan_to_num(rates, nan=float(np.mean(band))))
    elif batch.rate_hz is not None:
        rate_hz = batch.rate_hz
    else:
        raise TrainingError(f"the recipe {recipe.name!r} needs labels, and there are none")
    wave = forward_clip(faces).mean(dim=1)
    label = None if batch.waves is None else batch.waves.to(wave.device)
    known = ClipLabel(label, rate_hz.float().to(wave.device))
    return {
        name: weight * LABELLED_LOSSES[name](wave, known, fs, band)
        for name, weight in recipe.losses
    }, wave


def _prior(
    forward_clip: ForwardRegions, faces: Tensor, batch: Batch, recipe: BaselineRecipe, draws: _Draws
) -> tuple[Parts, Tensor]:
    n = recipe.network.clip + 1
    rows = [
        change_speed(clip[None], _speed(own, apart=False), n)
        for clip, own in zip(faces, draws, strict=True)
    ]
    wave = forward_clip(torch.cat(rows)).mean(dim=1)
    fs, band = recipe.network.fs, recipe.band_hz
    return {
        name: weight * PRIOR_LOSSES[name](wave, fs, band) for name, weight in recipe.losses
    }, wave


def _contrast(
    forward_clip: ForwardRegions, faces: Tensor, batch: Batch, recipe: BaselineRecipe, draws: _Draws
) -> tuple[Parts, Tensor]:
    if len(faces) < 2:
        raise TrainingError(f"the recipe {recipe.name!r} compares videos: it needs two or more")
    regions = forward_clip(faces)
    fs, half = recipe.network.fs, recipe.network.clip // 2
    shares = [
        band_shares(random_windows(waves, WINDOWS_PER_REGION, half, own), fs, recipe.band_hz)
        for waves, own in zip(regions, draws, strict=True)
    ]
    pairs = [contrast(shares[k - 1], shares[k]) for k in range(len(shares))]
    weight = dict(recipe.losses)["contrast"]
    return {"contrast": weight * torch.stack(pairs).mean()}, regions.mean(dim=1)


def _triplet(
    forward_clip: ForwardRegions, faces: Tensor, batch: Batch, recipe: BaselineRecipe, draws: _Draws
) -> tuple[Parts, Tensor]:
    n, fs = recipe.network.clip, recipe.network.fs
    speeds = [_speed(own, apart=True) for own in draws]
    other = [change_speed(clip[None], v, n + 1) for clip, v in zip(faces, speeds, strict=True)]
    waves = forward_clip(torch.cat([faces[:, :, : n + 1], *other])).mean(dim=1)
    length = min(n // 2, int(n / FASTEST) - 1)
    losses = []
    for k, (own, speed) in enumerate(zip(draws, speeds, strict=True)):
        anchor, negative = waves[k][None], waves[len(speeds) + k][None]
        positive = change_speed(negative, 1 / speed, min(n, int(n * speed)))
        shares = [
            band_shares(random_windows(one, VIEWS_PER_VIDEO, length, own), fs, recipe.band_hz)
            for one in (anchor, positive, negative)
        ]
        losses.append(triplet(*shares))
    weight = dict(recipe.losses)["triplet"]
    return {"triplet": weight * torch.stack(losses).mean()}, waves[: len(speeds)]


_Draws = Sequence[torch.Generator]
_KINDS: Mapping[
    str, Callable[[ForwardRegions, Tensor, Batch, BaselineRecipe, _Draws], tuple[Parts, Tensor]]
] = MappingProxyType(
    {"labelled": _labelled, "prior": _prior, "contrast": _contrast, "triplet": _triplet}
)


def take_baseline_step(
    state: OneNetworkState[Baseline], batch: Batch, recipe: BaselineRecipe, seed: int, steps: int
) -> Outcome:
    """Run one optimizer step, in place.

    Parameters
    ----------
    state : OneNetworkState[Baseline]
    batch : Batch
        On the state's device.
    recipe : BaselineRecipe
    seed, steps : int
        Seed and number of steps of the whole training.

    Returns
    -------
    Outcome

    Raises
    ------
    TrainingError
        The loss or gradient is not finite, or labels or videos are missing; the weights stay as
        before the step.
    """
    cosine = recipe.rate_schedule == "cosine"
    rate = learning_rate_at(state.step, steps, recipe.learning_rate, recipe.warmup_steps, cosine)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    draws = [generator_of(draw, seed) for draw in batch.draws]
    faces = batch.clips.transpose(1, 2)
    flips = [float(torch.rand(1, generator=own)) < 0.5 for own in draws]
    faces = torch.stack([f.flip(-1) if flip else f for f, flip in zip(faces, flips, strict=True)])
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(1 << 62, (1,), generator=draws[0])))  # for dropout
        forward_clip = partial(_forward, state.network, AUTOCAST[recipe.precision])
        now = recipe.at(state.step, steps)
        parts, wave = _KINDS[recipe.kind](forward_clip, faces, batch, now, draws)
    total = torch.stack(list(parts.values())).sum()
    require_finite(total, "loss", state.step)
    descend(state, total)
    wave = wave.detach().float()
    shown = {"network": wave} | ({} if batch.waves is None else {"label": batch.waves})
    health = read_health(wave, shown.get("label", wave).to(wave), recipe.network.fs, recipe.band_hz)
    if batch.waves is None:
        health = health._replace(agreement=float("nan"))
    else:  # the health of the network, not of the label
        own = read_health(wave, wave, recipe.network.fs, recipe.band_hz)
        health = own._replace(agreement=health.agreement)
    return Outcome({"total": total, **parts}, health, shown, {})
