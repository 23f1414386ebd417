"""Negative Pearson correlation (Yu et al., BMVC 2019; the first term of Eq. 6)."""

from __future__ import annotations

from torch import Tensor

#: Keeps a constant waveform from dividing by zero; far below any real variance.
LEAST_VARIANCE = 1e-12


def negative_pearson(online: Tensor, target: Tensor) -> Tensor:
    """Compute ``1 - r`` along the last axis, averaged over all other axes.

    Parameters
    ----------
    online, target : Tensor, shape (..., t)

    Returns
    -------
    Tensor, scalar
        0 for equal shapes, 2 for opposite ones, 1 where one of them is constant.

    Examples
    --------
    >>> import torch
    >>> y = torch.tensor([[0.0, 1.0, 0.0, -1.0]])
    >>> round(negative_pearson(y, 3 * y + 5).item(), 5)
    0.0
    """
    online, target = online.float(), target.float()
    online = online - online.mean(dim=-1, keepdim=True)
    target = target - target.mean(dim=-1, keepdim=True)
    covariance = (online * target).sum(dim=-1)
    scale = online.square().sum(dim=-1) * target.square().sum(dim=-1)
    return (1 - covariance / (scale + LEAST_VARIANCE).sqrt()).mean()
