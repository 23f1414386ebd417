"""Batch normalisation: fast where channels lie side by side, and over many processes.

Processors run convolutions in half precision on such maps (``channels_last_3d``) up to
ten times faster, but PyTorch's normalisation takes a pixel's channels at a time: of eight
channels it fills a fraction of a register. Several pixels are taken together here.

Where several processes train one network, each on some clips of a batch, the statistics
are those of the whole batch, so that they train as one process would.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from sspd.models.collectives import pooled, summed

#: With as many channels PyTorch's own way is as fast.
MANY_CHANNELS = 32
#: Up to so many pixels are taken together.
PIXELS = 8


class BatchNorm(nn.BatchNorm3d):
    """`torch.nn.BatchNorm3d`, fast, and over the clips of all processes where asked.

    Examples
    --------
    >>> norm = BatchNorm(8)
    >>> norm(torch.randn(2, 8, 4, 6, 6)).shape, norm.together
    (torch.Size([2, 8, 4, 6, 6]), False)
    """

    #: Whether statistics of a training are taken over all processes; all must then call it.
    together = False

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, t, h, w) to the same shape."""
        return normalise(x, self)


def take_together(network: nn.Module, together: bool) -> None:
    """Whether a network's statistics are those of all processes, in place.

    Parameters
    ----------
    network : Module
    together : bool
    """
    for module in network.modules():
        if isinstance(module, BatchNorm):
            module.together = together


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
    if not (norm.training and (_by_rows(x) or _together(norm))):
        return nn.BatchNorm3d.forward(norm, x)
    return _train(x, norm, norm.weight, norm.bias)


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
    if _by_rows(x) or _together(norm):
        return _train(x, norm, x.new_ones(x.shape[1]), x.new_zeros(x.shape[1]))
    running = norm.running_mean, norm.running_var
    return nn.functional.batch_norm(x, *running, None, None, True, _newest_share(norm), norm.eps)


def _together(norm: nn.BatchNorm3d) -> bool:
    return isinstance(norm, BatchNorm) and norm.together


def _by_rows(x: Tensor) -> bool:
    """Whether several pixels are taken together."""
    side_by_side = x.is_contiguous(memory_format=torch.channels_last_3d) and not x.is_contiguous()
    return side_by_side and x.shape[1] < MANY_CHANNELS and x.is_cpu


def _train(x: Tensor, norm: nn.BatchNorm3d, gain: Tensor, offset: Tensor) -> Tensor:
    y, mean, variance, n = _BatchNorm.apply(  # type: ignore[no-untyped-call]
        x, gain, offset, norm.eps, _together(norm)
    )
    with torch.no_grad():
        share = _newest_share(norm)
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


def _flat(x: Tensor, by_rows: bool) -> Tensor:
    """A view of x for PyTorch's norms: itself, or k pixels with their channels a row.

    Of the latter the shape is (pixels / k, k * c).
    """
    if not by_rows:
        return x
    pixels = x.numel() // x.shape[1]
    k = next(k for k in range(PIXELS, 0, -1) if pixels % k == 0)
    return x.permute(0, 2, 3, 4, 1).reshape(pixels // k, k * x.shape[1])


def _as_map(flat: Tensor, like: Tensor) -> Tensor:
    """`_flat` undone; no view to autograd, so that it may be changed in place."""
    if flat.shape == like.shape:
        return flat
    return flat.new_empty(0).set_(flat.untyped_storage(), 0, like.shape, like.stride())


def _scaled(flat: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """``gain * x + offset`` a channel; both of shape (c,)."""
    k = flat.shape[1] // gain.shape[0]
    none = gain.new_zeros(flat.shape[1], dtype=_counted_in(flat))
    settings = (gain.repeat(k), offset.repeat(k), none, none + 1)
    return torch.batch_norm(flat, *settings, False, 0.0, 0.0, False)


def _counted_in(x: Tensor) -> torch.dtype:
    """Half precision is counted in float32."""
    return torch.promote_types(x.dtype, torch.float32)


def _statistics(flat: Tensor, c: int) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel, shape (c,)."""
    # Running statistics of float32 make PyTorch count in float32.
    scratch = torch.zeros(flat.shape[1], device=flat.device, dtype=_counted_in(flat))
    means, variances = torch.batch_norm_update_stats(flat, scratch, scratch.clone(), 0.1)
    means = means.view(-1, c)
    mean = means.mean(0)
    return mean, variances.view(-1, c).mean(0) + (means - mean).square().mean(0)


class _BatchNorm(torch.autograd.Function):
    """y = (x - mean) / sqrt(variance + eps) * weight + bias, and what it was done with."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float, together: bool
    ) -> tuple[Tensor, Tensor, Tensor, float]:
        flat, c = _flat(x, _by_rows(x)), x.shape[1]
        mean, variance = _statistics(flat, c)
        n: float = x.numel() // c
        if together:
            mean, variance, n = pooled(mean, variance, n)
        gain = weight / torch.sqrt(variance + eps)
        ctx.save_for_backward(x, gain, mean, variance)
        ctx.eps, ctx.n, ctx.together = eps, n, together
        ctx.mark_non_differentiable(mean, variance)
        return _as_map(_scaled(flat, gain, bias - gain * mean), x), mean, variance, n

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        x, gain, mean, variance = ctx.saved_tensors
        by_rows, c, dy = _by_rows(x), x.shape[1], gradients[0]
        if dy.stride() != x.stride():
            dy = torch.empty_like(x).copy_(dy)
        flat, dy = _flat(x, by_rows), _flat(dy, by_rows)
        k = flat.shape[1] // c
        known = (gain.repeat(k), mean.repeat(k), variance.repeat(k), None, None)
        # With statistics that are given it only sums: dy * (x - mean) / deviation, and dy.
        _, d_weight, d_bias = torch.ops.aten.native_batch_norm_backward(
            dy, flat, *known, False, ctx.eps, [False, True, True]
        )
        d_weight, d_bias = d_weight.view(k, c).sum(0), d_bias.view(k, c).sum(0)
        every = torch.stack([d_weight, d_bias])
        by_weight, by_bias = summed(every) if ctx.together else every
        slope = -gain * by_weight / (ctx.n * torch.sqrt(variance + ctx.eps))
        dx = _scaled(dy, gain, torch.zeros_like(gain))
        dx += _scaled(flat, slope, -slope * mean - gain * by_bias / ctx.n)
        return _as_map(dx, x), d_weight, d_bias, None, None
