"""Batch normalization that is fast where a pixel's channels lie side by side in memory.

Processors run convolutions in half precision on such maps (``channels_last_3d``) up to
ten times faster, but PyTorch's normalization takes one pixel's channels at a time: of eight
channels it fills a fraction of a register. Several pixels are taken together here. The plain
twin is `torch.nn.BatchNorm3d`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

#: With as many channels PyTorch's own way is as fast.
MANY_CHANNELS = 32
#: Up to so many pixels are taken together.
PIXELS = 8


class Collectives(NamedTuple):
    """Functions by which processes that train one network share values."""

    pooled: Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor, float]]
    """Maps mean, variance and number of values of this process to those of all."""
    summed: Callable[[Tensor], Tensor]
    """Maps values of this process to the sum over all."""


def takes_rows(x: Tensor) -> bool:
    """Return whether several pixels of a map are taken together.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)

    Returns
    -------
    bool

    Examples
    --------
    >>> takes_rows(torch.zeros(1, 8, 2, 4, 4).to(memory_format=torch.channels_last_3d))
    True
    """
    channels_last = x.is_contiguous(memory_format=torch.channels_last_3d) and not x.is_contiguous()
    return channels_last and x.shape[1] < MANY_CHANNELS and x.is_cpu


def batch_norm(
    x: Tensor,
    norm: nn.BatchNorm3d,
    weight: Tensor,
    bias: Tensor,
    collectives: Collectives | None = None,
) -> Tensor:
    """Return what a norm makes of maps in training, and update its running statistics.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
    norm : BatchNorm3d
        Whose running statistics, momentum and epsilon are used.
    weight, bias : Tensor, shape (c,)
    collectives : Collectives, optional
        Take the statistics over several processes.

    Returns
    -------
    Tensor
        Shape, type and memory layout of `x`.

    Examples
    --------
    >>> x = torch.randn(2, 8, 4, 6, 6).to(memory_format=torch.channels_last_3d)
    >>> norm = nn.BatchNorm3d(8)
    >>> torch.allclose(batch_norm(x, norm, norm.weight, norm.bias), norm(x), atol=1e-5)
    True
    """
    y, mean, variance, n = _BatchNorm.apply(  # type: ignore[no-untyped-call]
        x, weight, bias, norm.eps, collectives
    )
    update_statistics(norm, mean, variance, n)
    return y  # type: ignore[no-any-return]


@torch.no_grad()
def update_statistics(norm: nn.BatchNorm3d, mean: Tensor, variance: Tensor, n: float) -> None:
    """Update a norm's running statistics by those of a batch, as PyTorch does.

    Parameters
    ----------
    norm : BatchNorm3d
    mean, variance : Tensor, shape (c,)
        The variance is the biased one.
    n : float
        Values in a channel.

    Examples
    --------
    >>> norm = nn.BatchNorm3d(1, momentum=0.5)
    >>> update_statistics(norm, torch.tensor([2.0]), torch.tensor([1.0]), 2.0)
    >>> norm.running_mean.item(), norm.running_var.item()
    (1.0, 1.5)
    """
    share = newest_share(norm)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.lerp_(mean, share)
    norm.running_var.lerp_(variance * (n / (n - 1)), share)


def newest_share(norm: nn.BatchNorm3d) -> float:
    """Count a batch, and return its weight in a norm's running statistics.

    Parameters
    ----------
    norm : BatchNorm3d

    Returns
    -------
    float

    Examples
    --------
    >>> newest_share(nn.BatchNorm3d(1))
    0.1
    """
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked += 1
    if norm.momentum is None:  # a plain mean
        return 1 / float(norm.num_batches_tracked)
    return norm.momentum


def _flat(x: Tensor, rows: bool) -> Tensor:
    """Return a view of x for PyTorch's norms: itself, or k pixels with their channels a row.

    Of the latter the shape is (pixels / k, k * c).
    """
    if not rows:
        return x
    pixels = x.numel() // x.shape[1]
    k = next(k for k in range(PIXELS, 0, -1) if pixels % k == 0)
    return x.permute(0, 2, 3, 4, 1).reshape(pixels // k, k * x.shape[1])


def _as_map(flat: Tensor, like: Tensor) -> Tensor:
    """Undo `_flat`; no view to autograd, so that it may be changed in place."""
    if flat.shape == like.shape:
        return flat
    return flat.new_empty(0).set_(flat.untyped_storage(), 0, like.shape, like.stride())


def _scaled(flat: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """Return ``gain * x + offset`` a channel; both of shape (c,)."""
    k = flat.shape[1] // gain.shape[0]
    zeros = gain.new_zeros(flat.shape[1], dtype=_accumulator(flat))
    settings = (gain.repeat(k), offset.repeat(k), zeros, zeros + 1)
    return torch.batch_norm(flat, *settings, False, 0.0, 0.0, False)


def _accumulator(x: Tensor) -> torch.dtype:
    """Return the type that sums are taken in: float32 for half precision."""
    return torch.promote_types(x.dtype, torch.float32)


def _statistics(flat: Tensor, c: int) -> tuple[Tensor, Tensor]:
    """Return mean and variance of each channel, shape (c,)."""
    # Running statistics of float32 make PyTorch count in float32.
    scratch = torch.zeros(flat.shape[1], device=flat.device, dtype=_accumulator(flat))
    means, variances = torch.batch_norm_update_stats(flat, scratch, scratch.clone(), 0.1)
    means = means.view(-1, c)
    mean = means.mean(0)
    return mean, variances.view(-1, c).mean(0) + (means - mean).square().mean(0)


class _BatchNorm(torch.autograd.Function):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, and the statistics used."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        eps: float,
        collectives: Collectives | None,
    ) -> tuple[Tensor, Tensor, Tensor, float]:
        flat, c = _flat(x, takes_rows(x)), x.shape[1]
        mean, variance = _statistics(flat, c)
        n: float = x.numel() // c
        if collectives is not None:
            mean, variance, n = collectives.pooled(mean, variance, n)
        gain = weight / torch.sqrt(variance + eps)
        ctx.save_for_backward(x, gain, mean, variance)
        ctx.eps, ctx.n, ctx.collectives = eps, n, collectives
        ctx.mark_non_differentiable(mean, variance)
        return _as_map(_scaled(flat, gain, bias - gain * mean), x), mean, variance, n

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        x, gain, mean, variance = ctx.saved_tensors
        rows, c, dy = takes_rows(x), x.shape[1], gradients[0]
        if dy.stride() != x.stride():
            dy = torch.empty_like(x).copy_(dy)
        flat, dy = _flat(x, rows), _flat(dy, rows)
        k = flat.shape[1] // c
        known = (gain.repeat(k), mean.repeat(k), variance.repeat(k), None, None)
        # With statistics that are given it only sums: dy * (x - mean) / deviation, and dy.
        _, d_weight, d_bias = torch.ops.aten.native_batch_norm_backward(
            dy, flat, *known, False, ctx.eps, [False, True, True]
        )
        d_weight, d_bias = d_weight.view(k, c).sum(0), d_bias.view(k, c).sum(0)
        sums = torch.stack([d_weight, d_bias])
        by_weight, by_bias = sums if ctx.collectives is None else ctx.collectives.summed(sums)
        slope = -gain * by_weight / (ctx.n * torch.sqrt(variance + ctx.eps))
        dx = _scaled(dy, gain, torch.zeros_like(gain))
        dx += _scaled(flat, slope, -slope * mean - gain * by_bias / ctx.n)
        return _as_map(dx, x), d_weight, d_bias, None, None
