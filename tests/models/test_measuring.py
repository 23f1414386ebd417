from __future__ import annotations

import numpy as np
import pytest
import torch

from helpers.networks import measuring_network, random_differences, training_network
from sspd.errors import UsageError
from sspd.models.convolution import halve
from sspd.models.network import MeasuringNetwork, initialise, map_size, pad_to_even
from sspd.models.spec import NetworkSpec, PyramidSpec


@pytest.mark.parametrize("size", [96, 128])
@pytest.mark.parametrize("t", [4, 5, 7, 12])
@torch.no_grad()
def test_any_length_from_four_on_gives_one_value_a_difference(t: int, size: int) -> None:
    network = measuring_network(size=size)
    y = network(random_differences(t, size))
    assert y.shape == (1, t)
    assert torch.isfinite(y).all()
    assert y.std() > 0


@torch.no_grad()
def test_an_odd_clip_is_the_clip_with_its_last_difference_repeated() -> None:
    network, x = measuring_network(), random_differences(9)
    repeated = torch.cat([x, x[:, :, 8:9]], dim=2)
    assert torch.equal(network(x), network(repeated)[:, :9])
    odd = training_network().eval()(random_differences(41))
    assert odd.rppg.shape == (1, 41)
    assert [u.shape[1] for u in odd.tokens] == [33, 27, 23]


def test_fewer_than_four_differences_are_refused() -> None:
    with pytest.raises(UsageError, match="4 differences or more, got 3"):
        pad_to_even(torch.zeros(1, 3, 3, 96, 96))


@torch.no_grad()
def test_a_clip_looks_the_same_in_any_batch() -> None:
    network, x = measuring_network(), random_differences(8, n=3)
    together = network(x)
    for i in range(3):
        np.testing.assert_allclose(together[i], network(x[i : i + 1])[0], atol=1e-5)


@torch.no_grad()
def test_bf16_autocast_is_finite_and_near_f32() -> None:
    network, x = measuring_network(), random_differences(30)
    exact = network(x)[0]
    with torch.autocast("cpu", torch.bfloat16):
        rough = network(x)[0].float()
    assert torch.isfinite(rough).all()
    assert np.corrcoef(exact, rough)[0, 1] > 0.99


@torch.no_grad()
def test_the_backbone_narrows_as_figure_2_says() -> None:
    backbone = measuring_network(size=128).backbone
    x, widths = random_differences(4, 128), []
    for block in backbone.blocks:
        x = block(x)
        widths.append((x.shape[1], x.shape[-1]))
    assert widths == [(16, 61), (32, 27), (64, 10)]
    features = backbone(random_differences(4, 128))
    assert features.map.shape == (1, 256, 4, 8, 8)
    assert torch.equal(features.sequence, features.map.mean(dim=(3, 4)))
    assert map_size(128) == 8


@torch.no_grad()
def test_the_map_size_is_what_the_backbone_gives() -> None:
    for size in (92, 96, 113, 151):
        features = measuring_network().backbone(random_differences(4, size))
        assert features.map.shape[-1] == map_size(size)


@torch.no_grad()
def test_a_difference_is_felt_twelve_frames_away_and_no_further() -> None:
    network = measuring_network()
    x = random_differences(60)
    before = network(x)[0]
    reach = 0
    for at in (30, 31):
        changed = x.clone()
        changed[:, :, at] += 50
        moved = (network(changed)[0] - before).abs() > 1e-7
        reach = max(reach, *(abs(int(i) - at) for i in torch.nonzero(moved)))
    assert reach == 12


def _gradient(stop_gradient: bool) -> tuple[float, float]:
    network = training_network(PyramidSpec(widths=(3,)), stop_gradient)
    network(random_differences(6)).rppg.square().sum().backward()
    sizes = [
        sum(float(p.grad.abs().sum()) for p in part.parameters() if p.grad is not None)
        for part in (network.measuring.backbone, network.measuring.predictor)
    ]
    return sizes[0], sizes[1]


def test_the_loss_of_the_waveform_stops_at_the_predictor() -> None:
    backbone, predictor = _gradient(stop_gradient=True)
    assert backbone == 0
    assert predictor > 0


def test_without_the_stop_it_reaches_the_backbone() -> None:
    assert min(_gradient(stop_gradient=False)) > 0


def test_the_tokens_teach_the_backbone_and_not_the_predictor() -> None:
    network = training_network(PyramidSpec(widths=(3,)))
    network(random_differences(6)).tokens[0].square().sum().backward()
    assert all(p.grad is not None for p in network.measuring.backbone.parameters())
    assert all(p.grad is None for p in network.measuring.predictor.parameters())


def test_a_training_network_needs_a_pyramid() -> None:
    from sspd.models.network import TrainingNetwork

    with pytest.raises(UsageError, match="pyramid"):
        TrainingNetwork(NetworkSpec(fs=30.0))


def test_weights_start_as_xavier_normal_and_biases_at_zero() -> None:
    network = MeasuringNetwork(NetworkSpec(fs=30.0))
    initialise(network, torch.Generator().manual_seed(3))
    weight = network.backbone.conv.weight
    fan_in, fan_out = 64 * 27, 256 * 27
    assert weight.std().item() == pytest.approx((2 / (fan_in + fan_out)) ** 0.5, rel=0.02)
    assert network.predictor.conv4.bias.item() == 0
    again = MeasuringNetwork(NetworkSpec(fs=30.0))
    initialise(again, torch.Generator().manual_seed(3))
    assert torch.equal(weight, again.backbone.conv.weight)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_halving_is_the_mean_of_four_pixels(dtype: torch.dtype) -> None:
    x = random_differences(3, size=9, n=2).to(dtype)
    whole = x[..., :8, :8].float().unflatten(-1, (4, 2)).unflatten(-3, (4, 2))
    halved = halve(x)
    assert halved.dtype == dtype
    np.testing.assert_allclose(halved.float(), whole.mean(dim=(-1, -3)), atol=1e-2)
