"""EfficientPhys: one branch of 2D convolutions with self-attention masks.

X. Liu, B. Hill, Z. Jiang, S. Patel and D. McDuff, "EfficientPhys: enabling simple, fast and
accurate camera-based cardiac measurement", WACV 2023 (its convolutional variant).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from sspd.models.can import attention_mask, shift_in_time

_WIDTHS = (3, 32, 32, 64, 64)


class EfficientPhys(nn.Module):
    """Network of normalised frame differences, temporal shifts and 2D convolutions.

    Parameters
    ----------
    shift_frames : int
        Length of the groups of frames in which channels are shifted in time (10 in the paper).
    size : int
        Side of the faces, pixels (72 in the paper).

    Examples
    --------
    >>> EfficientPhys(shift_frames=2, size=36).eval()(torch.zeros(4, 3, 36, 36)).shape
    torch.Size([4])
    """

    def __init__(self, shift_frames: int = 10, size: int = 72) -> None:
        super().__init__()
        self.shift_frames = shift_frames
        pairs = list(pairwise(_WIDTHS))
        self.norm = nn.BatchNorm2d(3)
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1 - k % 2) for k, (a, b) in enumerate(pairs)
        )
        self.attention = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in (32, 64))
        self.drops = nn.ModuleList(nn.Dropout(p) for p in (0.25, 0.25, 0.5))
        side = ((size - 2) // 2 - 2) // 2
        self.dense, self.head = nn.Linear(64 * side * side, 128), nn.Linear(128, 1)

    def forward(self, differences: Tensor) -> Tensor:
        """Map frame differences to a waveform.

        Parameters
        ----------
        differences : Tensor, shape (t, 3, h, w)
            Differences to the next frame; t is a multiple of ``shift_frames``.

        Returns
        -------
        Tensor, shape (t,)
        """
        x = self.norm(differences)
        for k, convolution in enumerate(self.convs):
            x = torch.tanh(convolution(shift_in_time(x, self.shift_frames)))
            if k % 2:
                x = x * attention_mask(self.attention[k // 2](x))
                x = self.drops[k // 2](nn.functional.avg_pool2d(x, 2))
        wave: Tensor = self.head(self.drops[2](torch.tanh(self.dense(x.flatten(1)))))
        return wave[:, 0]
