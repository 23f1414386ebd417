"""Extractor of HR-CNN: one value per frame, as a waveform with the pulse's rate.

R. Spetlik, V. Franc, J. Cech and J. Matas, "Visual heart rate estimation with convolutional
neural network", BMVC 2018. Its second network, which estimates the rate from the extractor's
output, is replaced by the read-outs that all methods share.
"""

from __future__ import annotations

from torch import Tensor, nn

from sspd.errors import UsageError

#: Width of the paper's faces (192x128 pixels), and its kernel, which scales with the width.
PAPER_SIDE = 128
PAPER_KERNEL = 10
#: Number of channels of all layers.
CHANNELS = 64
#: Smallest face for which all convolutions have an output, pixels.
SMALLEST = 26


class Extractor(nn.Module):
    """Network of large convolutions and overlapping pooling, frame by frame.

    Parameters
    ----------
    size : int
        Side of the faces, pixels; the kernels scale with it (10 at 128).

    Raises
    ------
    UsageError
        The faces are too small.

    Examples
    --------
    >>> import torch
    >>> Extractor(32).eval()(torch.zeros(4, 3, 32, 32)).shape
    torch.Size([4])
    """

    def __init__(self, size: int = PAPER_SIDE) -> None:
        super().__init__()
        if size < SMALLEST:
            raise UsageError(f"HR-CNN needs faces of {SMALLEST} pixels or more, got {size}")
        kernel = max(3, round(PAPER_KERNEL * size / PAPER_SIDE))
        layers: list[nn.Module] = [nn.BatchNorm2d(3)]
        for k, inputs in enumerate((3, CHANNELS, CHANNELS)):
            layers += [
                nn.Conv2d(inputs, CHANNELS, kernel),
                nn.MaxPool2d(kernel, stride=1 if k else 2),
                nn.BatchNorm2d(CHANNELS),
                nn.ELU(),
            ]
        layers += [nn.Conv2d(CHANNELS, CHANNELS, kernel), nn.AdaptiveMaxPool2d(1)]
        layers += [nn.BatchNorm2d(CHANNELS), nn.ELU(), nn.Dropout(0.5)]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(CHANNELS, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Map each frame to a value.

        Parameters
        ----------
        frames : Tensor, shape (t, 3, h, w)

        Returns
        -------
        Tensor, shape (t,)
        """
        wave: Tensor = self.head(self.layers(frames).flatten(1))
        return wave[:, 0]
