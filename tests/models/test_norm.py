from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from sspd.accel.switch import VARIABLE
from sspd.accel.torch_norm import MANY_CHANNELS
from sspd.models.norm import normalise


def side_by_side(
    shape: tuple[int, ...], seed: int = 0, dtype: torch.dtype = torch.float32
) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    x = 3 * torch.randn(shape, generator=generator) + 1.5
    return x.to(dtype).to(memory_format=torch.channels_last_3d)


def norm_of(channels: int) -> nn.BatchNorm3d:
    torch.manual_seed(channels)
    norm = nn.BatchNorm3d(channels)
    nn.init.uniform_(norm.weight, 0.5, 2.0)
    nn.init.normal_(norm.bias)
    return norm


def outcome(way: str, x: Tensor, gradient: Tensor) -> list[Tensor]:
    """Output, its three gradients and the running statistics, by ours or by PyTorch's."""
    norm = norm_of(x.shape[1])
    x = x.detach().requires_grad_()
    y = normalise(x, norm) if way == "ours" else norm(x)
    gradients = torch.autograd.grad(y, (x, norm.weight, norm.bias), gradient)
    return [y, *gradients, *norm.buffers()]


sizes = st.integers(1, 7)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 3), st.sampled_from([2, 3, 8, 15, MANY_CHANNELS]), sizes, sizes, sizes)
def test_it_is_batch_normalisation(n: int, c: int, t: int, h: int, w: int) -> None:
    if n * t * h * w == 1:
        return
    x, gradient = side_by_side((n, c, t, h, w)), side_by_side((n, c, t, h, w), seed=1)
    for ours, theirs in zip(
        outcome("ours", x, gradient), outcome("torch", x, gradient), strict=True
    ):
        torch.testing.assert_close(ours, theirs, atol=2e-4, rtol=2e-4)
        assert ours.stride() == theirs.stride() or ours.numel() == theirs.numel()


def test_gradients_against_finite_differences() -> None:
    x = side_by_side((2, 3, 2, 3, 2)).requires_grad_()
    gradient = side_by_side(tuple(x.shape), seed=1)
    norm = norm_of(3)

    def total(x: Tensor) -> Tensor:
        norm.reset_running_stats()
        return (normalise(x, norm).double() * gradient).sum()

    (slope,) = torch.autograd.grad(total(x), x)
    with torch.no_grad():
        for place in [(0, 0, 0, 0, 0), (1, 2, 1, 2, 1), (0, 1, 1, 0, 1)]:
            step = torch.zeros_like(x)
            step[place] = 0.05
            finite = (total(x + step) - total(x - step)) / 0.1
            assert slope[place].item() == pytest.approx(finite.item(), abs=2e-2)


def test_half_precision_counts_in_float32() -> None:
    x = side_by_side((2, 8, 10, 40, 40), dtype=torch.bfloat16)
    gradient = side_by_side(tuple(x.shape), seed=1, dtype=torch.bfloat16)
    exact = outcome("torch", x.float(), gradient.float())
    for ours, right in zip(outcome("ours", x, gradient), exact, strict=True):
        if ours.dtype == torch.bfloat16:
            torch.testing.assert_close(ours.float(), right, atol=0.05, rtol=0.02)
        else:  # what is summed over all pixels is not rounded to half precision
            torch.testing.assert_close(ours, right, atol=0.3, rtol=1e-3)


def test_it_may_be_changed_in_place() -> None:
    x = side_by_side((2, 8, 3, 4, 4)).requires_grad_()
    norm = norm_of(8)
    (ours,) = torch.autograd.grad(normalise(x, norm).tanh_().sum(), x)
    (theirs,) = torch.autograd.grad(norm(x).tanh().sum(), x)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_measuring_uses_the_statistics_gathered() -> None:
    x = side_by_side((2, 8, 3, 4, 4))
    norm = norm_of(8)
    normalise(x, norm)
    norm.eval()
    torch.testing.assert_close(normalise(x, norm), norm(x))
    assert norm.num_batches_tracked == 1


def test_without_tricks_it_is_pytorchs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    x, gradient = side_by_side((2, 8, 3, 4, 4)), side_by_side((2, 8, 3, 4, 4), seed=1)
    for ours, theirs in zip(
        outcome("ours", x, gradient), outcome("torch", x, gradient), strict=True
    ):
        assert torch.equal(ours, theirs)
