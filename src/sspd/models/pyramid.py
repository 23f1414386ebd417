"""Separable Self-Similarity Model S3M: cascaded TS blocks (Sec. III-C2, Fig. 3).

Used in training only. A block returns its token embeddings U; the losses compute the
self-similarity map from them in float32.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sspd.models.spec import PyramidSpec


class Tokenizer(nn.Module):
    """Unpadded convolution in time and LayerNorm, from a sequence to tokens E."""

    def __init__(self, token_size: int, width: int, halve: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(token_size, token_size, width)
        self.norm = nn.LayerNorm(token_size, eps=1e-6)
        self.halve = halve

    def forward(self, sequence: Tensor) -> Tensor:
        """Map a sequence to tokens.

        Parameters
        ----------
        sequence : Tensor, shape (n, C, t)

        Returns
        -------
        Tensor, shape (n, tokens, C)
            E.
        """
        if self.halve:
            sequence = nn.functional.avg_pool1d(sequence, 2)
        embedded: Tensor = self.norm(self.conv(sequence).transpose(1, 2))
        return embedded


class DotProductAttention(nn.Module):
    """Multi-head attention without softmax, Eq. 2: scores are any real numbers.

    Without softmax the product is associative; it is computed in the paper's order.
    """

    def __init__(self, spec: PyramidSpec, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size)
        self.value = nn.Linear(size, size)
        self.heads = spec.heads
        self.divisor = spec.divisor
        self.softmax = spec.attention == "softmax"

    def _split(self, x: Tensor) -> Tensor:
        """Reshape (n, tokens, C) to (n, heads, tokens, C / heads)."""
        n, tokens, size = x.shape
        return x.view(n, tokens, self.heads, size // self.heads).transpose(1, 2)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens E to attention A.

        Parameters
        ----------
        tokens : Tensor, shape (n, tokens, C)

        Returns
        -------
        Tensor, shape (n, tokens, C)
        """
        n, count, size = tokens.shape
        query, key, value = (self._split(f(tokens)) for f in (self.query, self.key, self.value))
        if self.softmax:  # Table VII: self-attention as in the transformer
            shares = torch.softmax(query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5, dim=-1)
            return (shares @ value).transpose(1, 2).reshape(n, count, size)
        divisor = size if self.divisor == "embedding" else count
        # Divided before the product: in half precision the raw scores overflow.
        scores = (query / divisor) @ key.transpose(-2, -1)
        return (scores @ value).transpose(1, 2).reshape(n, count, size)


class Level(NamedTuple):
    """Output of a TS block."""

    sequence: Tensor
    """S of the next level, shape (n, C, tokens)."""
    tokens: Tensor
    """U, shape (n, tokens, C)."""


class TSBlock(nn.Module):
    """One level: tokenizer, attention, projection and the residual path of Eq. 5."""

    def __init__(self, spec: PyramidSpec, token_size: int, level: int) -> None:
        super().__init__()
        halve = spec.halving and level > 0
        self.tokenizer = Tokenizer(token_size, spec.widths[level], halve)
        self.attention = (
            nn.Identity() if spec.attention == "none" else DotProductAttention(spec, token_size)
        )
        self.projection = nn.Linear(token_size, token_size) if spec.projection else nn.Identity()
        self.tanh = spec.projection_tanh
        self.residual = spec.residual

    def forward(self, sequence: Tensor) -> Level:
        """Map S to the S of the next level and the tokens U.

        Parameters
        ----------
        sequence : Tensor, shape (n, C, t)

        Returns
        -------
        Level
        """
        u = self.projection(self.attention(self.tokenizer(sequence)))
        if self.tanh:
            u = torch.tanh(u)
        count = u.shape[1]
        if self.residual == "none":
            return Level(u.transpose(1, 2), u)
        if self.residual == "adaptive_pool":
            kept = nn.functional.adaptive_avg_pool1d(sequence, count)
        else:
            kept = nn.functional.interpolate(sequence, size=count, mode="nearest")
        return Level(kept + u.transpose(1, 2), u)


class SelfSimilarityModel(nn.Module):
    """S3M: one TS block per level of the pyramid.

    Examples
    --------
    >>> tokens = SelfSimilarityModel(PyramidSpec(), 256)(torch.zeros(1, 256, 40))
    >>> [tuple(u.shape) for u in tokens]
    [(1, 32, 256), (1, 26, 256), (1, 22, 256)]
    """

    def __init__(self, spec: PyramidSpec, token_size: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            TSBlock(spec, token_size, level) for level in range(len(spec.widths))
        )

    def forward(self, sequence: Tensor) -> tuple[Tensor, ...]:
        """Map S to the tokens U of each level.

        Parameters
        ----------
        sequence : Tensor, shape (n, C, t)

        Returns
        -------
        tuple of Tensor, shapes (n, tokens, C)
        """
        tokens = []
        for block in self.blocks:
            sequence, u = block(sequence)
            tokens.append(u)
        return tuple(tokens)
