"""Predictor of Sec. III-C1 (Fig. 2): from the backbone's map to the rPPG waveform."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspd.models.norm import BatchNorm

#: Number of channels of its hidden layers.
HIDDEN_CHANNELS = 64
#: Smallest map for the unpadded convolution; smaller maps (faces of 96 pixels) are padded.
SMALLEST_UNPADDED_MAP = 6


class Predictor(nn.Module):
    """Network that maps features to one value per frame, at half the rate in between.

    Parameters
    ----------
    token_size : int
        C, the number of channels of the input map.
    map_size : int
        Height and width of the input map (8 for faces of 128 pixels).

    Examples
    --------
    >>> Predictor(256, 8)(torch.zeros(2, 256, 6, 8, 8)).shape
    torch.Size([2, 6])
    """

    def __init__(self, token_size: int, map_size: int) -> None:
        super().__init__()
        padding = 0 if map_size >= SMALLEST_UNPADDED_MAP else 1
        hidden = HIDDEN_CHANNELS
        in_time = {"kernel_size": (3, 1, 1), "padding": (1, 0, 0), "bias": False}
        self.conv1 = nn.Conv3d(token_size, hidden, **in_time)  # type: ignore[arg-type]
        self.norm1 = BatchNorm(hidden)
        self.conv2 = nn.Conv3d(hidden, hidden, 3, padding=(1, padding, padding), bias=False)
        self.norm2 = BatchNorm(hidden)
        self.conv3 = nn.Conv3d(hidden, hidden, **in_time)  # type: ignore[arg-type]
        self.norm3 = BatchNorm(hidden)
        self.conv4 = nn.Conv3d(hidden, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map features to a waveform.

        Parameters
        ----------
        x : Tensor, shape (n, C, t, h', w')
            t must be even.

        Returns
        -------
        Tensor, shape (n, t)
        """
        x = torch.tanh(self.norm1(self.conv1(x)))
        x = nn.functional.avg_pool3d(x, 2)
        x = torch.tanh(self.norm2(self.conv2(x)))
        x = nn.functional.interpolate(x, scale_factor=(2.0, 1.0, 1.0), mode="nearest")
        x = torch.tanh(self.norm3(self.conv3(x)))
        x = self.conv4(x.mean(dim=(3, 4), keepdim=True))
        return x[:, 0, :, 0, 0]
