"""Spatial-temporal backbone of Sec. III-C1 (Fig. 2): from frame differences to features."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sspd.models.convolution import convolve, normalised_convolution
from sspd.models.norm import BatchNorm

#: Channels of the first three of the four blocks (Fig. 2): input, between their two
#: convolutions, output. The fourth block is one convolution from the last of them to C.
BLOCK_CHANNELS = ((3, 8, 16), (16, 16, 32), (32, 32, 64))


class Features(NamedTuple):
    """Output of the backbone."""

    sequence: Tensor
    """S, shape (n, C, t)."""
    map: Tensor
    """S before global average pooling, shape (n, C, t, h', w')."""


def _convolution(inputs: int, outputs: int, width: int) -> nn.Conv3d:
    """Return a convolution of kernel (3, width, width), padded in time only, without bias."""
    return nn.Conv3d(inputs, outputs, (3, width, width), padding=(1, 0, 0), bias=False)


def halve(x: Tensor) -> Tensor:
    """Average 2x2 pixels.

    Parameters
    ----------
    x : Tensor, shape (n, c, t, h, w)

    Returns
    -------
    Tensor, shape (n, c, t, h // 2, w // 2)

    >>> halve(torch.arange(4.0).view(1, 1, 1, 2, 2)).flatten()
    tensor([1.5000])
    """
    if x.dtype == torch.float32:
        return nn.functional.avg_pool3d(x, (1, 2, 2))
    # CPUs have no avg_pool3d for half precision, and autocast would convert the largest maps
    # of the network to float32 and back. Both alternatives use views.
    if x.is_contiguous():
        pooled = nn.functional.avg_pool2d(x.flatten(1, 2), 2)
        return pooled.view(*x.shape[:3], *pooled.shape[2:])
    pooled = nn.functional.avg_pool2d(x.transpose(1, 2).flatten(0, 1), 2)
    return pooled.view(x.shape[0], x.shape[2], *pooled.shape[1:]).transpose(1, 2)


class ConvBlock(nn.Module):
    """Two convolutions with normalisation and tanh, then pooling by 2 in space.

    Parameters
    ----------
    inputs, between, outputs : int
        Numbers of channels.
    """

    def __init__(self, inputs: int, between: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _convolution(inputs, between, 5)
        self.norm1 = BatchNorm(between)
        self.conv2 = _convolution(between, outputs, 3)
        self.norm2 = BatchNorm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map the input of the block to its output.

        Parameters
        ----------
        x : Tensor, shape (n, inputs, t, h, w)

        Returns
        -------
        Tensor, shape (n, outputs, t, (h - 6) // 2, (w - 6) // 2)
        """
        return self.after_first(self.conv1(x))

    def after_first(self, x: Tensor) -> Tensor:
        """Map the output of the first convolution to the output of the block.

        Parameters
        ----------
        x : Tensor, shape (n, between, t, h - 4, w - 4)

        Returns
        -------
        Tensor, shape (n, outputs, t, (h - 6) // 2, (w - 6) // 2)
        """
        # in place, as nothing else uses the output of a norm, not even the gradients
        x = self.norm1(x).tanh_()
        x = self.norm2(convolve(x, self.conv2)).tanh_()
        return halve(x)


class Backbone(nn.Module):
    """Four convolution blocks on normalised frame differences.

    A face of 128 pixels is reduced to 61, 27, 10 and finally 8 pixels; the number of frames
    is unchanged.

    Parameters
    ----------
    token_size : int
        C, the number of channels of the last block, which is the size of a token.

    Examples
    --------
    >>> features = Backbone(256)(torch.zeros(1, 3, 4, 128, 128))
    >>> tuple(features.sequence.shape), tuple(features.map.shape)
    ((1, 256, 4), (1, 256, 4, 8, 8))
    """

    def __init__(self, token_size: int) -> None:
        super().__init__()
        self.norm = BatchNorm(3)
        self.blocks = nn.ModuleList(ConvBlock(*channels) for channels in BLOCK_CHANNELS)
        self.conv = _convolution(BLOCK_CHANNELS[-1][2], token_size, 3)
        self.conv_norm = BatchNorm(token_size)

    def forward(self, differences: Tensor) -> Features:
        """Map frame differences to features.

        Parameters
        ----------
        differences : Tensor, shape (n, 3, t, h, w)

        Returns
        -------
        Features
        """
        first, *others = self.blocks
        assert isinstance(first, ConvBlock)
        x = first.after_first(normalised_convolution(differences, self.norm, first.conv1))
        for block in others:
            x = block(x)
        x = self.conv_norm(self.conv(x)).tanh_()
        if x.requires_grad and not x.is_contiguous():
            # the gradient of a mean is one repeated value; the norm needs the layout of x
            x.register_hook(lambda g: g.contiguous(memory_format=torch.channels_last_3d))
        return Features(x.mean(dim=(3, 4)), x)
