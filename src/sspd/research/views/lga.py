"""Local-global augmentation (Sec. III-B2): two views of the same faces from one clip.

Only the spatial axes change, and all frames of a clip alike. Works on batches of tensors;
each clip draws from its own generator, so its views do not depend on the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

#: Number of outputs of the area averaging that are computed together.
AT_A_TIME = 16


def area_weights(inputs: int, outputs: int) -> Tensor:
    """Return the weights of area averaging along one axis.

    Output pixel i covers the inputs from ``i * inputs / outputs`` to ``(i + 1) * inputs /
    outputs``; each input counts by the part of it inside. This is OpenCV's ``INTER_AREA``, which
    crops the faces for measuring.

    Parameters
    ----------
    inputs, outputs : int
        Numbers of pixels.

    Returns
    -------
    Tensor, shape (outputs, inputs)
        Rows sum to 1.

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
    """Resize the whole face by area averaging.

    Parameters
    ----------
    clip : Tensor, shape (..., s, s)
    size : int
        Height and width of the view, pixels.

    Returns
    -------
    Tensor, shape (..., size, size)
    """
    if clip.shape[-1] == size:
        return clip
    weights = area_weights(clip.shape[-1], size).to(clip.device)
    # a few outputs at a time, from the few inputs that they cover, since most weights are 0
    parts = []
    for first in range(0, size, AT_A_TIME):
        few = weights[first : first + AT_A_TIME]
        low, high = (int(few.any(dim=0).nonzero()[end]) for end in (0, -1))
        parts.append((slice(low, high + 1), few[:, low : high + 1]))
    clip = torch.cat([clip[..., inputs] @ few.T for inputs, few in parts], dim=-1)
    return torch.cat([few @ clip[..., inputs, :] for inputs, few in parts], dim=-2)


def local_view(clip: Tensor, size: int, generator: torch.Generator, corner: bool) -> Tensor:
    """Crop `size` pixels at a random place.

    Parameters
    ----------
    clip : Tensor, shape (..., s, s)
    size : int
        At most s.
    generator : torch.Generator
        On the CPU; two numbers are drawn.
    corner : bool
        Always crop the top left corner, as the released code does.

    Returns
    -------
    Tensor, shape (..., size, size)
    """
    room = clip.shape[-1] - size
    top, left = (int(v) for v in torch.randint(0, room + 1, (2,), generator=generator))
    if corner:
        top = left = 0
    return clip[..., top : top + size, left : left + size]


def random_flip(clip: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror images left-right and upside down, each with probability 1/2.

    Parameters
    ----------
    clip : Tensor, shape (..., h, w)
    generator : torch.Generator
        On the CPU; two numbers are drawn.

    Returns
    -------
    Tensor, shape (..., h, w)
    """
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
    """Make the local and the global view of a batch of clips.

    Parameters
    ----------
    clips : Tensor, shape (n, t + 1, 3, s, s)
        Pixel values of faces.
    size : int
        Height and width of a view, pixels.
    generators : sequence of torch.Generator
        One for each clip, on the CPU.
    augment : bool
        False: both views are the whole face, without flips (Table VI, "w/o LGA").
    corner : bool
        Use the released code's crop.

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
    """Stack clips; a single one is not copied."""
    return clips[0][None] if len(clips) == 1 else torch.stack(clips)
