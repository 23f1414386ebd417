"""Harder views of a clip for the small network, while its teacher sees the clean one.

Faces of a training are stabilized, without much noise, and whole. A view moves the head again,
changes exposure, light, noise, sharpness and coding, hides a part of the face for a while and
repeats frames: what a cheap camera does to the same pulse.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, avg_pool1d, grid_sample

from sspd.research.recipes.student import StudentViews
from sspd.research.views.disturb import disturb
from sspd.research.views.lga import global_view

#: Shares of views whose head rests, and in which a patch is hidden.
RESTING, HIDING = 0.4, 0.5
#: Rates at which a head may nod, also like a pulse, Hz; frames over which its path is smooth.
NODS_HZ, SMOOTH_FRAMES = (0.2, 3.0), 15
#: Largest change of the balance of the colours.
BALANCE = 0.1
#: Pixels of the intermediate faces, per pixel of a view.
FINER = 4 / 3


def harder_view(
    clip: Tensor, size: int, fs: float, spec: StudentViews, generator: torch.Generator
) -> Tensor:
    """Make one view of a clip.

    Parameters
    ----------
    clip : Tensor, shape (t, 3, s, s)
        Pixel values 0-255.
    size : int
        Height and width of the view, pixels.
    fs : float
        Frame rate, Hz.
    spec : StudentViews
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    Tensor, shape (t, 3, size, size)
        Pixel values 0-255.

    Examples
    --------
    >>> g = torch.Generator().manual_seed(0)
    >>> harder_view(torch.full((30, 3, 80, 80), 99.0), 48, 30.0, StudentViews(), g).shape
    torch.Size([30, 3, 48, 48])
    """
    view = moved(clip, size, fs, spec, generator)
    if float(torch.rand(1, generator=generator)) < 0.5:
        view = view.flip(-1)
    view = exposed(view, spec.exposure, generator)
    view = disturb(view, spec.disturbance, generator)
    view = hidden(view, spec.hidden, generator)
    view = repeated(view, spec.dropped, generator)
    return view.clamp(0, 255)


def moved(
    clip: Tensor, size: int, fs: float, spec: StudentViews, generator: torch.Generator
) -> Tensor:
    """Resize a clip to a window that wanders over it, or rests at a random place.

    Parameters
    ----------
    clip : Tensor, shape (t, 3, s, s)
    size : int
        Pixels of the result.
    fs : float
        Frame rate, Hz.
    spec : StudentViews
    generator : torch.Generator

    Returns
    -------
    Tensor, shape (t, 3, size, size)
        Where the window leaves the clip, its edge is repeated.
    """
    t = len(clip)
    finer = global_view(clip, min(clip.shape[-1], round(FINER * size)))
    rest, zoom, speed, nod_hz, phase, *place = torch.rand(7, generator=generator).tolist()
    side = 1 - spec.zoom * zoom
    path = (2 * torch.tensor(place) - 1) * (1 - side) + torch.zeros(t, 2)
    walk = torch.randn(2, t + SMOOTH_FRAMES - 1, generator=generator).cumsum(1)
    ways = torch.randn(2, generator=generator)
    if rest >= RESTING:
        smooth = avg_pool1d(walk[None], SMOOTH_FRAMES, stride=1)[0].T
        smooth = (smooth - smooth[:1]) / (smooth - smooth[:1]).abs().max().clamp(min=1e-6)
        hz = NODS_HZ[0] + (NODS_HZ[1] - NODS_HZ[0]) * nod_hz
        nod = torch.sin(2 * math.pi * (hz * torch.arange(t) / fs + phase))[:, None] * ways
        # the grid's unit is half a side
        path = path + 2 * spec.shift * (speed * smooth + 0.3 * (1 - speed) * nod)
    theta = torch.zeros(t, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = side
    theta[:, :, 2] = path
    grid = affine_grid(theta.to(finer), [t, 3, size, size], align_corners=False)
    return grid_sample(finer, grid, padding_mode="border", align_corners=False)


def exposed(view: Tensor, stops: float, generator: torch.Generator) -> Tensor:
    """Scale a view as another exposure and balance of colours would, cut off at white.

    Parameters
    ----------
    view : Tensor, shape (t, 3, h, w)
    stops : float
        Largest change; 0 changes only the balance.
    generator : torch.Generator

    Returns
    -------
    Tensor, shape (t, 3, h, w)
    """
    drawn = 2 * torch.rand(4, generator=generator) - 1
    gain = torch.exp2(stops * drawn[0]) * (1 + BALANCE * drawn[1:])
    return (view * gain.to(view)[:, None, None]).clamp(max=255)


def hidden(view: Tensor, largest: float, generator: torch.Generator) -> Tensor:
    """Mask a patch of a view by a plain colour for a part of its time, in half of the views.

    Parameters
    ----------
    view : Tensor, shape (t, 3, h, w)
    largest : float
        Largest side of the patch, fraction of the view's; 0: none.
    generator : torch.Generator

    Returns
    -------
    Tensor, shape (t, 3, h, w)
    """
    whether, height, width, top, left, level = torch.rand(6, generator=generator).tolist()
    begin, end = sorted(torch.randint(0, len(view) + 1, (2,), generator=generator).tolist())
    if whether >= HIDING or largest == 0:
        return view
    rows, columns = (round(largest * share * view.shape[-1]) for share in (height, width))
    y, x = (round(p * (view.shape[-1] - n)) for p, n in ((top, rows), (left, columns)))
    out = view.clone()
    out[begin:end, :, y : y + rows, x : x + columns] = (view.mean(dim=(0, 2, 3)) * (0.3 + level))[
        :, None, None
    ]
    return out


def repeated(view: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Repeat frames in place of those that follow them, as a slow camera does.

    Parameters
    ----------
    view : Tensor, shape (t, 3, h, w)
    most : float
        Largest fraction of frames that are lost.
    generator : torch.Generator

    Returns
    -------
    Tensor, shape (t, 3, h, w)
    """
    share = most * float(torch.rand(1, generator=generator))
    lost = torch.rand(len(view), generator=generator) < share
    lost[0] = False
    source = torch.where(lost, 0, torch.arange(len(view))).cummax(dim=0).values
    return view[source.to(view.device)] if bool(lost.any()) else view
