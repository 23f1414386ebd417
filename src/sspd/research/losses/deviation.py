"""Standard deviation regularization L_SD (Eq. 9)."""

from __future__ import annotations

import torch
from torch import Tensor

from sspd.research.losses.similarity import diagonals

#: epsilon of Eq. 9.
EPSILON = 0.05


def diagonal_deviation(maps: Tensor, released: bool = False) -> Tensor:
    """Average SD(0.05 k d_k) over diagonals, where k is the length of the diagonal.

    A beating heart looks similar at equal distances in time, so each diagonal should be even. The
    main diagonal is 1 everywhere, and that of one element has no deviation: both add 0, and they
    are left out of the gradient (the root of 0 has none).

    Parameters
    ----------
    maps : Tensor, shape (n, tokens, tokens)
        Self-similarity maps of one level.
    released : bool
        Divide by the number of diagonals minus those two, as the released code does;
        the paper divides by all of them.

    Returns
    -------
    Tensor, scalar

    Examples
    --------
    >>> diagonal_deviation(torch.ones(1, 5, 5)).item() < 1e-6
    True
    """
    rows = diagonals(maps)
    size = maps.shape[1]
    inside, counts = rows.inside[:, 1 : size - 1], rows.counts[1 : size - 1]
    values = rows.values[:, :, 1 : size - 1] * inside
    centred = (values - values.sum(dim=1, keepdim=True) / counts[None, None]) * inside
    variance = centred.square().sum(dim=1) / (counts - 1)
    deviation = torch.sqrt(variance + torch.finfo(variance.dtype).tiny) * counts * EPSILON
    return deviation.sum(dim=1).mean() / (size - 2 if released else size)
