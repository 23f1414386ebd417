"""Windows into a clip, at rest or swaying: how a view is cut and resized.

The two views of the paper stand still, so a head that moves does so in both of them
alike, and whatever is alike is what is learned. Ours may sway, each on a way of its own:
then motion differs between the views and the pulse alone is the same.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

#: A way is a sum of this many waves, of these rates: as heads move, pulse rates included.
_WAVES = 8
SWAY_HZ = (0.15, 2.5)
_LEAST_SHARE = 1 / 40


def area_weights(
    inputs: int, outputs: int, start: Tensor | float = 0.0, span: float | None = None
) -> Tensor:
    """Weights of area averaging along one axis, shape (..., outputs, inputs), rows sum to 1.

    Output pixel i covers the inputs from ``start + i * span / outputs`` on, over
    ``span / outputs``; each counts by how much of it lies inside. With neither given the
    same as OpenCV's ``INTER_AREA``, which cuts out the faces that are measured.

    Parameters
    ----------
    inputs, outputs : int
        Pixels.
    start : Tensor, shape (...), or float
        Where the window begins, pixels.
    span : float, optional
        Its length; all of the inputs by default.

    Examples
    --------
    >>> area_weights(3, 2)
    tensor([[0.6667, 0.3333, 0.0000],
            [0.0000, 0.3333, 0.6667]])
    >>> area_weights(3, 1, start=0.5, span=2.0)
    tensor([[0.2500, 0.5000, 0.2500]])
    """
    step = (inputs if span is None else span) / outputs
    begin = start if isinstance(start, Tensor) else torch.tensor(start, dtype=torch.float64)
    edges = begin[..., None] + step * torch.arange(outputs + 1, dtype=begin.dtype)
    # of pixel p, the part from p to p + 1 that lies before an edge
    before = (edges[..., None] - torch.arange(inputs)).clamp_(0, 1)
    return ((before[..., 1:, :] - before[..., :-1, :]) / step).float()


def sway_path(n: int, fs: float, reach_px: float, generator: torch.Generator) -> Tensor:
    """A smooth random way, shape (n, 2), within `reach_px` of 0, mostly much less.

    Parameters
    ----------
    n : int
        Frames.
    fs : float
        Frames a second, Hz.
    reach_px : float
        Pixels. How far a way reaches is itself drawn, evenly in its logarithm, from
        a fortieth of this on: most films are of people who sit.
    generator : torch.Generator
        On the CPU.

    Examples
    --------
    >>> path = sway_path(150, 30.0, 8.0, torch.Generator().manual_seed(0))
    >>> tuple(path.shape), bool(path.abs().max() <= 8)
    ((150, 2), True)
    """
    draws = torch.rand(3, _WAVES, 2, generator=generator, dtype=torch.float64)
    low, high = (math.log(hz) for hz in SWAY_HZ)
    rates = torch.exp(low + (high - low) * draws[0])
    t = torch.arange(n, dtype=torch.float64)[:, None, None] / fs
    # slow waves reach further: the speed is the same at all rates
    waves = draws[1] / rates.sqrt() * torch.sin(2 * math.pi * (rates * t + draws[2]))
    path = waves.sum(dim=1)
    reach = reach_px * _LEAST_SHARE ** torch.rand(2, generator=generator, dtype=torch.float64)
    return path / path.abs().amax(dim=0).clamp(min=1e-9) * reach


def swaying_view(
    clip: Tensor, span: int, size: int, sway_px: float, fs: float, generator: torch.Generator
) -> Tensor:
    """A window that sways about a random place: (t, 3, s, s) -> (t, 3, size, size).

    Where it leaves the clip it sees the clip mirrored.

    Parameters
    ----------
    clip : Tensor, shape (t, 3, s, s)
    span : int
        Side of the window, pixels, at most s.
    size : int
        Side of the view.
    sway_px, fs : float
        See `sway_path`; the sway is less than s.
    generator : torch.Generator
        On the CPU.
    """
    n, side = clip.shape[0], clip.shape[-1]
    margin = math.ceil(sway_px)
    place = (side - span) * torch.rand(2, generator=generator, dtype=torch.float64)
    starts = (margin + place + sway_path(n, fs, sway_px, generator)).float()
    wide = nn.functional.pad(clip, (margin,) * 4, mode="reflect")
    rows, columns = (
        area_weights(side + 2 * margin, size, starts[:, axis], span).to(clip.device)
        for axis in range(2)
    )
    narrow = wide.flatten(1, 2) @ columns.transpose(1, 2)
    return rows[:, None] @ narrow.view(n, 3, -1, size)
