"""The spatial-temporal backbone of Sec. III-C1 (Fig. 2): differences -> features."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from sspd.models.convolution import halve, normalised_convolution
from sspd.models.norm import BatchNorm

#: Channels of the first three of its four blocks (Fig. 2): in, between their two convolutions,
#: out. The fourth is one convolution, from the last of them to C.
BLOCK_CHANNELS = ((3, 8, 16), (16, 16, 32), (32, 32, 64))


class Features(NamedTuple):
    """What the backbone hands on."""

    sequence: Tensor
    """S, shape (n, C, t)."""
    map: Tensor
    """The same before global average pooling, shape (n, C, t, h', w')."""


def _convolution(inputs: int, outputs: int, width: int) -> nn.Conv3d:
    """Kernel (3, width, width), padded by 1 in time and not in space, no bias."""
    return nn.Conv3d(inputs, outputs, (3, width, width), padding=(1, 0, 0), bias=False)


class ConvBlock(nn.Module):
    """Two convolutions with normalisation and tanh, then pooling by 2 in space.

    Parameters
    ----------
    inputs, between, outputs : int
        Channels.
    """

    def __init__(self, inputs: int, between: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = _convolution(inputs, between, 5)
        self.norm1 = BatchNorm(between)
        self.conv2 = _convolution(between, outputs, 3)
        self.norm2 = BatchNorm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, t, h, w) to (n, outputs, t, (h-6)//2, (w-6)//2)."""
        return self.after_first(self.conv1(x))

    def after_first(self, x: Tensor) -> Tensor:
        """What the block makes of its first convolution's output."""
        # in place: what a norm gives is needed by nobody else, not even for gradients
        x = self.norm1(x).tanh_()
        x = self.norm2(self.conv2(x)).tanh_()
        return halve(x)


class Backbone(nn.Module):
    """Four ConvBlocks on normalised frame differences.

    A 128-pixel face becomes 61, 27, 10 and last 8 pixels wide; time keeps its length.

    Parameters
    ----------
    token_size : int
        C, the channels of the last block, which are the size of a token.

    Examples
    --------
    >>> import torch
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
        """Map (n, 3, t, h, w) to `Features`."""
        first, *others = self.blocks
        assert isinstance(first, ConvBlock)
        x = first.after_first(normalised_convolution(differences, self.norm, first.conv1))
        for block in others:
            x = block(x)
        x = self.conv_norm(self.conv(x)).tanh_()
        return Features(x.mean(dim=(3, 4)), x)
