"""The target network: an exponential moving average of the online network (Eq. 13)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def update_target(target: nn.Module, online: nn.Module, momentum: float) -> None:
    """Move the target's parameters toward those of the online network, in place.

    ``target <- momentum * target + (1 - momentum) * online``. Only parameters move: each network
    keeps its own running statistics of BatchNorm, because the two see differently masked
    differences.

    Parameters
    ----------
    target, online : nn.Module
        Networks of the same shape.
    momentum : float
        0 to 1.

    Examples
    --------
    >>> a, b = nn.Linear(1, 1), nn.Linear(1, 1)
    >>> update_target(a, b, momentum=0.0)
    >>> bool(a.weight == b.weight)
    True
    """
    ours: list[Tensor] = list(target.parameters())
    theirs: list[Tensor] = [p.detach() for p in online.parameters()]
    torch._foreach_lerp_(ours, theirs, 1 - momentum)
