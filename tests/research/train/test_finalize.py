from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from helpers.networks import measuring_network, random_differences
from sspd.models.network import MeasuringNetwork
from sspd.models.spec import NetworkSpec, PyramidSpec
from sspd.research.train.calibration_videos import calibration_videos, equalizer_videos
from sspd.research.train.finalize import (
    estimate_output_convention,
    finalize_network,
    reestimate_statistics,
)
from sspd.research.views.lga import global_view
from sspd.research.views.mdm import frame_differences

FS = 30.0


def _pulses(n: int, seed: int = 0, seconds: float = 10.0) -> list[NDArray[np.float64]]:
    """Pulse-like waves of different rates with a second harmonic."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * FS)) / FS
    waves = []
    for _ in range(n):
        phase = 2 * np.pi * rng.uniform(0.8, 2.2) * t + rng.uniform(0, 6)
        waves.append(np.sin(phase) + 0.4 * np.sin(2 * phase + 0.8))
    return waves


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("summations", [0, 1, 2])
@pytest.mark.parametrize("seconds", [4.0, 10.0])
def test_sign_and_slope_are_recovered_from_noisy_pulses(
    polarity: int, summations: int, seconds: float
) -> None:
    rng = np.random.default_rng(5)
    pulses = _pulses(12, seconds=seconds)
    outputs = pulses
    for _ in range(summations):
        outputs = [np.gradient(p) for p in outputs]
    outputs = [polarity * (y / y.std() + rng.normal(size=y.size) / 3) + 2 for y in outputs]
    known = [1e-3 * p for p in pulses]
    assert estimate_output_convention(outputs, known, FS) == (polarity, summations)


def test_clips_vote_together_whatever_their_strength() -> None:
    pulses = _pulses(5)
    outputs = [p.copy() for p in pulses]
    outputs[0] *= -1000  # one video may be wrong, however loud
    assert estimate_output_convention(outputs, pulses, FS) == (1, 0)


def test_rates_that_are_read_right_come_before_likeness() -> None:
    t = np.arange(300) / FS
    phases = [2 * np.pi * hz * t for hz in (0.8, 0.9, 1.0, 2.2, 2.4)]
    pulses = [np.sin(phase) for phase in phases]
    # slow hearts drown in their second harmonic as it stands, and stand out when summed
    slow = [np.cos(phase) * 0.5 + 1.2 * np.cos(2 * phase) for phase in phases[:3]]
    outputs = [*slow, *pulses[3:]]
    likeness = [np.corrcoef(y, p)[0, 1] for y, p in zip(outputs, pulses, strict=True)]
    assert sum(likeness) > 1.9
    _, summations = estimate_output_convention(outputs, pulses, FS)
    assert summations == 2


def test_flat_outputs_settle_nothing_and_break_nothing() -> None:
    assert estimate_output_convention([np.zeros(300)], [np.zeros(300)], FS) == (1, 0)


def _statistics_by_hand(
    network: MeasuringNetwork, batches: list[Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean over batches of each norm's batch mean and unbiased variance."""
    sums: dict[str, list[tuple[Tensor, Tensor]]] = {}
    norms = {k: m for k, m in network.named_modules() if isinstance(m, nn.BatchNorm3d)}

    def note(name: str, _: nn.Module | None, args: tuple[Tensor]) -> None:
        rows = args[0].double().transpose(0, 1).flatten(1)
        sums.setdefault(name, []).append((rows.mean(1), rows.var(1)))

    for name, norm in norms.items():
        norm.register_forward_pre_hook(partial(note, name))
    network.train()
    with torch.no_grad():
        for batch in batches:
            network(batch)
            # the first norm is one with its convolution in training
            note("backbone.norm", None, (batch,))
    return {
        name: (sum(m for m, _ in rows) / len(rows), sum(v for _, v in rows) / len(rows))
        for name, rows in sums.items()
    }


def test_statistics_are_plain_means_over_the_clips() -> None:
    batches = [(1 + i) * random_differences(4, seed=i) + i for i in range(3)]
    expected = _statistics_by_hand(measuring_network(), batches)
    network = measuring_network()
    weights = [p.detach().clone() for p in network.parameters()]
    reestimate_statistics(network, iter(batches))
    assert not network.training
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm3d):
            mean, variance = expected.pop(name)
            torch.testing.assert_close(module.running_mean.double(), mean, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(module.running_var.double(), variance, rtol=1e-4, atol=1e-4)
            assert module.momentum == 0.1
    assert not expected
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), weights, strict=True))


@pytest.fixture
def two_videos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sspd.research.train.calibration_videos.VIDEOS", 2)
    monkeypatch.setattr("sspd.research.train.calibration_videos.DURATION_S", 6.0)


@pytest.mark.slow
@pytest.mark.usefixtures("two_videos")
def test_the_reference_videos_hold_their_pulse_and_never_change() -> None:
    first, again = (list(calibration_videos(20.0, 24)) for _ in range(2))
    assert len(first) == 2
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a.faces.rgb, b.faces.rgb)
        assert np.array_equal(a.pulse, b.pulse)
        green = a.faces.rgb[:, 6:18, 6:18, 1].mean(axis=(1, 2))
        slope = np.diff(green) @ np.gradient(a.pulse)
        assert slope < 0, "more blood, less green"
    with_beats = [np.abs(np.fft.rfft(f.pulse - f.pulse.mean())).argmax() * 10 for f in first]
    assert with_beats == pytest.approx([45, 175], abs=15)


class GreenSlope(MeasuringNetwork):
    """Gives the slope of the green that its faces show, or of their red: no more."""

    sign = 1

    def forward(self, differences: Tensor) -> Tensor:
        super().forward(differences)
        green, other = differences[:, 1], differences[:, 2 if self.spec.colour == "rgb" else 0]
        return self.sign * (green - other / 2).mean(dim=(2, 3))


def _clips() -> Iterator[Tensor]:
    for seed in range(2):
        generator = torch.Generator().manual_seed(seed)
        yield 255 * torch.rand(1, 13, 3, 113, 113, generator=generator)


@pytest.mark.slow
@pytest.mark.usefixtures("two_videos")
@pytest.mark.parametrize(("sign", "colour"), [(1, "rgb"), (-1, "rgb"), (1, "bgr")])
def test_a_network_is_finished_for_measuring(sign: int, colour: Literal["rgb", "bgr"]) -> None:
    network = GreenSlope(NetworkSpec(fs=15.0, size=96, pyramid=PyramidSpec(), colour=colour))
    network.sign = sign
    finished = finalize_network(network, _clips(), frame_differences, "mine")
    assert replace(finished.spec, equalizer=None) == NetworkSpec(
        fs=15.0, size=96, colour=colour, name="mine", polarity=-sign, summations=1
    )
    seen = torch.cat([global_view(frame_differences(c), 96).transpose(0, 1) for c in _clips()], 1)
    expected = seen.flatten(1).mean(dim=1)
    assert finished.backbone.norm.running_mean is not None
    torch.testing.assert_close(finished.backbone.norm.running_mean, expected, atol=0.05, rtol=0)


@pytest.mark.slow
def test_an_equalizer_is_fitted_for_slow_and_fast_hearts(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "sspd.research.train.calibration_videos"
    monkeypatch.setattr(f"{place}.VIDEOS", 4)
    monkeypatch.setattr(f"{place}.PULSE_PERCENT", 1.5)  # for a network that is one mean of green
    monkeypatch.setattr(f"{place}.CALIBRATION_MOTIONS", ("still",))
    network = GreenSlope(NetworkSpec(fs=15.0, size=96, pyramid=PyramidSpec()))
    spec = finalize_network(network, _clips(), frame_differences, "mine").spec
    assert spec.equalizer is not None
    # a green slope, integrated, falls off below `sspd.signal.integral.LEVEL_HZ`
    slow, usual, fast = spec.equalizer.gain([0.6, 1.0, 2.5], spec.fs)
    assert slow > usual == pytest.approx(1.0, abs=0.1)
    assert 0.4 < fast < usual
    # a slope of green is neither late nor early
    assert abs(spec.equalizer.delay_s) < 0.005


@pytest.mark.slow
@pytest.mark.usefixtures("two_videos")
def test_the_equalizer_has_videos_of_its_own() -> None:
    (slow, known), *others = equalizer_videos(20.0, 24)
    assert len(others) == 3
    assert known.hr_bpm == pytest.approx(34, abs=8)
    assert others[-1][1].hr_bpm == pytest.approx(180, abs=8)
    assert len(slow) == known.bvp.size
    first = next(calibration_videos(20.0, 24))
    assert not np.array_equal(first.faces.rgb, slow.rgb)
