"""The networks that the paper compares: sizes as printed, parts against slow versions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from sspd.errors import UsageError
from sspd.models.can import CAN, attention_mask, shift_in_time
from sspd.models.efficientphys import EfficientPhys
from sspd.models.hr_cnn import SMALLEST, Extractor
from sspd.models.physformer import Block, PhysFormer, TemporalDifference
from sspd.models.physnet import ContrastNet, PhysNet
from sspd.research.evaluate.operation_count import count_multiply_adds, count_parameters

CLIP = (1, 3, 300, 128, 128)


@pytest.mark.parametrize(
    ("build", "shape", "million", "billion"),
    [
        (PhysNet, CLIP, 0.77, 131.47),
        (ContrastNet, CLIP, 0.86, 256.68),
        (CAN, (300, 6, 128, 128), 7.50, 225.01),
        (PhysFormer, CLIP, 7.38, 94.89),
    ],
)
def test_sizes_are_those_of_table_iv(
    build: Callable[[], nn.Module], shape: tuple[int, ...], million: float, billion: float
) -> None:
    network = build()
    assert round(count_parameters(network) / 1e6, 2) == million
    assert count_multiply_adds(network, shape) / 1e9 == pytest.approx(billion, rel=0.02)


@pytest.mark.parametrize("build", [PhysNet, ContrastNet, lambda: PhysFormer(16, 8, 4, 1)])
def test_a_waveform_has_the_length_of_the_clip(build: Callable[[], nn.Module]) -> None:
    network = build().eval()
    for t in (4, 8, 20):
        assert network(torch.randn(2, 3, t, 64, 64)).shape == (2, t)
    with pytest.raises(UsageError, match="multiple of 4"):
        network(torch.zeros(1, 3, 6, 64, 64))


@pytest.mark.slow
def test_regions_are_parts_of_the_face() -> None:
    """What changes in one corner alone changes its waveform more than the opposite one's."""
    torch.manual_seed(0)
    network = ContrastNet(regions=2).eval()
    x = torch.randn(1, 3, 8, 128, 128)
    y = x.clone()
    y[..., :16, :16] += 10.0
    with torch.no_grad():
        change = (network.blocks(y) - network.blocks(x)).abs().mean(dim=2)[0]
        whole = network(x)
        np.testing.assert_allclose(whole, network.blocks(x).mean(dim=1), atol=1e-6)
    assert change.argmax() == 0 and change[0] > 2 * change[3]


def test_shifts_equal_a_loop() -> None:
    x = torch.randn(6, 7, 2, 2)
    found = shift_in_time(x, 3)
    for t in range(6):
        for c in range(7):
            source = t + 1 if c < 2 else t - 1 if c < 4 else t
            inside = source // 3 == t // 3 and source >= 0
            expected = x[source, c] if inside else torch.zeros(2, 2)
            assert torch.equal(found[t, c], expected)
    with pytest.raises(UsageError, match="no multiple"):
        shift_in_time(x, 4)


def test_deepphys_sees_each_picture_alone_and_can_its_neighbours() -> None:
    torch.manual_seed(0)
    x = torch.randn(6, 6, 36, 36)
    y = x.clone()
    y[2] += 1.0
    for shift, changed in ((None, [2]), (6, [0, 1, 2, 3, 4, 5])):
        network = CAN(shift, size=36).eval()
        with torch.no_grad():
            moved = (network(x) - network(y)).abs() > 1e-7
        assert moved.nonzero().flatten().tolist() == changed


def test_the_mask_has_mean_one_half() -> None:
    mask = attention_mask(3 * torch.randn(4, 1, 5, 7))
    np.testing.assert_allclose(mask.mean(dim=(1, 2, 3)), 0.5, atol=1e-6)
    assert bool((mask > 0).all())


def test_temporal_difference_equals_its_equation() -> None:
    """Sum over the cube of w x, less theta times the centre seen by the cube's outer layers."""
    torch.manual_seed(0)
    layer = TemporalDifference(2, theta=0.7)
    x = torch.randn(1, 2, 4, 3, 3)
    found = layer(x).detach()
    w = layer.weight.detach()
    padded = nn.functional.pad(x, (1,) * 6)
    for t, i, j, out in np.ndindex(4, 3, 3, 2):
        total = 0.0
        for c, a, b, d in np.ndindex(2, 3, 3, 3):
            total += float(w[out, c, a, b, d] * padded[0, c, t + a, i + b, j + d])
            if a != 1:
                total -= 0.7 * float(w[out, c, a, b, d] * x[0, c, t, i, j])
        assert float(found[0, out, t, i, j]) == pytest.approx(total, abs=1e-5)


def test_attention_equals_a_loop_over_tokens() -> None:
    torch.manual_seed(0)
    block = Block(dim=8, hidden=4, heads=2, theta=0.7).eval()
    x = torch.randn(1, 8, 2, 2, 1)
    with torch.no_grad():
        found = block._attended(x)
        q, k, v = (part(x)[0].flatten(1).T for part in (block.query, block.key, block.value))
        rows = []
        for token in range(4):
            heads = []
            for h in (slice(0, 4), slice(4, 8)):
                scores = torch.stack([q[token, h] @ k[other, h] for other in range(4)]) / 2.0
                weights = scores.exp() / scores.exp().sum()
                heads.append(sum(weights[other] * v[other, h] for other in range(4)))
            rows.append(block.projection(torch.cat(heads)))
    np.testing.assert_allclose(found[0].flatten(1).T, torch.stack(rows), atol=1e-5)


def test_efficientphys_is_as_large_as_its_paper_says() -> None:
    """2.16 million parameters (Liu et al., WACV 2023, Table 4)."""
    network = EfficientPhys()
    assert round(count_parameters(network) / 1e6, 2) == 2.16
    with pytest.raises(UsageError, match="no multiple"):
        network.eval()(torch.zeros(15, 3, 72, 72))


@pytest.mark.parametrize("size", [SMALLEST, 27, 32, 48, 72, 96, 128])
def test_hr_cnn_takes_every_size_from_the_smallest(size: int) -> None:
    assert Extractor(size).eval()(torch.zeros(2, 3, size, size)).shape == (2,)
    with pytest.raises(UsageError, match="26 pixels or more"):
        Extractor(SMALLEST - 1)
