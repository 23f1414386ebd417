"""Spatial-temporal backbone of Sec. III-C1 (Fig. 2): from frame differences to features."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from sspd.models.convolution import halve, normalised_convolution
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
        x = self.norm2(self.conv2(x)).tanh_()
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
        return Features(x.mean(dim=(3, 4)), x)
