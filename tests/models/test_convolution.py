from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from sspd.accel.switch import VARIABLE
from sspd.models.backbone import Backbone
from sspd.models.convolution import normalised_convolution


def random(shape: tuple[int, ...], seed: int, layout: str) -> Tensor:
    x = 3 * torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + 1.5
    return x.to(memory_format=torch.channels_last_3d) if layout == "side by side" else x


def layers(inputs: int, outputs: int, kernel: int) -> tuple[nn.BatchNorm3d, nn.Conv3d]:
    torch.manual_seed(0)
    norm = nn.BatchNorm3d(inputs)
    nn.init.uniform_(norm.weight, 0.5, 2.0)
    nn.init.normal_(norm.bias)
    size = (3, kernel, kernel)
    return norm, nn.Conv3d(inputs, outputs, size, padding=(1, 0, 0), bias=False)


@pytest.mark.parametrize("layout", ["side by side", "apart"])
@pytest.mark.parametrize("width", [12, 13])
@pytest.mark.parametrize("t", [2, 5])
def test_norm_and_convolution_in_one_equal_both(t: int, width: int, layout: str) -> None:
    x = random((2, 3, t, 9, width), 0, layout)
    norm, convolution = layers(3, 8, 5)
    plain_norm, plain = copy.deepcopy(norm), copy.deepcopy(convolution)
    ours, theirs = normalised_convolution(x, norm, convolution), plain(plain_norm(x))
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)
    slope = random(tuple(ours.shape), 1, layout)
    (ours * slope).sum().backward()
    (theirs * slope).sum().backward()
    for a, b in zip(
        [*norm.parameters(), *convolution.parameters()],
        [*plain_norm.parameters(), *plain.parameters()],
        strict=True,
    ):
        torch.testing.assert_close(a.grad, b.grad, atol=2e-3, rtol=1e-4)
    for a, b in zip(norm.buffers(), plain_norm.buffers(), strict=True):
        torch.testing.assert_close(a, b)


def test_measuring_goes_by_the_statistics_gathered() -> None:
    norm, convolution = layers(3, 8, 5)
    norm.eval()
    x = random((1, 3, 4, 9, 9), 0, "apart")
    assert torch.equal(normalised_convolution(x, norm, convolution), convolution(norm(x)))


def test_a_backbone_learns_the_same_without_tricks(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    apart = Backbone(16)
    side = copy.deepcopy(apart)
    for network, layout, switch in ((apart, "apart", "off"), (side, "side by side", "on")):
        monkeypatch.setenv(VARIABLE, switch)
        features = network(random((2, 3, 6, 96, 96), 3, layout))
        features.sequence.square().sum().backward()
    for (name, a), (_, b) in zip(apart.named_parameters(), side.named_parameters(), strict=True):
        scale = float(a.grad.abs().max())  # type: ignore[union-attr]
        torch.testing.assert_close(a.grad, b.grad, atol=2e-3 * scale, rtol=1e-3, msg=name)
    for a, b in zip(apart.buffers(), side.buffers(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)
