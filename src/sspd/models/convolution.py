"""The convolutions and poolings of the backbone's largest maps; fast ways are in `sspd.accel`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspd.accel import torch_convolution
from sspd.accel.switch import enabled
from sspd.models.norm import normalise, whiten


def normalised_convolution(x: Tensor, norm: nn.BatchNorm3d, convolution: nn.Conv3d) -> Tensor:
    """Return ``convolution(norm(x))`` of frames.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
        Of which no gradient is wanted.
    norm : BatchNorm3d
    convolution : Conv3d
        Three frames long, padded by one, and not in space.

    Returns
    -------
    Tensor, shape (n, outputs, t, h', w')

    Examples
    --------
    >>> norm, convolution = nn.BatchNorm3d(3), nn.Conv3d(3, 8, (3, 5, 5), padding=(1, 0, 0))
    >>> normalised_convolution(torch.zeros(1, 3, 4, 9, 9), norm, convolution).shape
    torch.Size([1, 8, 4, 5, 5])
    """
    if norm.training and convolution.bias is None and enabled():
        return torch_convolution.convolve_unit(whiten(x, norm), norm, convolution)
    return convolution(normalise(x, norm))  # type: ignore[no-any-return]


def convolve(x: Tensor, convolution: nn.Conv3d) -> Tensor:
    """Return ``convolution(x)``.

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
    if enabled() and torch_convolution.has_fast_backward(x):
        return torch_convolution.convolve(x, convolution)
    return convolution(x)  # type: ignore[no-any-return]


def halve(x: Tensor) -> Tensor:
    """Average 2x2 pixels.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)

    Returns
    -------
    Tensor, shape (n, c, t, h // 2, w // 2)
        Of the type of `x`.

    Examples
    --------
    >>> halve(torch.arange(4.0).view(1, 1, 1, 2, 2)).flatten()
    tensor([1.5000])
    """
    if enabled():
        return torch_convolution.average_pairs(x)
    if x.dtype == torch.float32:
        return nn.functional.avg_pool3d(x, (1, 2, 2))
    # processors have no avg_pool3d for half precision
    return nn.functional.avg_pool3d(x.float(), (1, 2, 2)).to(x.dtype)


def keep_layout(x: Tensor) -> None:
    """Have the gradient of a map laid out in memory as the map is, where norms want it so.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)
        Whose gradient would be one value repeated: that of a mean.

    Examples
    --------
    >>> keep_layout(torch.zeros(1, 8, 2, 4, 4))
    """
    if enabled() and x.requires_grad and not x.is_contiguous():
        last = torch.channels_last_3d
        x.register_hook(lambda g: g.contiguous(memory_format=last))  # type: ignore[no-untyped-call]
