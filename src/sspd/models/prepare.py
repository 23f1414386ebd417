"""Input of networks from faces: frames, differences, or both."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

#: Added to divisors, against division by zero; far below a pixel value.
DIVISOR_MARGIN = 1e-6


class FromFaces(nn.Module):
    """Network together with the function that prepares its input from faces.

    Parameters
    ----------
    prepare : callable
        Maps faces (n, 3, t + 1, h, w), pixel values 0-255, to the network's input of t frames.
    network : nn.Module
    """

    def __init__(self, prepare: Callable[[Tensor], Tensor], network: nn.Module) -> None:
        super().__init__()
        self.prepare = prepare
        self.network = network

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces to waveforms.

        Parameters
        ----------
        faces : Tensor, shape (n, 3, t + 1, h, w)
            Pixel values 0-255.

        Returns
        -------
        Tensor, shape (n, t)
        """
        wave: Tensor = self.network(self.prepare(faces))
        return wave


def first_frames(faces: Tensor) -> Tensor:
    """Return all frames but the last, for networks that take frames.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)

    Returns
    -------
    Tensor, shape (n, 3, t, h, w)
    """
    return faces[:, :, :-1]


def frame_differences(faces: Tensor) -> Tensor:
    """Return the differences of consecutive frames, for SSPD.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)

    Returns
    -------
    Tensor, shape (n, 3, t, h, w)
    """
    return faces[:, :, 1:] - faces[:, :, :-1]


def standardised(faces: Tensor) -> Tensor:
    """Standardise the first t frames of each clip to mean 0 and deviation 1.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)

    Returns
    -------
    Tensor, shape (n, 3, t, h, w)
    """
    frames = faces[:, :, :-1]
    frames = frames - frames.mean(dim=(1, 2, 3, 4), keepdim=True)
    return frames / (_spread(frames) + DIVISOR_MARGIN)


def normalised_differences(faces: Tensor) -> Tensor:
    """Return differences over sums of consecutive frames, scaled to deviation 1 per clip.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)

    Returns
    -------
    Tensor, shape (n, 3, t, h, w)

    Notes
    -----
    Chen and McDuff 2018, Eq. 6.

    >>> normalised_differences(torch.full((1, 3, 3, 2, 2), 9.0)).abs().max().item()
    0.0
    """
    later, earlier = faces[:, :, 1:], faces[:, :, :-1]
    motion = (later - earlier) / (later + earlier + DIVISOR_MARGIN)
    return motion / (_spread(motion) + DIVISOR_MARGIN)


def motion_and_appearance(faces: Tensor) -> Tensor:
    """Return normalised differences and standardised frames, for CAN.

    Parameters
    ----------
    faces : Tensor, shape (n, 3, t + 1, h, w)

    Returns
    -------
    Tensor, shape (n, 6, t, h, w)
    """
    return torch.cat([normalised_differences(faces), standardised(faces)], dim=1)


def _spread(values: Tensor) -> Tensor:
    """Return the standard deviation of each clip, shape (n, 1, 1, 1, 1)."""
    centred = values - values.mean(dim=(1, 2, 3, 4), keepdim=True)
    return centred.square().mean(dim=(1, 2, 3, 4), keepdim=True).sqrt()
