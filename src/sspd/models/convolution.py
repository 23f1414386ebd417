"""The first convolution and the poolings of the backbone; their fast ways are in `sspd.accel`."""

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
