"""Local-global augmentation (Sec. III-B2): one clip, two pictures of the same face.

Space alone is changed, and all frames of a clip alike. Works on batches of tensors;
each clip draws from its own generator, so a clip looks the same in any batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

#: Outputs of the area averaging that are made together.
AT_A_TIME = 16


def area_weights(inputs: int, outputs: int) -> Tensor:
    """Weights of area averaging along one axis, shape (outputs, inputs), rows sum to 1.

    Output pixel i covers the inputs from ``i * inputs / outputs`` to
    ``(i + 1) * inputs / outputs``; each counts by how much of it lies inside. The same
    as OpenCV's ``INTER_AREA``, which cuts out the faces that are measured.

    Examples
    --------
    >>> area_weights(3, 2)
    tensor([[0.6667, 0.3333, 0.0000],
            [0.0000, 0.3333, 0.6667]])
    """
    step = inputs / outputs
    low = torch.arange(outputs, dtype=torch.float64)[:, None] * step
    pixel = torch.arange(inputs, dtype=torch.float64)[None, :]
    overlap = torch.minimum(low + step, pixel + 1) - torch.maximum(low, pixel)
    return (overlap.clamp(min=0) / step).float()


def global_view(clip: Tensor, size: int) -> Tensor:
    """The whole face, area-averaged: (..., s, s) -> (..., size, size)."""
    if clip.shape[-1] == size:
        return clip
    weights = area_weights(clip.shape[-1], size).to(clip.device)
    # some outputs at a time, from the few inputs that they cover: most weights are 0
    parts = []
    for first in range(0, size, AT_A_TIME):
        few = weights[first : first + AT_A_TIME]
        low, high = (int(few.any(dim=0).nonzero()[end]) for end in (0, -1))
        parts.append((slice(low, high + 1), few[:, low : high + 1]))
    clip = torch.cat([clip[..., inputs] @ few.T for inputs, few in parts], dim=-1)
    return torch.cat([few @ clip[..., inputs, :] for inputs, few in parts], dim=-2)


def local_view(clip: Tensor, size: int, generator: torch.Generator, corner: bool) -> Tensor:
    """A crop of `size` pixels at a random place: (..., s, s) -> (..., size, size).

    Parameters
    ----------
    clip : Tensor, shape (..., s, s)
    size : int
        Not larger than s.
    generator : torch.Generator
        On the CPU; two numbers are drawn.
    corner : bool
        Always take the top left corner, as the released code does.
    """
    room = clip.shape[-1] - size
    top, left = (int(v) for v in torch.randint(0, room + 1, (2,), generator=generator))
    if corner:
        top = left = 0
    return clip[..., top : top + size, left : left + size]


def random_flip(clip: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror (..., h, w) left-right and upside down, each with probability 1/2."""
    draws = torch.rand(2, generator=generator)
    axes = [axis for axis, draw in zip((-1, -2), draws.tolist(), strict=True) if draw < 0.5]
    return clip.flip(axes) if axes else clip


def local_global_views(
    clips: Tensor,
    size: int,
    generators: Sequence[torch.Generator],
    *,
    augment: bool = True,
    corner: bool = False,
) -> tuple[Tensor, Tensor]:
    """Both views of a batch of clips.

    Parameters
    ----------
    clips : Tensor, shape (n, t + 1, 3, s, s)
        Levels of faces.
    size : int
        Height and width of a view.
    generators : sequence of torch.Generator
        One a clip, on the CPU.
    augment : bool
        False: both views are the whole face, unflipped (Table VI, "w/o LGA").
    corner : bool
        The released code's crop.

    Returns
    -------
    local, global : Tensor, shape (n, t + 1, 3, size, size)

    Examples
    --------
    >>> g = torch.Generator().manual_seed(0)
    >>> views = local_global_views(torch.zeros(1, 5, 3, 151, 151), 128, [g])
    >>> [tuple(v.shape) for v in views]
    [(1, 5, 3, 128, 128), (1, 5, 3, 128, 128)]
    """
    locals_, globals_ = [], []
    for clip, generator in zip(clips, generators, strict=True):
        whole = global_view(clip, size)
        if augment:
            crop = random_flip(local_view(clip, size, generator, corner), generator)
            locals_.append(crop)
            globals_.append(random_flip(whole, generator))
        else:
            locals_.append(whole)
            globals_.append(whole)
    return _batch(locals_), _batch(globals_)


def _batch(clips: list[Tensor]) -> Tensor:
    """Clips beside each other; a single one is not copied."""
    return clips[0][None] if len(clips) == 1 else torch.stack(clips)
