"""The predictor of Sec. III-C1 (Fig. 2): the backbone's map -> the rPPG waveform."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspd.models.norm import BatchNorm

HIDDEN_CHANNELS = 64
#: Maps smaller than this cannot take the unpadded convolution (faces of 96 pixels).
SMALLEST_UNPADDED_MAP = 6


class Predictor(nn.Module):
    """Half the rate, look at space once more, double the rate, one number a frame.

    Parameters
    ----------
    token_size : int
        C, the channels of the map that comes in.
    map_size : int
        Its height and width (8 for faces of 128 pixels).

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
        """Map (n, C, t, h', w') with even t to the waveform, shape (n, t)."""
        x = torch.tanh(self.norm1(self.conv1(x)))
        x = nn.functional.avg_pool3d(x, 2)
        x = torch.tanh(self.norm2(self.conv2(x)))
        x = nn.functional.interpolate(x, scale_factor=(2.0, 1.0, 1.0), mode="nearest")
        x = torch.tanh(self.norm3(self.conv3(x)))
        x = self.conv4(x.mean(dim=(3, 4), keepdim=True))
        return x[:, 0, :, 0, 0]
