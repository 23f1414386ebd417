from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sspd.research.losses.deviation import diagonal_deviation
from sspd.research.losses.pyramid import pyramid_distance
from sspd.research.losses.similarity import diagonals, self_similarity_map, self_similarity_wave

sizes = st.integers(3, 12)
seeds = st.integers(0, 10_000)


def _random(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def _slow_map(tokens: Tensor) -> Tensor:
    """Eq. 3: the cosine of every pair."""
    count = len(tokens)
    out = torch.zeros(count, count, dtype=torch.float64)
    for j in range(count):
        for k in range(count):
            dot = sum(a * b for a, b in zip(tokens[j], tokens[k], strict=True))
            out[j, k] = dot / (tokens[j].norm() * tokens[k].norm())
    return out


def _slow_diagonals(map_: Tensor) -> list[list[float]]:
    """d_1 ... d_T of the upper triangle, the main diagonal first."""
    size = len(map_)
    return [[float(map_[j, j + o]) for j in range(size - o)] for o in range(size)]


def _slow_wave(map_: Tensor) -> Tensor:
    """Eq. 4: the mean of each diagonal."""
    return torch.tensor([sum(d) / len(d) for d in _slow_diagonals(map_)], dtype=torch.float64)


def _slow_deviation(map_: Tensor) -> float:
    """Eq. 9 of one map: SD (n - 1) of epsilon k d_k, over all T diagonals."""
    total = 0.0
    for d in _slow_diagonals(map_):
        k = len(d)
        if k == len(map_) or k == 1:
            continue  # a diagonal of ones, and one of a single element
        scaled = [0.05 * k * value for value in d]
        mean = sum(scaled) / k
        total += (sum((v - mean) ** 2 for v in scaled) / (k - 1)) ** 0.5
    return total / len(map_)


def _slow_distance(a: Tensor, b: Tensor) -> float:
    """One level of Eq. 7, means over elements."""
    size = len(a)
    maps = sum(float(a[j, k] - b[j, k]) ** 2 for j in range(size) for k in range(size)) / size**2
    waves = sum(float(x - y) ** 2 for x, y in zip(_slow_wave(a), _slow_wave(b), strict=True)) / size
    return maps + waves


@settings(deadline=None)
@given(seeds, sizes, st.integers(1, 6))
def test_the_map_is_equation_3(seed: int, size: int, channels: int) -> None:
    tokens = _random(seed, 2, size, channels)
    maps = self_similarity_map(tokens)
    for got, expected in zip(maps, tokens, strict=True):
        np.testing.assert_allclose(got, _slow_map(expected), atol=1e-5)


@settings(deadline=None)
@given(seeds, sizes)
def test_the_wave_is_equation_4(seed: int, size: int) -> None:
    maps = _random(seed, 2, size, size)
    for got, expected in zip(self_similarity_wave(maps), maps, strict=True):
        np.testing.assert_allclose(got, _slow_wave(expected), atol=1e-9)


@settings(deadline=None)
@given(seeds, sizes)
def test_diagonals_line_up_in_columns(seed: int, size: int) -> None:
    maps = _random(seed, 2, size, size)
    rows = diagonals(maps)
    for i in range(2):
        for o, expected in enumerate(_slow_diagonals(maps[i])):
            assert rows.values[i, :, o][rows.inside[:, o]].tolist() == expected
            assert rows.counts[o] == len(expected)


@settings(deadline=None)
@given(seeds, sizes)
def test_the_deviation_is_equation_9(seed: int, size: int) -> None:
    maps = torch.stack([_slow_map(x) for x in _random(seed, 2, size, 5)])
    expected = sum(_slow_deviation(m) for m in maps) / 2
    assert diagonal_deviation(maps).item() == pytest.approx(expected, abs=1e-6)
    inner = expected * size / (size - 2)
    assert diagonal_deviation(maps, released=True).item() == pytest.approx(inner, abs=1e-6)


@settings(deadline=None)
@given(seeds, sizes)
def test_the_distance_is_equation_7(seed: int, size: int) -> None:
    maps, others = _random(seed, 2, size, size), _random(seed + 1, 2, size, size)
    expected = sum(_slow_distance(a, b) for a, b in zip(maps, others, strict=True)) / 2
    assert pyramid_distance(maps, others).item() == pytest.approx(expected, abs=1e-6)


def test_the_gradient_of_the_deviation_equals_finite_differences() -> None:
    maps = _random(4, 1, 6, 6).requires_grad_()
    assert torch.autograd.gradcheck(diagonal_deviation, (maps,))
    assert torch.autograd.gradcheck(self_similarity_wave, (maps,))


def test_even_diagonals_cost_nothing_and_have_a_finite_gradient() -> None:
    tokens = torch.ones(1, 8, 4, requires_grad=True)
    loss = diagonal_deviation(self_similarity_map(tokens))
    loss.backward()
    assert loss.item() < 1e-6
    assert tokens.grad is not None
    assert torch.isfinite(tokens.grad).all()


def test_a_periodic_sequence_of_tokens_has_even_diagonals_and_a_periodic_wave() -> None:
    phase = 2 * torch.pi * torch.arange(60) / 10
    tokens = torch.stack([phase.cos(), phase.sin()], dim=1)[None]
    maps = self_similarity_map(tokens)
    assert diagonal_deviation(maps).item() < 1e-4
    np.testing.assert_allclose(self_similarity_wave(maps)[0], phase.cos(), atol=1e-5)


def test_maps_are_float32_for_half_precision_tokens_and_zero_tokens_are_safe() -> None:
    tokens = torch.zeros(1, 5, 16, dtype=torch.bfloat16)
    tokens[0, 2:] = 300.0
    maps = self_similarity_map(tokens)
    assert maps.dtype == torch.float32
    assert maps[0, 0].tolist() == [0.0] * 5
    np.testing.assert_allclose(maps[0, 2:, 2:], np.ones((3, 3)), atol=1e-6)
