"""What networks are given of faces: pictures, differences, or both."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

#: Keeps black from dividing by zero; far below a level.
TINY = 1e-6


class FromFaces(nn.Module):
    """A network behind what turns faces into its input.

    Parameters
    ----------
    prepare : callable
        Faces (n, 3, t + 1, h, w), levels 0-255, to the network's input of t.
    network : nn.Module
    """

    def __init__(self, prepare: Callable[[Tensor], Tensor], network: nn.Module) -> None:
        super().__init__()
        self.prepare = prepare
        self.network = network

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces (n, 3, t + 1, h, w) to waveforms (n, t)."""
        wave: Tensor = self.network(self.prepare(faces))
        return wave


def as_they_are(faces: Tensor) -> Tensor:
    """The first t faces, for networks that take pictures.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)
    """
    return faces[:, :, :-1]


def less_the_one_before(faces: Tensor) -> Tensor:
    """Differences, shape (n, 3, t, h, w), for SSPD.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)
    """
    return faces[:, :, 1:] - faces[:, :, :-1]


def standardised(faces: Tensor) -> Tensor:
    """The first t faces of each clip, less their mean, over their standard deviation.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)
    """
    looks = faces[:, :, :-1]
    looks = looks - looks.mean(dim=(1, 2, 3, 4), keepdim=True)
    return looks / (_spread(looks) + TINY)


def normalised_differences(faces: Tensor) -> Tensor:
    """Differences of two pictures over their sum, and that over its spread in the clip.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)

    Notes
    -----
    Chen and McDuff 2018, Eq. 6.

    >>> normalised_differences(torch.full((1, 3, 3, 2, 2), 9.0)).abs().max().item()
    0.0
    """
    motion = (faces[:, :, 1:] - faces[:, :, :-1]) / (faces[:, :, 1:] + faces[:, :, :-1] + TINY)
    return motion / (_spread(motion) + TINY)


def motion_and_looks(faces: Tensor) -> Tensor:
    """Normalised differences and standardised pictures, shape (n, 6, t, h, w), for CAN.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)
    """
    return torch.cat([normalised_differences(faces), standardised(faces)], dim=1)


def _spread(values: Tensor) -> Tensor:
    """Root mean square deviation of each clip, shape (n, 1, 1, 1, 1)."""
    centred = values - values.mean(dim=(1, 2, 3, 4), keepdim=True)
    return centred.square().mean(dim=(1, 2, 3, 4), keepdim=True).sqrt()
