"""Convolutions of the largest maps that are fast in training on processors.

Of maps whose channels lie side by side (``channels_last_3d``) a processor makes sixteen
outputs at once; the first layers have eight. Two neighbours are made together here. And
what no gradient is wanted of is not computed. The plain twin is `torch.nn.Conv3d`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, avg_pool3d, conv3d, pad

#: With as many channels two neighbours are not made together.
MANY_CHANNELS = 16


def convolve_unit(x: Tensor, norm: nn.BatchNorm3d, convolution: nn.Conv3d) -> Tensor:
    """Return ``convolution(norm(...))`` of frames that are whitened already.

    The norm's weight and bias want a gradient, and by way of the normalized frames that
    costs a convolution back to them, the dearest of all. Here the weight is a factor of the
    kernel, and the bias a term of each moment: at both ends the kernel looks past the
    video by a frame, where there is no bias. A training step takes a tenth less.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
        Mean 0 and variance 1 in each channel; no gradient is wanted of it.
    norm : BatchNorm3d
        Whose weight and bias are applied.
    convolution : Conv3d
        Three frames long, padded by one, and not in space; without bias.

    Returns
    -------
    Tensor, shape (n, outputs, t, h', w')

    Examples
    --------
    >>> convolution = nn.Conv3d(3, 8, (3, 5, 5), padding=(1, 0, 0), bias=False)
    >>> convolve_unit(torch.zeros(1, 3, 4, 9, 9), nn.BatchNorm3d(3), convolution).shape
    torch.Size([1, 8, 4, 5, 5])
    """
    kernel = convolution.weight * norm.weight[:, None, None, None]
    # what the bias adds through the kernel's part of each moment, shape (3, outputs)
    before, now, after = torch.einsum("octhw,c->to", convolution.weight, norm.bias)
    y = _to_few_channels(x, kernel, before + now + after, (1, 0, 0))
    y[:, :, 0] -= before[:, None, None]
    y[:, :, -1] -= after[:, None, None]
    return y


def has_fast_backward(x: Tensor) -> bool:
    """Return whether `convolve` is faster than PyTorch's on its way back to these maps.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)

    Returns
    -------
    bool

    Examples
    --------
    >>> x = torch.zeros(1, 8, 2, 4, 4).to(memory_format=torch.channels_last_3d)
    >>> has_fast_backward(x), has_fast_backward(x.requires_grad_())
    (False, True)
    """
    return x.requires_grad and _is_channels_last(x) and x.shape[1] < MANY_CHANNELS


def convolve(x: Tensor, convolution: nn.Conv3d) -> Tensor:
    """Return ``convolution(x)``, whose way back to few channels is faster.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
    convolution : Conv3d
        Without bias and stride.

    Returns
    -------
    Tensor, shape (n, outputs, t', h', w')

    Examples
    --------
    >>> convolution = nn.Conv3d(8, 16, 3, padding=(1, 0, 0), bias=False)
    >>> convolve(torch.zeros(1, 8, 4, 9, 9), convolution).shape
    torch.Size([1, 16, 4, 7, 7])
    """
    kernel = convolution.weight.to(x.dtype)
    return _Convolution.apply(x, kernel, convolution.padding)  # type: ignore[no-untyped-call,no-any-return]


def average_pairs(x: Tensor) -> Tensor:
    """Average 2x2 pixels in the type that they have.

    Processors have no ``avg_pool3d`` for half precision, and autocast would turn the largest
    maps of the network into float32 and back.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)

    Returns
    -------
    Tensor, shape (n, c, t, h // 2, w // 2)

    Examples
    --------
    >>> average_pairs(torch.arange(4.0).view(1, 1, 1, 2, 2)).flatten()
    tensor([1.5000])
    """
    if x.dtype == torch.float32:
        return avg_pool3d(x, (1, 2, 2))
    if x.is_contiguous():  # both ways are views
        pooled = avg_pool2d(x.flatten(1, 2), 2)
        return pooled.view(*x.shape[:3], *pooled.shape[2:])
    pooled = avg_pool2d(x.transpose(1, 2).flatten(0, 1), 2)
    return pooled.view(x.shape[0], x.shape[2], *pooled.shape[1:]).transpose(1, 2)


def _is_channels_last(x: Tensor) -> bool:
    last = x.is_contiguous(memory_format=torch.channels_last_3d)
    return x.is_cpu and last and not x.is_contiguous()


def _to_few_channels(
    x: Tensor, kernel: Tensor, bias: Tensor | None, padding: tuple[int, int, int]
) -> Tensor:
    """Convolve two neighbours in one stride of two, by the kernel beside itself."""
    width = x.shape[-1] + 2 * padding[2] - kernel.shape[-1] + 1
    if not _is_channels_last(x) or width % 2:
        return conv3d(x, kernel, bias, padding=padding)
    two = torch.cat([pad(kernel, (0, 1)), pad(kernel, (1, 0))])
    biases = None if bias is None else bias.repeat(2)
    rows = conv3d(x, two, biases, stride=(1, 1, 2), padding=padding).permute(0, 2, 3, 4, 1)
    # (n, t, h, w / 2, 2 c) is (n, t, h, w, c) already
    return rows.reshape(*rows.shape[:3], width, kernel.shape[0]).permute(0, 4, 1, 2, 3)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, padding: tuple[int, int, int]) -> Tensor:
        ctx.save_for_backward(x, kernel)
        ctx.padding = padding
        return conv3d(x, kernel, padding=padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        x, kernel = ctx.saved_tensors
        dy = gradients[0].contiguous(memory_format=torch.channels_last_3d)
        ones, none = [1, 1, 1], [0, 0, 0]
        _, d_kernel, _ = torch.ops.aten.convolution_backward(
            dy, x, kernel, None, ones, ctx.padding, ones, False, none, 1, [False, True, False]
        )
        back = kernel.flip(2, 3, 4).transpose(0, 1).contiguous()
        beyond = [k - 1 - p for k, p in zip(kernel.shape[2:], ctx.padding, strict=True)]
        return _to_few_channels(dy, back, None, (beyond[0], beyond[1], beyond[2])), d_kernel, None
