"""Convolutions of the largest maps that are fast in training on processors.

Of maps whose channels lie side by side (``channels_last_3d``) a processor makes sixteen
outputs at once; the first layer has eight. Two neighbours are made together here. And
what no gradient is wanted of is not computed. The plain twins are in `sspd.models.convolution`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, avg_pool3d, conv3d, pad


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
    y = _convolve_pairs(x, kernel, before + now + after)
    y[:, :, 0] -= before[:, None, None]
    y[:, :, -1] -= after[:, None, None]
    return y


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


def _convolve_pairs(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Convolve, padded by one in time; two neighbours at once, by the kernel beside itself."""
    width = x.shape[-1] - kernel.shape[-1] + 1
    last = x.is_contiguous(memory_format=torch.channels_last_3d) and not x.is_contiguous()
    if not (x.is_cpu and last) or width % 2:
        return conv3d(x, kernel, bias, padding=(1, 0, 0))
    two = torch.cat([pad(kernel, (0, 1)), pad(kernel, (1, 0))])
    rows = conv3d(x, two, bias.repeat(2), stride=(1, 1, 2), padding=(1, 0, 0))
    rows = rows.permute(0, 2, 3, 4, 1)
    # (n, t, h, w / 2, 2 c) is (n, t, h, w, c) already
    return rows.reshape(*rows.shape[:3], width, kernel.shape[0]).permute(0, 4, 1, 2, 3)
