"""The lesson's losses against slow versions, and what their gradients do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sspd.research.losses.lesson import band_distance, lesson_loss, window_tokens

FS, BAND_HZ, WIDTHS = 30.0, (0.5, 3.7), (5, 3)


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(1 - np.corrcoef(a, b)[0, 1])


def _psd(a: NDArray[np.float64]) -> NDArray[np.float64]:
    power = np.abs(np.fft.rfft(a - a.mean())) ** 2
    return np.asarray(power / power.sum())


def _map(sequence: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    centred = sequence - sequence.mean(axis=0)
    n = len(sequence) - width + 1
    tokens = np.array([centred[k : k + width].T.ravel() for k in range(n)])
    unit = tokens / np.linalg.norm(tokens, axis=1, keepdims=True)
    return np.asarray(unit @ unit.T)


def _wave(square: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([np.diagonal(square, k).mean() for k in range(len(square))])


def test_the_parts_are_those_of_slow_versions() -> None:
    rng = np.random.default_rng(0)
    y, known = rng.normal(size=(2, 40)), rng.normal(size=(2, 40))
    u, s = rng.normal(size=(2, 40, 4)), rng.normal(size=(2, 40, 7))
    weights = np.array([1.0, 0.25])
    given = [torch.from_numpy(each).float() for each in (y, u, known, s)]
    found = lesson_loss(*given, FS, BAND_HZ, WIDTHS, torch.from_numpy(weights))
    rpd, tspd = [], []
    for k in range(2):
        rpd.append(_pearson(y[k], known[k]) + ((_psd(y[k]) - _psd(known[k])) ** 2).sum())
        levels = 0.0
        for width in WIDTHS:
            one, other = _map(u[k], width), _map(s[k], width)
            levels += ((one - other) ** 2).mean() + ((_wave(one) - _wave(other)) ** 2).mean()
        tspd.append(levels)
    assert found.rpd.item() == pytest.approx((weights * rpd).mean(), rel=1e-4)
    assert found.tspd.item() == pytest.approx((weights * tspd).mean(), rel=1e-4)


def test_the_band_is_of_rates_and_not_of_delays_or_noise_outside() -> None:
    t = torch.arange(300) / FS
    one = torch.sin(2 * torch.pi * 1.2 * t)[None]
    late, slow = one.roll(7), one + 3 * torch.sin(2 * torch.pi * 0.2 * t)
    other = torch.sin(2 * torch.pi * 1.6 * t)[None]
    assert band_distance(late, one, FS, BAND_HZ).item() < 0.05
    assert band_distance(slow, one, FS, BAND_HZ).item() < 0.1
    assert band_distance(other, one, FS, BAND_HZ).item() > 0.6
    silent = torch.zeros(1, 300, requires_grad=True)
    loss = band_distance(silent, one, FS, BAND_HZ)
    loss.backward()
    assert silent.grad is not None and bool(torch.isfinite(silent.grad).all())


def test_a_teacher_gets_no_gradient_and_a_clip_of_no_weight_neither() -> None:
    y, known = (torch.randn(2, 40, requires_grad=True) for _ in range(2))
    u, s = (torch.randn(2, 40, 3, requires_grad=True) for _ in range(2))
    parts = lesson_loss(y, u, known, s, FS, BAND_HZ, WIDTHS, torch.tensor([1.0, 0.0]))
    torch.stack(list(parts)).sum().backward()
    assert known.grad is None and s.grad is None
    assert y.grad is not None and u.grad is not None
    assert float(y.grad[0].abs().max()) > 0 == float(y.grad[1].abs().max())
    assert float(u.grad[0].abs().max()) > 0 == float(u.grad[1].abs().max())


def test_tokens_are_windows_of_centred_features() -> None:
    sequence = torch.arange(6.0)[None, :, None] + 100
    tokens = window_tokens(sequence, 3)
    assert tokens.tolist() == [[[k - 2.5, k - 1.5, k - 0.5] for k in range(4)]]
