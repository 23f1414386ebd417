"""The networks that travel: one for measuring, one with S3M beside it for training."""

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
#: Fewest differences a clip may have: the predictor halves the rate once.
SHORTEST_CLIP = 4


def map_size(size: int) -> int:
    """Height and width of the backbone's map for faces of `size` pixels.

    >>> map_size(128), map_size(96)
    (8, 4)
    """
    for _ in BLOCK_CHANNELS:
        size = (size - 6) // 2
    return size - 2


class MeasuringNetwork(nn.Module):
    """Backbone and predictor: all that a measurement carries.

    The gradient stops between the two (Sec. III-C1): the backbone learns
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
        """Backbone features of an even number of differences, (n, 3, t, h, w)."""
        features: Features = self.backbone(differences)
        return features

    def forward(self, differences: Tensor) -> Tensor:
        """Map differences (n, 3, t, h, w) to the waveform (n, t)."""
        t = differences.shape[2]
        features = self.features(pad_to_even(differences))
        rppg: Tensor = self.predictor(features.map.detach())
        return rppg[:, :t]


class TrainingOutput(NamedTuple):
    """What a network says of one view."""

    rppg: Tensor
    """y, shape (n, t)."""
    tokens: tuple[Tensor, ...]
    """U of each level of the pyramid, shapes (n, tokens, C)."""


class TrainingNetwork(nn.Module):
    """A measuring network with the pyramid beside it.

    Parameters
    ----------
    spec : NetworkSpec
        With its ``pyramid``.
    stop_gradient : bool
        Whether the waveform's loss stops at the predictor (Table VI compares).
    """

    def __init__(self, spec: NetworkSpec, stop_gradient: bool = True) -> None:
        super().__init__()
        if spec.pyramid is None:
            raise UsageError("a network can only be trained with a pyramid in its settings")
        self.measuring = MeasuringNetwork(spec)
        self.pyramid = SelfSimilarityModel(spec.pyramid, spec.token_size)
        self.stop_gradient = stop_gradient

    def forward(self, differences: Tensor) -> TrainingOutput:
        """Map one view (n, 3, t, h, w) to `TrainingOutput`."""
        t = differences.shape[2]
        features = self.measuring.features(pad_to_even(differences))
        map_ = features.map.detach() if self.stop_gradient else features.map
        rppg = self.measuring.predictor(map_)
        return TrainingOutput(rppg[:, :t], self.pyramid(features.sequence[:, :, :t]))


def pad_to_even(differences: Tensor) -> Tensor:
    """Repeat the last difference where their number is odd: the rate is halved once."""
    if differences.shape[2] < SHORTEST_CLIP:
        raise UsageError(
            f"a clip needs {SHORTEST_CLIP} differences or more, got {differences.shape[2]}"
        )
    if differences.shape[2] % 2 == 0:
        return differences
    return torch.cat([differences, differences[:, :, -1:]], dim=2)


def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Xavier normal for weights, 0 for biases, in place; norms are left as they are."""
    for module in network.modules():
        if isinstance(module, (*_CONVOLUTIONS, nn.Linear)):
            nn.init.xavier_normal_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
