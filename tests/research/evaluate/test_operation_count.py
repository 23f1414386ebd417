from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from sspd.models.network import MeasuringNetwork, TrainingNetwork
from sspd.research.evaluate.operation_count import count_multiply_adds, count_parameters
from sspd.research.recipes import get_recipe


def test_the_network_has_as_many_parameters_as_the_paper_prints() -> None:
    spec = get_recipe("paper").network
    measuring = count_parameters(MeasuringNetwork(replace(spec, pyramid=None)))
    assert round(measuring / 1e6, 3) == 0.786
    assert round(count_parameters(TrainingNetwork(spec)) / 1e6, 3) == 2.954


def test_the_network_takes_84_billion_multiply_adds_for_ten_seconds() -> None:
    network = MeasuringNetwork(replace(get_recipe("paper").network, pyramid=None))
    assert round(count_multiply_adds(network, (1, 3, 300, 128, 128)) / 1e9, 1) == 84.0
    assert next(network.parameters()).device.type == "cpu"


def test_multiply_adds_equal_a_count_by_hand() -> None:
    # 5 outputs of 3 x 7 numbers each, from padded 9 x 9; then 4 rows of 6 -> 2.
    convolution = nn.Conv2d(3, 5, (3, 3), stride=(3, 1))
    assert count_multiply_adds(convolution, (1, 3, 9, 9)) == 5 * 3 * 7 * (3 * 3 * 3)
    assert count_multiply_adds(nn.Linear(6, 2), (4, 6)) == 4 * 2 * 6
    padded = nn.Conv3d(2, 4, (3, 1, 1), padding=(1, 0, 0), bias=False)
    assert count_multiply_adds(padded, (2, 2, 5, 1, 1)) == 2 * 4 * 5 * (2 * 3)
    grouped = nn.Conv1d(4, 8, 3, groups=2)
    assert count_multiply_adds(grouped, (1, 4, 10)) == 8 * 8 * (2 * 3)
    wider = nn.ConvTranspose3d(4, 6, (4, 1, 1), stride=(2, 1, 1), groups=2)
    assert count_multiply_adds(wider, (1, 4, 5, 1, 1)) == 4 * 5 * (3 * 4)
    assert count_multiply_adds(nn.Linear(6, 2, bias=False), (3, 4, 6)) == 3 * 4 * 2 * 6


def test_a_convolution_counts_that_is_no_module_and_a_product_of_activations_does_not() -> None:
    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = nn.Parameter(torch.ones(3, 3, 5))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = nn.functional.conv1d(x, self.kernel)
            return (y @ y.transpose(1, 2)) @ y

    assert count_multiply_adds(Attention(), (1, 3, 12)) == 3 * 8 * (3 * 5)


def test_multiply_adds_by_running_every_product() -> None:
    layer = nn.Conv1d(2, 3, 2, bias=False)
    products = 0
    x = torch.randn(2, 6)
    for _ in range(3):
        for start in range(5):
            for channel in range(2):
                products += len(x[channel, start : start + 2])
    assert count_multiply_adds(layer, (1, 2, 6)) == products


def test_a_layer_used_twice_counts_twice_and_norms_are_free() -> None:
    layer = nn.Linear(3, 3)
    assert count_multiply_adds(nn.Sequential(layer, nn.LayerNorm(3), layer), (1, 3)) == 18
    assert count_parameters(nn.Sequential(layer, layer)) == 12
    assert count_parameters(nn.BatchNorm1d(4)) == 8
