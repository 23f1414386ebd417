"""Batch normalisation of maps whose channels lie side by side, made fast for few channels.

Processors run convolutions in half precision on such maps (``channels_last_3d``) up to
ten times faster, but PyTorch's normalisation takes a pixel's channels at a time: of eight
channels it fills a fraction of a register. Several pixels are taken together here.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

#: With as many channels PyTorch's own way is as fast.
MANY_CHANNELS = 32
#: Up to so many pixels are taken together.
PIXELS = 8


def normalise(x: Tensor, norm: nn.BatchNorm3d) -> Tensor:
    """What ``norm(x)`` gives.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
    norm : BatchNorm3d
        Of c channels; its running statistics are kept up in training.

    Returns
    -------
    Tensor
        Shape, type and memory layout of `x`.

    Examples
    --------
    >>> x = torch.randn(2, 8, 4, 6, 6).to(memory_format=torch.channels_last_3d)
    >>> norm = nn.BatchNorm3d(8)
    >>> torch.allclose(normalise(x, norm), norm(x), atol=1e-5)
    True
    """
    if not (norm.training and _by_rows(x)):
        return norm(x)  # type: ignore[no-any-return]
    return _train_by_rows(x, norm, norm.weight, norm.bias)


def whiten(x: Tensor, norm: nn.BatchNorm3d) -> Tensor:
    """What ``norm(x)`` would give in training without its gain and offset.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
        Without a gradient.
    norm : BatchNorm3d
        Of c channels; its running statistics are kept up.

    Examples
    --------
    >>> x = torch.randn(2, 3, 4, 6, 6)
    >>> norm = nn.BatchNorm3d(3)
    >>> torch.allclose(whiten(x, norm), norm(x), atol=1e-5)
    True
    """
    if _by_rows(x):
        return _train_by_rows(x, norm, x.new_ones(x.shape[1]), x.new_zeros(x.shape[1]))
    running = norm.running_mean, norm.running_var
    return nn.functional.batch_norm(x, *running, None, None, True, _newest_share(norm), norm.eps)


def _by_rows(x: Tensor) -> bool:
    """Whether several pixels are taken together."""
    side_by_side = x.is_contiguous(memory_format=torch.channels_last_3d) and not x.is_contiguous()
    return side_by_side and x.shape[1] < MANY_CHANNELS and x.is_cpu


def _train_by_rows(x: Tensor, norm: nn.BatchNorm3d, gain: Tensor, offset: Tensor) -> Tensor:
    y, mean, variance = _BatchNorm.apply(  # type: ignore[no-untyped-call]
        x, gain, offset, norm.eps
    )
    with torch.no_grad():
        n, share = x.numel() // x.shape[1], _newest_share(norm)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.lerp_(mean, share)
        norm.running_var.lerp_(variance * (n / (n - 1)), share)
    return y  # type: ignore[no-any-return]


def _newest_share(norm: nn.BatchNorm3d) -> float:
    """What the newest batch counts for in the running statistics; counts it."""
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked += 1
    if norm.momentum is None:  # a plain mean
        return 1 / float(norm.num_batches_tracked)
    return norm.momentum


def _pixels_in_rows(x: Tensor) -> Tensor:
    """A view of x, shape (pixels / k, k * c): k pixels, each with its channels, a row."""
    pixels = x.numel() // x.shape[1]
    k = next(k for k in range(PIXELS, 0, -1) if pixels % k == 0)
    return x.permute(0, 2, 3, 4, 1).reshape(pixels // k, k * x.shape[1])


def _as_map(rows: Tensor, like: Tensor) -> Tensor:
    """`_pixels_in_rows` undone; no view to autograd, so that it may be changed in place."""
    return rows.new_empty(0).set_(rows.untyped_storage(), 0, like.shape, like.stride())


def _scaled(rows: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """``gain * x + offset`` a channel, float32 inside; both of shape (c,)."""
    k = rows.shape[1] // gain.shape[0]
    none = torch.zeros(rows.shape[1])
    settings = (gain.repeat(k), offset.repeat(k), none, none + 1)
    return torch.batch_norm(rows, *settings, False, 0.0, 0.0, False)


class _BatchNorm(torch.autograd.Function):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, and what it was done with."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows, c = _pixels_in_rows(x), x.shape[1]
        # Running statistics of float32 make PyTorch count in float32.
        scratch = torch.zeros(rows.shape[1])
        means, variances = torch.batch_norm_update_stats(rows, scratch, scratch.clone(), 0.1)
        means = means.view(-1, c)
        mean = means.mean(0)
        variance = variances.view(-1, c).mean(0) + (means - mean).square().mean(0)
        gain = weight / torch.sqrt(variance + eps)
        ctx.save_for_backward(x, gain, mean, variance)
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, variance)
        return _as_map(_scaled(rows, gain, bias - gain * mean), x), mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, gain, mean, variance = ctx.saved_tensors
        rows, c = _pixels_in_rows(x), x.shape[1]
        dy = _pixels_in_rows(gradients[0].contiguous(memory_format=torch.channels_last_3d))
        k = rows.shape[1] // c
        known = (gain.repeat(k), mean.repeat(k), variance.repeat(k), None, None)
        # With statistics that are given it only sums: dy * (x - mean) / deviation, and dy.
        _, d_weight, d_bias = torch.ops.aten.native_batch_norm_backward(
            dy, rows, *known, False, ctx.eps, [False, True, True]
        )
        d_weight, d_bias = d_weight.view(k, c).sum(0), d_bias.view(k, c).sum(0)
        pixels, deviation = x.numel() // c, torch.sqrt(variance + ctx.eps)
        slope = -gain * d_weight / (deviation * pixels)
        dx = _scaled(dy, gain, torch.zeros(c))
        dx += _scaled(rows, slope, -slope * mean - gain * d_bias / pixels)
        return _as_map(dx, x), d_weight, d_bias, None
