"""Local-global augmentation (Sec. III-B2): one clip, two pictures of the same face.

Space alone is changed, and all frames of a clip alike. Works on batches of tensors;
each clip draws from its own generator, so a clip looks the same in any batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sspd.views.sway import area_weights, swaying_view

#: Side of the local view's crop over that of the whole face: 128 of 151 pixels in the paper.
LOCAL_SHARE = 128 / 151


def global_view(clip: Tensor, size: int) -> Tensor:
    """The whole face, area-averaged: (..., s, s) -> (..., size, size)."""
    if clip.shape[-1] == size:
        return clip
    weights = area_weights(clip.shape[-1], size).to(clip.device)
    return weights @ (clip @ weights.T)


def local_side(face: int, size: int) -> int:
    """Side of the crop that becomes a view of `size`, pixels of a face of `face`.

    >>> local_side(151, 128), local_side(76, 32)
    (128, 64)
    """
    return max(size, round(face * LOCAL_SHARE))


def local_view(clip: Tensor, size: int, generator: torch.Generator, corner: bool) -> Tensor:
    """A crop at a random place: (..., s, s) -> (..., size, size).

    The crop is 128/151 of the face, as the paper's; networks for smaller faces than the
    stored ones see it area-averaged, like the whole face.

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
    side = local_side(clip.shape[-1], size)
    room = clip.shape[-1] - side
    top, left = (int(v) for v in torch.randint(0, room + 1, (2,), generator=generator))
    if corner:
        top = left = 0
    return global_view(clip[..., top : top + side, left : left + side], size)


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
    sway_px: float = 0.0,
    fs: float = 30.0,
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
    sway_px : float
        How far the window of each view sways, pixels of the clip, on a way of its own
        (`sspd.views.sway`); 0: it stands still, as in the paper.
    fs : float
        Frames a second, Hz; only a sway needs it.

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
        if not augment:
            whole = global_view(clip, size)
            locals_.append(whole)
            globals_.append(whole)
            continue
        if sway_px > 0:
            side = local_side(clip.shape[-1], size)
            crop = swaying_view(clip, side, size, sway_px, fs, generator)
            whole = swaying_view(clip, clip.shape[-1], size, sway_px, fs, generator)
        else:
            crop = local_view(clip, size, generator, corner)
            whole = global_view(clip, size)
        locals_.append(random_flip(crop, generator))
        globals_.append(random_flip(whole, generator))
    return torch.stack(locals_), torch.stack(globals_)
