"""Faces resampled to the network's rate on the device that trains.

For CUDA alone: clips are moved there as they are stored. The plain twin is
`sspd.network.grid.to_grid`, which clips read by threads use.
"""

from __future__ import annotations

import torch
from torch import Tensor


def levels_on_grid(faces: Tensor, which: Tensor, weights: Tensor, max_value: int) -> Tensor:
    """Return what `sspd.network.grid.to_grid` gives, channels first, on the faces' device.

    Parameters
    ----------
    faces : Tensor of uint16, or the same bits as int16, shape (m, s, s, 3)
        As stored, which is half the size of the resampled faces.
    which, weights : Tensor, shape (n, k)
        From `sspd.network.grid.grid_weights`, on the same device.
    max_value : int
        The pixel value of white.

    Returns
    -------
    Tensor, shape (n, 3, s, s)
        float32, pixel values 0-255.

    Examples
    --------
    >>> faces = torch.tensor([0, 65280], dtype=torch.uint16).view(2, 1, 1, 1).expand(2, 1, 1, 3)
    >>> weights = torch.full((1, 2), 0.5)
    >>> levels_on_grid(faces, torch.tensor([[0, 1]]), weights, 65280)[0, :, 0, 0].tolist()
    [127.5, 127.5, 127.5]
    """
    # torch has few operations for uint16: index the same bits as int16 and convert after
    signed = faces.view(torch.int16)
    scaled = weights * (255 / max_value)
    out = torch.zeros((len(which), *faces.shape[1:]), device=faces.device)
    for k in range(which.shape[1]):
        values = signed[which[:, k]].to(torch.int32) & 0xFFFF
        out.addcmul_(values.to(torch.float32), scaled[:, k, None, None, None])
    return out.permute(0, 3, 1, 2).contiguous()
