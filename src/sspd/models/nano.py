"""The small streaming network: causal in time, frame by frame, a fiftieth of the large one's work.

A face becomes relative changes of its pixels, since the frame before and since the mean of the
last two seconds. Convolutions make a map of regions of them. Each region is weighed by how it
looks and how much it changes: what moves, or is no skin, counts little. The weighted means are
scaled by their own power, and gated convolutions of several time scales make a pulse of them.

One function serves training and streaming: it maps a chunk of frames and a state to values and
the state after them, so a video cut anywhere gives the same values.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sspd.errors import UsageError
from sspd.models.nano_parts import (
    CENTRED_GAIN,
    CLIP,
    DARK,
    DIFFERENCE_GAIN,
    MEAN_S,
    MOST_COUNT,
    GatedMemory,
    RegionMemory,
    frames_apart,
    gains,
    rectified,
    running_mean,
)
from sspd.models.nano_spec import ENERGY_GROUP, LOOK_CHANNELS, NanoSpec, state_layout

#: Memories of the regions' energies and of the channels' power, seconds.
FAST_S, SLOW_S, POWER_S = 0.5, 2.0, 2.0
#: Least energy of a region and least power of a channel.
LEAST_ENERGY, LEAST_POWER = 0.01, 0.01
#: Channels of the first convolutions of changes and of looks, and of the reliability.
_FIRST, _FIRST_LOOK, _HIDDEN = 16, 12, 24


class NanoOutput(NamedTuple):
    """Output of the network for a chunk of frames."""

    wave: Tensor
    """One value per frame, shape (n, t): the pulse `NanoSpec.latency` frames earlier."""
    features: Tensor
    """Channels before the last layers, shape (n, t, width)."""
    state: Tensor
    """State after the last frame, shape (n, state values)."""


class NanoNetwork(nn.Module):
    """The small network, from faces and a state to pulse values and the next state.

    Parameters
    ----------
    spec : NanoSpec

    Examples
    --------
    >>> network = NanoNetwork(NanoSpec(fs=30.0)).eval()
    >>> out = network(torch.zeros(1, 5, 3, 48, 48))
    >>> out.wave.shape, out.state.shape[1] == network.spec.state_floats
    (torch.Size([1, 5]), True)
    """

    def __init__(self, spec: NanoSpec) -> None:
        super().__init__()
        self.spec = spec
        first, c, energies = _FIRST, spec.regions, spec.values // ENERGY_GROUP
        self.changes1 = nn.Conv2d(6, first, 3, stride=2, padding=1)
        self.changes2 = nn.Conv2d(first, c, 3, stride=2, padding=1)
        self.near = RegionMemory(c, 1)
        self.around = nn.Conv2d(c, c, 3, padding=1)
        self.far = RegionMemory(c, 2)
        self.values = nn.Conv2d(c, spec.values, 1)
        self.look1 = nn.Conv2d(3, _FIRST_LOOK, 3, stride=2, padding=1)
        self.look2 = nn.Conv2d(_FIRST_LOOK, LOOK_CHANNELS, 3, stride=2, padding=1)
        self.look3 = nn.Conv2d(LOOK_CHANNELS, LOOK_CHANNELS, 3, padding=1)
        self.reliability1 = nn.Conv2d(LOOK_CHANNELS + 2 * energies, _HIDDEN, 1)
        self.reliability2 = nn.Conv2d(_HIDDEN, spec.heads, 1)
        self.mix = nn.Linear(spec.heads * spec.values, spec.width)
        self.time = nn.ModuleList(GatedMemory(spec.width, d) for d in spec.dilations)
        self.head1 = nn.Linear(spec.width, spec.width // 2)
        self.head2 = nn.Linear(spec.width // 2, 1)

    def forward(self, faces: Tensor, state: Tensor | None = None) -> NanoOutput:
        """Map the next faces of videos to pulse values.

        Parameters
        ----------
        faces : Tensor, shape (n, t, 3, size, size)
            RGB pixel values 0-255, on the time grid of ``spec.fs``.
        state : Tensor, shape (n, state values), or None
            After the frame before; None: these are the first ones.

        Returns
        -------
        NanoOutput
        """
        spec, (n, t) = self.spec, _sizes(faces)
        if faces.shape[2:] != (3, spec.size, spec.size):
            raise UsageError(
                f"the network {spec.name!r} takes faces (3, {spec.size}, {spec.size}), got"
                f" {tuple(faces.shape[2:])}"
            )
        held = unpack_state(spec, new_state(spec, n, faces) if state is None else state)
        kept: dict[str, Tensor] = {}
        count = held["count"]
        kept["count"] = torch.clamp(count + t, max=MOST_COUNT)
        changes, look = self._changes(faces, held, kept)
        values, energy = self._regions(changes, held, kept)
        looked = rectified(self.look2(rectified(self.look1(frames_apart(look)))))
        looked = looked + rectified(self.look3(looked))
        memories = []
        for name, memory_s in (("fast", FAST_S), ("slow", SLOW_S)):
            mean, kept[name] = running_mean(energy, held[name], gains(count, t, spec.fs, memory_s))
            memories.append(frames_apart(torch.log(mean + LEAST_ENERGY)))
        hidden = rectified(self.reliability1(torch.cat([looked, *memories], dim=1)))
        regions = spec.map_size**2
        scores = self.reliability2(hidden).reshape(n * t, spec.heads, regions)
        values = values.reshape(n * t, spec.values, regions).transpose(1, 2)
        pooled = torch.softmax(scores, dim=2) @ values
        mixed = self.mix(pooled.reshape(n, t, spec.heads * spec.values))
        features = self._time(mixed, held, kept)
        wave = self.head2(rectified(self.head1(features)))[:, :, 0]
        return NanoOutput(wave, features, pack_state(spec, kept))

    def _changes(
        self, faces: Tensor, held: Mapping[str, Tensor], kept: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return relative changes (n, t, 6, s, s), and the slow face's contrast (n, t, 3, s, s)."""
        (_, t), count = _sizes(faces), held["count"]
        weights = gains(count, t, self.spec.fs, MEAN_S)
        mean, kept["mean"] = running_mean(faces, held["mean"], weights)
        first = held["before"][:, None]
        # the first frame of all has none before it: it is its own
        known = torch.clamp(count, max=1.0)[:, :, None, None, None]
        first = faces[:, :1] + known * (first - faces[:, :1])
        before = first if t == 1 else torch.cat([first, faces[:, :-1]], dim=1)
        kept["before"] = faces[:, -1]
        scale = 1 / (mean + DARK)
        difference = DIFFERENCE_GAIN * (faces - before) * scale
        centred = CENTRED_GAIN * (faces - mean) * scale
        changes = torch.clamp(torch.cat([difference, centred], dim=2), -CLIP, CLIP)
        level = mean.mean(dim=(2, 3, 4), keepdim=True)
        return changes, (mean - level) / (level + DARK)

    def _regions(
        self, changes: Tensor, held: Mapping[str, Tensor], kept: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return the regions' values (n * t, v, h, w), and their energies (n, t, e, h, w)."""
        (n, t), spec = _sizes(changes), self.spec
        shape = n, t, spec.regions, spec.map_size, spec.map_size
        maps = rectified(self.changes2(rectified(self.changes1(frames_apart(changes)))))
        maps = maps.reshape(shape)
        maps, kept["near"] = self.near(maps, held["near"])
        flat = frames_apart(maps)
        maps = (flat + rectified(self.around(flat))).reshape(shape)
        maps, kept["far"] = self.far(maps, held["far"])
        values = self.values(frames_apart(maps))
        groups = values.abs().reshape(n, t, -1, ENERGY_GROUP, *shape[3:])
        return values, groups.mean(dim=3)

    def _time(self, mixed: Tensor, held: Mapping[str, Tensor], kept: dict[str, Tensor]) -> Tensor:
        """Scale the channels by their power, and run the temporal convolutions."""
        weights = gains(held["count"], _sizes(mixed)[1], self.spec.fs, POWER_S)
        power, kept["power"] = running_mean(mixed.square(), held["power"], weights)
        values = mixed / torch.sqrt(power + LEAST_POWER)
        for k, layer in enumerate(self.time):
            values, kept[f"time{k}"] = layer(values, held[f"time{k}"])
        return values


def new_state(spec: NanoSpec, n: int, like: Tensor) -> Tensor:
    """Return the state before the first frame.

    Parameters
    ----------
    spec : NanoSpec
    n : int
        Number of videos.
    like : Tensor
        Of the type and device that it should have.

    Returns
    -------
    Tensor, shape (n, state values)
    """
    return like.new_zeros(n, spec.state_floats)


def unpack_state(spec: NanoSpec, state: Tensor) -> dict[str, Tensor]:
    """Return the parts of a state by name.

    Parameters
    ----------
    spec : NanoSpec
    state : Tensor, shape (n, state values)

    Returns
    -------
    dict of str to Tensor, each with its shape of `state_layout` after the first axis

    Raises
    ------
    UsageError
        It is the state of another network.
    """
    if state.ndim != 2 or state.shape[1] != spec.state_floats:
        raise UsageError(
            f"the state of the network {spec.name!r} has {spec.state_floats} values, got"
            f" {tuple(state.shape)}"
        )
    n, layout = _sizes(state)[0], state_layout(spec)
    ends = list(accumulate(prod(shape) for shape in layout.values()))
    begins = [0, *ends[:-1]]
    return {
        name: state[:, begin:end].reshape(n, *shape)
        for (name, shape), begin, end in zip(layout.items(), begins, ends, strict=True)
    }


def pack_state(spec: NanoSpec, parts: Mapping[str, Tensor]) -> Tensor:
    """Return the parts of a state as one tensor.

    Parameters
    ----------
    spec : NanoSpec
    parts : mapping of str to Tensor

    Returns
    -------
    Tensor, shape (n, state values)
    """
    rows = [
        parts[name].reshape(_sizes(parts[name])[0], prod(shape))
        for name, shape in state_layout(spec).items()
    ]
    return torch.cat(rows, dim=1)


def _sizes(values: Tensor) -> tuple[int, int]:
    """Return the first two sizes as plain numbers, which an exported graph holds as constants."""
    return int(values.shape[0]), int(values.shape[1])


def whole_waveform(network: NanoNetwork, faces: Tensor) -> Tensor:
    """Run the network over whole videos, and take its latency out.

    Parameters
    ----------
    network : NanoNetwork
    faces : Tensor, shape (n, t, 3, size, size)

    Returns
    -------
    Tensor, shape (n, t)
        One value for each face, at its time. The last ones are made as if the last face stood
        still, as `sspd.network.nano` does.

    Examples
    --------
    >>> network = NanoNetwork(NanoSpec(fs=30.0)).eval()
    >>> whole_waveform(network, torch.zeros(1, 5, 3, 48, 48)).shape
    torch.Size([1, 5])
    """
    latency = network.spec.latency
    more = faces[:, -1:].expand(-1, latency, -1, -1, -1)
    wave: Tensor = network(torch.cat([faces, more], dim=1)).wave
    return wave[:, latency:]
