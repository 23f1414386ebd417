from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from sspd.research.train.health import read_health

FS, BAND = 30.0, (0.5, 3.7)
T = torch.arange(300) / FS


def wave(*hz: float) -> Tensor:
    return torch.stack([torch.sin(2 * torch.pi * f * T) for f in hz])


def test_a_pulse_is_all_in_the_band_and_all_in_one_line() -> None:
    health = read_health(wave(1.2, 2.0), wave(1.2, 2.0), FS, BAND)
    assert health.band_ratio == pytest.approx(1, abs=1e-4)
    assert health.line_ratio == pytest.approx(1, abs=1e-4)
    assert health.agreement == pytest.approx(1, abs=1e-4)
    assert health.spread == pytest.approx(0.8 / math.sqrt(2), abs=1e-3)


def test_half_of_the_power_outside_is_seen() -> None:
    health = read_health(wave(1.2), wave(1.2) + wave(8.0), FS, BAND)
    assert health.band_ratio == pytest.approx(0.5, abs=1e-3)
    assert health.line_ratio == pytest.approx(0.5, abs=1e-3)
    assert health.agreement == pytest.approx(math.sqrt(0.5), abs=1e-3)


def test_two_lines_in_the_band_share_it() -> None:
    health = read_health(wave(1.2), wave(1.2) + 0.5 * wave(2.5), FS, BAND)
    assert health.band_ratio == pytest.approx(1, abs=1e-3)
    assert health.line_ratio == pytest.approx(0.8, abs=1e-3)


def test_a_network_that_says_the_same_of_every_video_has_no_spread() -> None:
    assert read_health(wave(1, 2), wave(1.5, 1.5), FS, BAND).spread == 0
    assert read_health(wave(1), wave(1.5), FS, BAND).spread == 0
