from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.research.losses.pearson import negative_pearson


def _slow(a: np.ndarray, b: np.ndarray) -> float:
    """1 - r of two waveforms, from its definition."""
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    covariance = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread_a = math.sqrt(sum((x - mean_a) ** 2 for x in a))
    spread_b = math.sqrt(sum((y - mean_b) ** 2 for y in b))
    return 1 - covariance / (spread_a * spread_b)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(1, 4))
def test_it_is_the_mean_of_one_less_the_correlation(seed: int, t: int, n: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, n, t))
    got = negative_pearson(torch.from_numpy(a), torch.from_numpy(b)).item()
    expected = sum(_slow(x, y) for x, y in zip(a, b, strict=True)) / n
    assert got == pytest.approx(expected, abs=2e-5)


def test_scale_and_offset_do_not_matter_and_sign_does() -> None:
    y = torch.sin(torch.arange(50.0))[None]
    assert negative_pearson(y, 7 * y - 3).item() == pytest.approx(0, abs=1e-5)
    assert negative_pearson(y, -y).item() == pytest.approx(2, abs=1e-5)


def test_a_constant_waveform_has_no_correlation_and_a_finite_gradient() -> None:
    flat = torch.zeros(1, 20, requires_grad=True)
    loss = negative_pearson(flat, torch.sin(torch.arange(20.0))[None])
    loss.backward()
    assert loss.item() == 1
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()


def test_half_precision_is_computed_in_float32() -> None:
    y = torch.sin(torch.arange(300.0))[None]
    half = negative_pearson((400 * y).half(), y.half())
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(0, abs=1e-4)
