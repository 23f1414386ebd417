"""The convolutions of the largest maps, made fast in training on processors.

Of maps whose channels lie side by side (``channels_last_3d``) a processor makes sixteen
outputs at once; the first layers have eight. Two neighbours are made together here. And
what no gradient is wanted of is not computed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv3d, pad

from sspd.models.norm import normalise, whiten

#: With as many channels two neighbours are not made together.
MANY_CHANNELS = 16


def normalised_convolution(x: Tensor, norm: nn.BatchNorm3d, convolution: nn.Conv3d) -> Tensor:
    """``convolution(norm(x))`` of pictures, for a tenth less of a whole training step.

    The norm's gain and offset want a gradient, and by way of the normalised pictures that
    costs a convolution back to them, the dearest of all. Here the gain is a factor of the
    kernel, and the offset a term of each moment: at both ends the kernel looks past the
    video by a picture, where there is no offset.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
        Of which no gradient is wanted.
    norm : BatchNorm3d
    convolution : Conv3d
        Three pictures long, padded by one, and not in space.

    Examples
    --------
    >>> norm, convolution = nn.BatchNorm3d(3), nn.Conv3d(3, 8, (3, 5, 5), padding=(1, 0, 0))
    >>> normalised_convolution(torch.zeros(1, 3, 4, 9, 9), norm, convolution).shape
    torch.Size([1, 8, 4, 5, 5])
    """
    if not norm.training or convolution.bias is not None:
        return convolution(normalise(x, norm))  # type: ignore[no-any-return]
    kernel = convolution.weight * norm.weight[:, None, None, None]
    # what the offset adds through the kernel's part of each moment, shape (3, outputs)
    before, now, after = torch.einsum("octhw,c->to", convolution.weight, norm.bias)
    y = _to_few_channels(whiten(x, norm), kernel, before + now + after, (1, 0, 0))
    y[:, :, 0] -= before[:, None, None]
    y[:, :, -1] -= after[:, None, None]
    return y


def convolve(x: Tensor, convolution: nn.Conv3d) -> Tensor:
    """``convolution(x)``, whose way back to few channels is faster.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
    convolution : Conv3d
        Without bias and stride.

    Examples
    --------
    >>> convolution = nn.Conv3d(8, 16, 3, padding=(1, 0, 0), bias=False)
    >>> convolve(torch.zeros(1, 8, 4, 9, 9), convolution).shape
    torch.Size([1, 16, 4, 7, 7])
    """
    if not (x.requires_grad and _side_by_side(x) and x.shape[1] < MANY_CHANNELS):
        return convolution(x)  # type: ignore[no-any-return]
    kernel = convolution.weight.to(x.dtype)
    return _Convolution.apply(x, kernel, convolution.padding)  # type: ignore[no-untyped-call,no-any-return]


def _side_by_side(x: Tensor) -> bool:
    last = x.is_contiguous(memory_format=torch.channels_last_3d)
    return x.is_cpu and last and not x.is_contiguous()


def _to_few_channels(
    x: Tensor, kernel: Tensor, bias: Tensor | None, padding: tuple[int, int, int]
) -> Tensor:
    """A convolution, of two neighbours in one stride of two by the kernel beside itself."""
    width = x.shape[-1] + 2 * padding[2] - kernel.shape[-1] + 1
    if not _side_by_side(x) or width % 2:
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
