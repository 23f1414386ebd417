"""Self-similarity maps and waves (Eq. 3, 4) and their diagonals, without Python loops."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


def self_similarity_map(tokens: Tensor) -> Tensor:
    """Cosine similarity of every pair of tokens, Eq. 3, in float32.

    Parameters
    ----------
    tokens : Tensor, shape (n, tokens, C)

    Returns
    -------
    Tensor, shape (n, tokens, tokens)

    Examples
    --------
    >>> self_similarity_map(torch.tensor([[[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]]]))[0]
    tensor([[ 1.,  0., -1.],
            [ 0.,  1.,  0.],
            [-1.,  0.,  1.]])
    """
    unit = torch.nn.functional.normalize(tokens.float(), dim=-1, eps=1e-8)
    return unit @ unit.transpose(1, 2)


class Diagonals(NamedTuple):
    """The diagonals of the upper triangle, one a column."""

    values: Tensor
    """Shape (n, tokens, tokens): element (j, o) is map element (j, j + o)."""
    inside: Tensor
    """Shape (tokens, tokens), boolean: whether (j, o) lies in the triangle."""
    counts: Tensor
    """Shape (tokens,): how many elements diagonal o has."""


def diagonals(maps: Tensor) -> Diagonals:
    """Line up the upper diagonals of square maps, shape (n, tokens, tokens).

    A row-major map of T columns, read T + 1 at a time, has row j moved left by j:
    diagonal o becomes column o. What wraps round from the lower triangle is masked.
    """
    n, size, _ = maps.shape
    flat = torch.nn.functional.pad(maps.reshape(n, size * size), (0, size))
    skewed = flat.view(n, size, size + 1)[:, :, :size]
    index = torch.arange(size, device=maps.device)
    inside = index[:, None] + index[None, :] < size
    return Diagonals(skewed, inside, size - index)


def self_similarity_wave(maps: Tensor) -> Tensor:
    """Mean of each upper diagonal, Eq. 4: (n, tokens, tokens) -> (n, tokens).

    Examples
    --------
    >>> self_similarity_wave(torch.tensor([[[1.0, 2.0], [7.0, 3.0]]]))
    tensor([[2., 2.]])
    """
    rows = diagonals(maps)
    return (rows.values * rows.inside).sum(dim=1) / rows.counts
