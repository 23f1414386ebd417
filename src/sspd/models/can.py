"""Convolutional attention networks: DeepPhys, and CAN with temporal shifts.

W. Chen and D. McDuff, "DeepPhys: video-based physiological measurement using convolutional
attention networks", ECCV 2018. X. Liu, J. Fromm, S. Patel and D. McDuff, "Multi-task temporal
shift attention networks for on-device contactless vitals measurement", NeurIPS 2020.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from sspd.errors import UsageError

#: One third of the channels is shifted by one frame forward, and one third backward.
_SHIFTED = 3
_WIDTHS = (3, 32, 32, 64, 64)


class CAN(nn.Module):
    """Network of two branches of 2D convolutions: motion, and attention from appearance.

    Parameters
    ----------
    shift_frames : int or None
        Length of the groups of frames in which channels are shifted in time (CAN: 20); None
        for no shift (DeepPhys).
    size : int
        Side of the faces, pixels.

    Examples
    --------
    >>> CAN(shift_frames=2, size=36).eval()(torch.zeros(4, 6, 36, 36)).shape
    torch.Size([4])
    """

    def __init__(self, shift_frames: int | None = 20, size: int = 128) -> None:
        super().__init__()
        self.shift_frames = shift_frames
        pairs = list(pairwise(_WIDTHS))
        self.motion, self.looks = (
            nn.ModuleList(nn.Conv2d(a, b, 3, padding=1 - k % 2) for k, (a, b) in enumerate(pairs))
            for _ in range(2)
        )
        self.attention = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in (32, 64))
        self.drops = nn.ModuleList(nn.Dropout(p) for p in (0.25, 0.25, 0.5))
        side = ((size - 2) // 2 - 2) // 2
        self.dense, self.head = nn.Linear(64 * side * side, 128), nn.Linear(128, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Map frames to a waveform.

        Parameters
        ----------
        frames : Tensor, shape (t, 6, h, w)
            Channels 0-2 contain the normalised difference to the next frame, 3-5 the
            standardised frame. t is a multiple of ``shift_frames``.

        Returns
        -------
        Tensor, shape (t,)
        """
        motion, looks = frames[:, :3], frames[:, 3:]
        for k in range(4):
            motion = torch.tanh(self.motion[k](self._shifted(motion)))
            looks = torch.tanh(self.looks[k](looks))
            if k % 2:
                motion = motion * attention_mask(self.attention[k // 2](looks))
                motion = self.drops[k // 2](nn.functional.avg_pool2d(motion, 2))
                looks = self.drops[k // 2](nn.functional.avg_pool2d(looks, 2))
        hidden = self.drops[2](torch.tanh(self.dense(motion.flatten(1))))
        wave: Tensor = self.head(hidden)
        return wave[:, 0]

    def _shifted(self, x: Tensor) -> Tensor:
        return x if self.shift_frames is None else shift_in_time(x, self.shift_frames)


def attention_mask(looks: Tensor) -> Tensor:
    """Compute the attention mask: a sigmoid, scaled to mean 1/2 per frame (DeepPhys, Eq. 8).

    Parameters
    ----------
    looks : Tensor, shape (t, 1, h, w)
        Output of the attention layer.

    Returns
    -------
    Tensor, shape (t, 1, h, w)

    >>> attention_mask(torch.zeros(1, 1, 2, 2)).flatten()
    tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    mask = torch.sigmoid(looks)
    scale = 0.5 * looks.shape[2] * looks.shape[3]
    return scale * mask / mask.sum(dim=(2, 3), keepdim=True)


def shift_in_time(x: Tensor, frames: int) -> Tensor:
    """Shift a third of the channels one frame back and a third one on, within groups.

    Parameters
    ----------
    x : Tensor, shape (t, c, h, w)
    frames : int
        Length of a group; t must be a multiple of it. Values from outside of a group are 0.

    Returns
    -------
    Tensor, shape (t, c, h, w)

    Raises
    ------
    UsageError
        t is not a multiple of `frames`.

    >>> shift_in_time(torch.arange(6.0).view(2, 3, 1, 1), 2).flatten()
    tensor([3., 0., 2., 0., 1., 5.])
    """
    t, c, h, w = x.shape
    if t % frames:
        raise UsageError(f"{t} frames are no multiple of the {frames} that are shifted among")
    fold = c // _SHIFTED
    groups = x.view(t // frames, frames, c, h, w)
    pad = nn.functional.pad  # of width, height, channels, then time
    back = pad(groups[:, 1:, :fold], (0, 0, 0, 0, 0, 0, 0, 1))
    on = pad(groups[:, :-1, fold : 2 * fold], (0, 0, 0, 0, 0, 0, 1, 0))
    return torch.cat([back, on, groups[:, :, 2 * fold :]], dim=2).view(t, c, h, w)
