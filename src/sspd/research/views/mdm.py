"""Masked difference modelling (Sec. III-B3, Eq. 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor

from sspd.models.spec import InputKind


def frame_differences(view: Tensor, out: Tensor | None = None) -> Tensor:
    """Subtract each frame from the next one.

    Parameters
    ----------
    view : Tensor, shape (n, t + 1, 3, h, w)
    out : Tensor, optional
        Output, in any memory layout; a new contiguous tensor by default.

    Returns
    -------
    Tensor, shape (n, 3, t, h, w)

    Examples
    --------
    >>> frame_differences(torch.arange(3.0).view(1, 3, 1, 1, 1).expand(1, 3, 3, 1, 1)).flatten()
    tensor([1., 1., 1., 1., 1., 1.])
    """
    return _less(view[:, 1:], view[:, :-1], out)


def centred_frames(view: Tensor, out: Tensor | None = None) -> Tensor:
    """Subtract the mean over time from the frames; the last one is left out (Table VI).

    Parameters
    ----------
    view : Tensor, shape (n, t + 1, 3, h, w)
    out : Tensor, optional
        Output, in any memory layout; a new contiguous tensor by default.

    Returns
    -------
    Tensor, shape (n, 3, t, h, w)
    """
    return _less(view[:, :-1], view.mean(dim=1, keepdim=True), out)


#: Kind of network input -> function that makes it from whole clips.
INPUTS: Mapping[InputKind, Callable[..., Tensor]] = MappingProxyType(
    {"differences": frame_differences, "centred": centred_frames}
)


def _less(a: Tensor, b: Tensor, out: Tensor | None) -> Tensor:
    """Return ``a - b`` of (n, t, 3, h, w) as (n, 3, t, h, w), in one pass over memory."""
    a, b = a.transpose(1, 2), b.transpose(1, 2)
    out = torch.empty(a.shape, dtype=a.dtype, device=a.device) if out is None else out
    return torch.sub(a, b, out=out)


def random_mask(
    differences: Tensor,
    ratio: float,
    generators: Sequence[torch.Generator],
    *,
    per_pixel: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Set a random fraction of the differences to 0.

    Parameters
    ----------
    differences : Tensor, shape (n, 3, t, h, w)
    ratio : float
        Fraction to set to 0, in [0, 1).
    generators : sequence of torch.Generator
        One for each clip, on the CPU.
    per_pixel : bool
        One draw for the three channels (released code) and not one for each element (paper).
    out : Tensor, optional
        Output, which may be `differences`; a new tensor by default.

    Returns
    -------
    Tensor, shape (n, 3, t, h, w)

    Examples
    --------
    >>> masked = random_mask(torch.ones(1, 3, 10, 50, 50), 0.3, [torch.Generator().manual_seed(0)])
    >>> round(masked.mean().item(), 2)
    0.7
    """
    if ratio == 0:
        return differences if out is None else out.copy_(differences)
    shape = list(differences.shape[1:])
    if per_pixel:
        shape[0] = 1
    masked = torch.empty_like(differences) if out is None else out
    for i, (clip, generator) in enumerate(zip(differences, generators, strict=True)):
        bits = _bits(shape, generator, differences.device)
        torch.mul(clip, bits >= round(ratio * 65536) - 32768, out=masked[i])
    return masked


def _bits(shape: Sequence[int], generator: torch.Generator, device: torch.device) -> Tensor:
    """Draw 16 random bits for each element (int16) from int64: ten times faster than floats."""
    if device.type == "cuda":  # drawn on the device, from the clip's seed
        seed = int(torch.empty((), dtype=torch.int64).random_(generator=generator))
        generator = torch.Generator(device).manual_seed(seed)
    n = math.prod(shape)
    draw = torch.empty(-(-n // 4), dtype=torch.int64, device=device)
    draw.random_(-(1 << 63), None, generator=generator)
    return draw.view(torch.int16)[:n].view(*shape)
