"""Networks with random weights and statistics, for the tests of several rooms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sspd.models.nano import NanoNetwork
from sspd.models.nano_spec import NanoSpec
from sspd.models.network import MeasuringNetwork, TrainingNetwork, initialise
from sspd.models.spec import NetworkSpec, PyramidSpec

SMALL = NetworkSpec(fs=30.0, size=96)
NANO = NanoSpec(fs=30.0, size=36)


def randomise(network: torch.nn.Module, seed: int = 0) -> None:
    """Weights as a training starts with, and statistics as it might leave them."""
    generator = torch.Generator().manual_seed(seed)
    initialise(network, generator)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)


def measuring_network(seed: int = 0, **settings: Any) -> MeasuringNetwork:
    """A measuring network in evaluation mode; 96 pixels unless said otherwise."""
    network = MeasuringNetwork(replace(SMALL, **settings))
    randomise(network, seed)
    return network.eval()


def training_network(
    pyramid: PyramidSpec | None = None, stop_gradient: bool = True, **settings: Any
) -> TrainingNetwork:
    """A training network in training mode."""
    spec = replace(SMALL, pyramid=pyramid or PyramidSpec(), **settings)
    network = TrainingNetwork(spec, stop_gradient)
    randomise(network)
    return network


def random_differences(t: int, size: int = 96, seed: int = 0, n: int = 1) -> torch.Tensor:
    """Differences of about the size that faces have, (n, 3, t, size, size)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, t, size, size, generator=generator)


def random_input(t: int, size: int = 96, seed: int = 0) -> NDArray[np.float32]:
    """The same for the runtime: (t, 3, size, size)."""
    array: NDArray[np.float32] = random_differences(t, size, seed)[0].transpose(0, 1).numpy()
    return np.ascontiguousarray(array)


def nano_network(seed: int = 0, **settings: Any) -> NanoNetwork:
    """A small streaming network in evaluation mode; 36 pixels unless said otherwise."""
    network = NanoNetwork(replace(NANO, **settings))
    initialise(network, torch.Generator().manual_seed(seed))
    return network.eval()


def random_faces(t: int, size: int = 36, seed: int = 0) -> NDArray[np.float32]:
    """Faces of an uneven grey with noise, (t, size, size, 3), as the time grid gives them."""
    rng = np.random.default_rng(seed)
    still = rng.uniform(30, 220, (1, size, size, 3))
    return (still + rng.normal(0, 2, (t, size, size, 3))).astype(np.float32)
