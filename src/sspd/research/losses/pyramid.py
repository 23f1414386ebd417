"""Temporal similarity pyramid distillation L_TSPD (Eq. 7)."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import mse_loss

from sspd.research.losses.pearson import negative_pearson
from sspd.research.losses.similarity import self_similarity_wave


def pyramid_distance(online_map: Tensor, target_map: Tensor, released: bool = False) -> Tensor:
    """Compute one level of L_TSPD: mean squared errors of the maps and of their waves.

    Parameters
    ----------
    online_map, target_map : Tensor, shape (n, tokens, tokens)
    released : bool
        Add the negative Pearson loss of map rows and of waves, as the released code does.

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> import torch
    >>> pyramid_distance(torch.eye(4)[None], torch.eye(4)[None]).item()
    0.0
    """
    online_wave = self_similarity_wave(online_map)
    target_wave = self_similarity_wave(target_map)
    loss = mse_loss(online_map, target_map) + mse_loss(online_wave, target_wave)
    if released:
        loss = loss + negative_pearson(online_map, target_map)
        loss = loss + negative_pearson(online_wave, target_wave)
    return loss
