"""PhysFormer: temporal difference attention between tubes of face video.

Z. Yu, Y. Shen, J. Shi, H. Zhao, P. Torr and G. Zhao, "PhysFormer: facial video-based
physiological measurement with temporal difference transformer", CVPR 2022.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sspd.errors import UsageError

#: Side of the cubes of the stem's map that become tokens, which quarters the rate.
PATCH = 4
#: Divisor of the attention scores, in place of the root of a head's size.
SHARPNESS = 2.0


class TemporalDifference(nn.Conv3d):
    """3x3x3 convolution minus its response to constant input in time (Eq. 1 and 2).

    Parameters
    ----------
    channels : int
        Numbers of input and output channels.
    theta : float
        Fraction of that response that is subtracted.
    """

    def __init__(self, channels: int, theta: float) -> None:
        super().__init__(channels, channels, 3, padding=1, bias=False)
        self.theta = theta

    def forward(self, x: Tensor) -> Tensor:
        """Convolve features with the temporal difference kernel.

        Parameters
        ----------
        x : Tensor, shape (n, c, t, h, w)

        Returns
        -------
        Tensor, shape (n, c, t, h, w)
        """
        beside = self.weight[:, :, [0, 2]].sum(dim=(2, 3, 4))[:, :, None, None, None]
        whole: Tensor = super().forward(x)
        return whole - self.theta * nn.functional.conv3d(x, beside)


class Block(nn.Module):
    """Transformer block: attention between tubes, then a spatial-temporal feed-forward network.

    Parameters
    ----------
    dim, hidden, heads : int
        Channels of a token, hidden channels of the feed-forward network, number of heads.
    theta : float
        See `TemporalDifference`.
    """

    def __init__(self, dim: int, hidden: int, heads: int, theta: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = (nn.LayerNorm(dim, eps=1e-6) for _ in range(2))
        self.query, self.key = (
            nn.Sequential(TemporalDifference(dim, theta), nn.BatchNorm3d(dim)) for _ in range(2)
        )
        self.value = nn.Conv3d(dim, dim, 1, bias=False)
        self.projection = nn.Linear(dim, dim)
        self.feed = nn.Sequential(
            *(nn.Conv3d(dim, hidden, 1, bias=False), nn.BatchNorm3d(hidden), nn.ELU()),
            nn.Conv3d(hidden, hidden, 3, padding=1, groups=hidden, bias=False),
            *(nn.BatchNorm3d(hidden), nn.ELU()),
            *(nn.Conv3d(hidden, dim, 1, bias=False), nn.BatchNorm3d(dim)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens to tokens.

        Parameters
        ----------
        x : Tensor, shape (n, dim, t, h, w)

        Returns
        -------
        Tensor, shape (n, dim, t, h, w)
        """
        x = x + self._attended(_over_channels(self.norm1, x))
        fed: Tensor = self.feed(_over_channels(self.norm2, x))
        return x + fed

    def _attended(self, x: Tensor) -> Tensor:
        q, k, v = (self._by_heads(part(x)) for part in (self.query, self.key, self.value))
        weights = torch.softmax(q @ k.transpose(2, 3) / SHARPNESS, dim=-1)
        tokens = (weights @ v).transpose(1, 2).flatten(2)  # (n, tokens, dim)
        mixed: Tensor = self.projection(tokens)
        return mixed.transpose(1, 2).reshape(x.shape)

    def _by_heads(self, x: Tensor) -> Tensor:
        """Reshape (n, dim, t, h, w) to (n, heads, tokens, dim / heads)."""
        n, dim = x.shape[:2]
        return x.flatten(2).view(n, self.heads, dim // self.heads, -1).transpose(2, 3)


class PhysFormer(nn.Module):
    """PhysFormer network: stem, tokenization, transformer blocks, and upsampling in time.

    Parameters
    ----------
    dim, hidden, heads, blocks : int
        Sizes, see `Block`, and number of blocks: 96, 144, 4 and 12 in the paper.
    theta : float
        See `TemporalDifference`; 0.7 in the paper.

    Examples
    --------
    >>> PhysFormer(dim=16, hidden=8, blocks=1).eval()(torch.zeros(1, 3, 8, 64, 64)).shape
    torch.Size([1, 8])
    """

    def __init__(
        self,
        dim: int = 96,
        hidden: int = 144,
        heads: int = 4,
        blocks: int = 12,
        theta: float = 0.7,
    ) -> None:
        super().__init__()
        kernels = ((3, dim // 4, (1, 5, 5)), (dim // 4, dim // 2, (3, 3, 3)), (dim // 2, dim, 3))
        stem: list[nn.Module] = []
        for inputs, outputs, kernel in kernels:
            convolution = nn.Conv3d(inputs, outputs, kernel, padding="same")
            stem += [convolution, nn.BatchNorm3d(outputs), nn.ReLU(), nn.MaxPool3d((1, 2, 2))]
        self.stem = nn.Sequential(*stem)
        self.patches = nn.Conv3d(dim, dim, PATCH, stride=PATCH)
        self.blocks = nn.Sequential(*(Block(dim, hidden, heads, theta) for _ in range(blocks)))
        self.ups = nn.Sequential(*_up(dim, dim), *_up(dim, dim // 2))
        self.head = nn.Conv1d(dim // 2, 1, 1)

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
        if faces.shape[2] % PATCH or not faces.shape[2]:
            raise UsageError(f"a clip's length must be a multiple of {PATCH}, got {faces.shape[2]}")
        x = self.ups(self.blocks(self.patches(self.stem(faces))))
        wave: Tensor = self.head(x.mean(dim=(3, 4)))
        return wave[:, 0]


def _up(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv3d(inputs, outputs, (3, 1, 1), padding=(1, 0, 0))
    return nn.Upsample(scale_factor=(2, 1, 1)), convolution, nn.BatchNorm3d(outputs), nn.ELU()


def _over_channels(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    normed: Tensor = norm(x.permute(0, 2, 3, 4, 1))
    return normed.permute(0, 4, 1, 2, 3)  # not with -1, which the export does not support
