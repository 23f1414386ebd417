"""PhysNet, and the 3D network of RemotePPG and Contrast-Phys that is derived from it.

Z. Yu, X. Li and G. Zhao, "Remote photoplethysmograph signal measurement from facial videos
using spatio-temporal networks", BMVC 2019. J. Gideon and S. Stent, "The way to my heart is
through contrastive learning: remote photoplethysmography from unlabelled video", ICCV 2021.
Z. Sun and X. Li, "Contrast-Phys: unsupervised video-based remote physiological measurement
via spatiotemporal contrast", ECCV 2022.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from sspd.errors import UsageError

#: Factor by which the encoder reduces the rate; clips are multiples of it.
STRIDE = 4


def _unit(
    inputs: int, outputs: int, kernel: tuple[int, int, int], act: type[nn.Module]
) -> nn.Sequential:
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    return nn.Sequential(
        nn.Conv3d(inputs, outputs, kernel, padding=padding), nn.BatchNorm3d(outputs), act()
    )


class PhysNet(nn.Module):
    """Encoder and decoder of 3D convolutions, from faces to a waveform at their rate.

    Examples
    --------
    >>> import torch
    >>> PhysNet().eval()(torch.zeros(1, 3, 8, 32, 32)).shape
    torch.Size([1, 8])
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _unit(3, 16, (1, 5, 5), nn.ReLU)
        widths = (16, 32, 64, 64, 64, 64, 64, 64, 64)
        self.convs = nn.ModuleList(_unit(a, b, (3, 3, 3), nn.ReLU) for a, b in pairwise(widths))
        self.ups = nn.ModuleList(
            nn.Sequential(
                nn.ConvTranspose3d(64, 64, (4, 1, 1), stride=(2, 1, 1), padding=(1, 0, 0)),
                nn.BatchNorm3d(64),
                nn.ELU(),
            )
            for _ in range(2)
        )
        self.head = nn.Conv3d(64, 1, 1)

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces to waveforms.

        Parameters
        ----------
        faces : Tensor, shape (n, 3, t, h, w)
            t must be a multiple of 4.

        Returns
        -------
        Tensor, shape (n, t)
        """
        x = self.stem(_checked(faces))
        for k, conv in enumerate(self.convs):
            if k % 2 == 0:
                # also in time, before the second and the third pair
                x = nn.functional.max_pool3d(x, (2 if k in (2, 4) else 1, 2, 2))
            x = conv(x)
        for up in self.ups:
            x = up(x)
        return _row(self.head(x.mean(dim=(3, 4), keepdim=True)))


class ContrastNet(nn.Module):
    """3D network of RemotePPG and Contrast-Phys.

    Parameters
    ----------
    regions : int
        The face is divided into regions x regions parts with a waveform each (Contrast-Phys:
        2); a measurement takes their mean.

    Examples
    --------
    >>> import torch
    >>> ContrastNet().eval()(torch.zeros(1, 3, 8, 32, 32)).shape
    torch.Size([1, 8])
    """

    def __init__(self, regions: int = 2) -> None:
        super().__init__()
        self.regions = regions
        self.stem = _unit(3, 32, (1, 5, 5), nn.ELU)
        widths = (32, 64, 64, 64, 64, 64, 64, 64, 64)
        self.convs = nn.ModuleList(_unit(a, b, (3, 3, 3), nn.ELU) for a, b in pairwise(widths))
        self.ups = nn.ModuleList(_unit(64, 64, (3, 1, 1), nn.ELU) for _ in range(2))
        self.head = nn.Conv3d(64, 1, 1)

    def blocks(self, faces: Tensor) -> Tensor:
        """Map faces to waveforms of their regions.

        Parameters
        ----------
        faces : Tensor, shape (n, 3, t, h, w)
            t must be a multiple of 4.

        Returns
        -------
        Tensor, shape (n, regions², t)
        """
        x = self.stem(_checked(faces))
        for k, conv in enumerate(self.convs):
            if k % 2 == 0:
                x = nn.functional.avg_pool3d(x, (2 if k in (2, 4) else 1, 2, 2))
            x = conv(x)
        for up in self.ups:
            x = up(nn.functional.interpolate(x, scale_factor=(2.0, 1.0, 1.0)))
        size = (x.shape[2], self.regions, self.regions)
        waves: Tensor = self.head(nn.functional.adaptive_avg_pool3d(x, size))
        return waves[:, 0].flatten(2).transpose(1, 2)

    def forward(self, faces: Tensor) -> Tensor:
        """Map faces to waveforms.

        Parameters
        ----------
        faces : Tensor, shape (n, 3, t, h, w)
            t must be a multiple of 4.

        Returns
        -------
        Tensor, shape (n, t)
        """
        return self.blocks(faces).mean(dim=1)


def _checked(faces: Tensor) -> Tensor:
    if faces.shape[2] % STRIDE or not faces.shape[2]:
        raise UsageError(f"a clip's length must be a multiple of {STRIDE}, got {faces.shape[2]}")
    return faces


def _row(x: Tensor) -> Tensor:
    return x[:, 0, :, 0, 0]
