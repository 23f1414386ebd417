"""The SSPD networks: one for measuring, and one with S3M for training."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sspd.errors import UsageError
from sspd.models.backbone import BLOCK_CHANNELS, Backbone, Features
from sspd.models.predictor import Predictor
from sspd.models.pyramid import SelfSimilarityModel
from sspd.models.spec import NetworkSpec

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose3d)
#: Least number of differences in a clip, as the predictor halves the rate once.
SHORTEST_CLIP = 4


def map_size(size: int) -> int:
    """Return the height and width of the backbone's map.

    Parameters
    ----------
    size : int
        Side of the faces, pixels.

    Returns
    -------
    int

    >>> map_size(128), map_size(96)
    (8, 4)
    """
    for _ in BLOCK_CHANNELS:
        size = (size - 6) // 2
    return size - 2


class MeasuringNetwork(nn.Module):
    """Backbone and predictor: the part of the network that a measurement needs.

    The gradient is stopped between the two (Sec. III-C1): the backbone learns
    self-similarity, the predictor the waveform.

    Examples
    --------
    >>> network = MeasuringNetwork(NetworkSpec(fs=30.0)).eval()
    >>> network(torch.zeros(1, 3, 5, 128, 128)).shape
    torch.Size([1, 5])
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        self.backbone = Backbone(spec.token_size)
        self.predictor = Predictor(spec.token_size, map_size(spec.size))

    def features(self, differences: Tensor) -> Features:
        """Map frame differences to the features of the backbone.

        Parameters
        ----------
        differences : Tensor, shape (n, 3, t, h, w)
            t must be even.

        Returns
        -------
        Features
        """
        features: Features = self.backbone(differences)
        return features

    def forward(self, differences: Tensor) -> Tensor:
        """Map frame differences to a waveform.

        Parameters
        ----------
        differences : Tensor, shape (n, 3, t, h, w)

        Returns
        -------
        Tensor, shape (n, t)
        """
        t = differences.shape[2]
        features = self.features(pad_to_even(differences))
        rppg: Tensor = self.predictor(features.map.detach())
        return rppg[:, :t]


class TrainingOutput(NamedTuple):
    """Output of a training network for one view."""

    rppg: Tensor
    """y, shape (n, t)."""
    tokens: tuple[Tensor, ...]
    """U of each level of the pyramid, shapes (n, tokens, C)."""


class TrainingNetwork(nn.Module):
    """Measuring network together with the pyramid S3M.

    Parameters
    ----------
    spec : NetworkSpec
        Settings with a ``pyramid``.
    stop_gradient : bool
        True to stop the gradient of the waveform's loss at the predictor (compared in Table
        VI).
    """

    def __init__(self, spec: NetworkSpec, stop_gradient: bool = True) -> None:
        super().__init__()
        if spec.pyramid is None:
            raise UsageError("a network can only be trained with a pyramid in its settings")
        self.measuring = MeasuringNetwork(spec)
        self.pyramid = SelfSimilarityModel(spec.pyramid, spec.token_size)
        self.stop_gradient = stop_gradient

    def forward(self, differences: Tensor) -> TrainingOutput:
        """Map the frame differences of one view to its waveform and tokens.

        Parameters
        ----------
        differences : Tensor, shape (n, 3, t, h, w)

        Returns
        -------
        TrainingOutput
        """
        t = differences.shape[2]
        features = self.measuring.features(pad_to_even(differences))
        map_ = features.map.detach() if self.stop_gradient else features.map
        rppg = self.measuring.predictor(map_)
        return TrainingOutput(rppg[:, :t], self.pyramid(features.sequence[:, :, :t]))


def pad_to_even(differences: Tensor) -> Tensor:
    """Repeat the last difference if their number is odd, as the rate is halved once.

    Parameters
    ----------
    differences : Tensor, shape (n, 3, t, h, w)

    Returns
    -------
    Tensor, shape (n, 3, t or t + 1, h, w)

    Raises
    ------
    UsageError
        There are fewer than `SHORTEST_CLIP` differences.
    """
    if differences.shape[2] < SHORTEST_CLIP:
        raise UsageError(
            f"a clip needs {SHORTEST_CLIP} differences or more, got {differences.shape[2]}"
        )
    if differences.shape[2] % 2 == 0:
        return differences
    return torch.cat([differences, differences[:, :, -1:]], dim=2)


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Initialise a network in place: Xavier normal for weights, 0 for biases, norms unchanged.

    Parameters
    ----------
    network : nn.Module
    generator : torch.Generator
        Source of randomness.
    """
    for module in network.modules():
        if isinstance(module, (*_CONVOLUTIONS, nn.Linear)):
            nn.init.xavier_normal_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
