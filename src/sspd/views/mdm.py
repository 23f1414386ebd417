"""Masked difference modelling (Sec. III-B3, Eq. 1)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def frame_differences(view: Tensor) -> Tensor:
    """Next frame less this one: (n, t + 1, 3, h, w) -> (n, 3, t, h, w).

    Examples
    --------
    >>> frame_differences(torch.arange(3.0).view(1, 3, 1, 1, 1).expand(1, 3, 3, 1, 1)).flatten()
    tensor([1., 1., 1., 1., 1., 1.])
    """
    return (view[:, 1:] - view[:, :-1]).transpose(1, 2).contiguous()


def centred_frames(view: Tensor) -> Tensor:
    """Frames less their mean over time, the last one left out: for Table VI alone."""
    return (view - view.mean(dim=1, keepdim=True))[:, :-1].transpose(1, 2).contiguous()


def random_mask(
    differences: Tensor,
    ratio: float,
    generators: Sequence[torch.Generator],
    *,
    per_pixel: bool = False,
) -> Tensor:
    """Set a random share of the differences to 0.

    Parameters
    ----------
    differences : Tensor, shape (n, 3, t, h, w)
    ratio : float
        Share that is dropped, in [0, 1).
    generators : sequence of torch.Generator
        One a clip, on the CPU.
    per_pixel : bool
        One draw for the three channels (released code) and not one an element (paper).

    Examples
    --------
    >>> masked = random_mask(torch.ones(1, 3, 10, 50, 50), 0.3, [torch.Generator().manual_seed(0)])
    >>> round(masked.mean().item(), 2)
    0.7
    """
    if ratio == 0:
        return differences
    shape = list(differences.shape[1:])
    if per_pixel:
        shape[0] = 1
    masked = torch.empty_like(differences)
    for i, (clip, generator) in enumerate(zip(differences, generators, strict=True)):
        keep = (_bits(shape, generator) >= round(ratio * 65536) - 32768).to(differences.device)
        masked[i] = clip * keep
    return masked


def _bits(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """16 random bits an element, int16, cut out of 64: a tenth of the time of floats."""
    n = math.prod(shape)
    draw = torch.empty(-(-n // 4), dtype=torch.int64).random_(-(1 << 63), None, generator=generator)
    return draw.view(torch.int16)[:n].view(*shape)
