"""Self-similarity maps and waves (Eq. 3, 4) and their diagonals, without Python loops."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


def self_similarity_map(tokens: Tensor) -> Tensor:
    """Compute the cosine similarity of every pair of tokens (Eq. 3), in float32.

    Parameters
    ----------
    tokens : Tensor, shape (n, tokens, C)

    Returns
    -------
    Tensor, shape (n, tokens, tokens)
        -1 to 1.

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
    """The diagonals of the upper triangle, one in each column."""

    values: Tensor
    """Shape (n, tokens, tokens): element (j, o) is map element (j, j + o)."""
    inside: Tensor
    """Shape (tokens, tokens), boolean: whether (j, o) is in the triangle."""
    counts: Tensor
    """Shape (tokens,): number of elements of diagonal o."""


def diagonals(maps: Tensor) -> Diagonals:
    """Align the upper diagonals of square maps in columns.

    A row-major map of T columns, read T + 1 at a time, has row j moved left by j: diagonal o
    becomes column o. Elements that wrap around from the lower triangle are masked.

    Parameters
    ----------
    maps : Tensor, shape (n, tokens, tokens)

    Returns
    -------
    Diagonals
    """
    n, size, _ = maps.shape
    flat = torch.nn.functional.pad(maps.reshape(n, size * size), (0, size))
    skewed = flat.view(n, size, size + 1)[:, :, :size]
    index = torch.arange(size, device=maps.device)
    inside = index[:, None] + index[None, :] < size
    return Diagonals(skewed, inside, size - index)


def self_similarity_wave(maps: Tensor) -> Tensor:
    """Average each upper diagonal of the maps (Eq. 4).

    Parameters
    ----------
    maps : Tensor, shape (n, tokens, tokens)

    Returns
    -------
    Tensor, shape (n, tokens)

    Examples
    --------
    >>> self_similarity_wave(torch.tensor([[[1.0, 2.0], [7.0, 3.0]]]))
    tensor([[2., 2.]])
    """
    rows = diagonals(maps)
    return (rows.values * rows.inside).sum(dim=1) / rows.counts
