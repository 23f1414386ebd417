from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from helpers.networks import training_network
from sspd.models.pyramid import DotProductAttention, SelfSimilarityModel, TSBlock
from sspd.models.spec import PyramidSpec


def _slow_attention(module: DotProductAttention, tokens: Tensor, divisor: float) -> Tensor:
    """Eq. 2 head by head and pair by pair."""
    query, key, value = (f(tokens) for f in (module.query, module.key, module.value))
    count, size = tokens.shape
    width = size // module.heads
    out = torch.zeros_like(tokens)
    for head in range(module.heads):
        part = slice(head * width, (head + 1) * width)
        for i in range(count):
            for j in range(count):
                score = sum(query[i, c] * key[j, c] for c in range(part.start, part.stop))
                out[i, part] += score / divisor * value[j, part]
    return out


@pytest.mark.slow
@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("divisor", ["embedding", "tokens"])
@torch.no_grad()
def test_attention_is_equation_2_without_softmax(heads: int, divisor: str) -> None:
    torch.manual_seed(0)
    spec = PyramidSpec(heads=heads, divisor=divisor)  # type: ignore[arg-type]
    module = DotProductAttention(spec, 8).double()
    tokens = torch.randn(2, 5, 8, dtype=torch.float64)
    got = module(tokens)
    for i in range(2):
        expected = _slow_attention(module, tokens[i], 8 if divisor == "embedding" else 5)
        torch.testing.assert_close(got[i], expected)


def _slow_pool(sequence: Tensor, count: int) -> Tensor:
    """Adaptive average pooling by its definition."""
    length = sequence.shape[1]
    columns = []
    for i in range(count):
        first, last = math.floor(i * length / count), math.ceil((i + 1) * length / count)
        columns.append(sum(sequence[:, k] for k in range(first, last)) / (last - first))
    return torch.stack(columns, dim=1)


def _slow_tokens(block: TSBlock, sequence: Tensor) -> Tensor:
    """Unpadded convolution and LayerNorm, token by token: (C, t) -> (tokens, C)."""
    conv, norm = block.tokenizer.conv, block.tokenizer.norm
    width = conv.weight.shape[2]
    rows = []
    for start in range(sequence.shape[1] - width + 1):
        e = conv.bias.clone()
        for k in range(width):
            e += conv.weight[:, :, k] @ sequence[:, start + k]
        e = (e - e.mean()) / torch.sqrt(((e - e.mean()) ** 2).mean() + 1e-6)
        rows.append(e * norm.weight + norm.bias)
    return torch.stack(rows)


def _shake(module: nn.Module) -> None:
    for parameter in module.parameters():
        parameter.copy_(torch.randn_like(parameter) / 3)


@torch.no_grad()
def test_a_block_is_tokens_attention_projection_and_equation_5() -> None:
    torch.manual_seed(1)
    block = TSBlock(PyramidSpec(widths=(3,)), 6, 0).double()
    _shake(block)
    sequence = torch.randn(6, 11, dtype=torch.float64)
    tokens = _slow_tokens(block, sequence)
    u = block.projection(_slow_attention(block.attention, tokens, 6))
    level = block(sequence[None])
    torch.testing.assert_close(level.tokens[0], u)
    torch.testing.assert_close(level.sequence[0], _slow_pool(sequence, 9) + u.T)


@torch.no_grad()
def test_the_released_block_squashes_and_takes_the_nearest_token() -> None:
    torch.manual_seed(2)
    spec = PyramidSpec(widths=(3,), divisor="tokens", projection_tanh=True, residual="nearest")
    block = TSBlock(spec, 6, 0).double()
    _shake(block)
    sequence = torch.randn(6, 11, dtype=torch.float64)
    u = torch.tanh(
        block.projection(_slow_attention(block.attention, _slow_tokens(block, sequence), 9))
    )
    nearest = torch.stack([sequence[:, i * 11 // 9] for i in range(9)], dim=1)
    level = block(sequence[None])
    torch.testing.assert_close(level.tokens[0], u)
    torch.testing.assert_close(level.sequence[0], nearest + u.T)


@pytest.mark.parametrize("size", [128, 256, 512])
@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@torch.no_grad()
def test_levels_and_token_sizes_of_table_8(levels: int, size: int) -> None:
    spec = PyramidSpec(widths=(9, 7, 5, 3)[:levels])
    tokens = SelfSimilarityModel(spec, size)(torch.randn(1, size, 60))
    assert tuple(u.shape[1] for u in tokens) == spec.token_counts(60)
    assert all(u.shape[2] == size for u in tokens)


@torch.no_grad()
def test_the_numbers_of_tokens_printed_in_table_8() -> None:
    sequence = torch.randn(1, 128, 300)
    wide = SelfSimilarityModel(PyramidSpec(widths=(9, 7, 5, 3)), 128)(sequence)
    assert [u.shape[1] for u in wide] == [292, 286, 282, 280]
    halved = SelfSimilarityModel(PyramidSpec(widths=(5, 5, 5), halving=True), 128)(sequence)
    assert [u.shape[1] for u in halved] == [296, 144, 68]
    short = SelfSimilarityModel(PyramidSpec(), 128)(sequence[..., :160])
    assert [u.shape[1] for u in short] == [152, 146, 142]


@torch.no_grad()
def test_a_halved_level_sees_the_mean_of_two() -> None:
    torch.manual_seed(3)
    spec = PyramidSpec(widths=(3, 3), halving=True)
    block = TSBlock(spec, 6, 1).double()
    sequence = torch.randn(6, 13, dtype=torch.float64)
    halved = torch.stack([(sequence[:, 2 * i] + sequence[:, 2 * i + 1]) / 2 for i in range(6)], 1)
    torch.testing.assert_close(block.tokenizer(sequence[None])[0], _slow_tokens(block, halved))


@torch.no_grad()
def test_the_pyramid_cascades() -> None:
    model = SelfSimilarityModel(PyramidSpec(), 128)
    sequence = torch.randn(1, 128, 40)
    tokens = model(sequence)
    for block, u in zip(model.blocks, tokens, strict=True):
        sequence, own = block(sequence)
        assert torch.equal(own, u)


@pytest.mark.parametrize("size", [128, 512])
def test_the_backbone_follows_the_token_size(size: int) -> None:
    network = training_network(PyramidSpec(widths=(3,)), token_size=size)
    assert network.measuring.backbone.conv.weight.shape[0] == size
    assert network.measuring.predictor.conv1.weight.shape[1] == size


@torch.no_grad()
def test_bf16_keeps_raw_scores_finite() -> None:
    model = SelfSimilarityModel(PyramidSpec(), 256)
    with torch.autocast("cpu", torch.bfloat16):
        tokens = model(100 * torch.randn(1, 256, 60))
    assert all(torch.isfinite(u).all() for u in tokens)
