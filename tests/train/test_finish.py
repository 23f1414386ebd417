from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from networks import measuring_network, random_differences
from sspd.nn.network import MeasuringNetwork
from sspd.recipes import PyramidSpec
from sspd.train.finish import (
    FinishClip,
    blood_volume_trace,
    finish_network,
    reestimate_statistics,
    settle_sign,
)

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
@pytest.mark.parametrize("seconds", [2.0, 10.0])
def test_sign_and_slope_are_recovered_from_noisy_traces(
    polarity: int, summations: int, seconds: float
) -> None:
    rng = np.random.default_rng(5)
    pulses = _pulses(12, seconds=seconds)
    outputs = pulses
    for _ in range(summations):
        outputs = [np.gradient(p) for p in outputs]
    outputs = [polarity * (y / y.std() + rng.normal(size=y.size) / 3) + 2 for y in outputs]
    traces = [1e-3 * (p + 1.5 * rng.normal(size=p.size)) for p in pulses]
    assert settle_sign(outputs, traces, FS) == (polarity, summations)


def test_clips_vote_together_whatever_their_strength() -> None:
    pulses = _pulses(5)
    outputs = [p.copy() for p in pulses]
    outputs[0] *= -1000  # one film may be wrong, however loud
    assert settle_sign(outputs, pulses, FS) == (1, 0)


def test_flat_outputs_settle_nothing_and_break_nothing() -> None:
    assert settle_sign([np.zeros(300)], [np.zeros(300)], FS) == (1, 0)


def test_the_trace_rises_with_blood_and_not_with_light() -> None:
    rng = np.random.default_rng(0)
    blood = np.sin(np.arange(61) / 5)
    light = 1 + 0.2 * rng.random(61)
    colour = np.array([150.0, 110.0, 100.0]) * light[:, None]
    colour[:, 1] *= 1 - 0.005 * blood
    faces = np.broadcast_to(colour[:, :, None, None], (61, 3, 8, 8)).astype(np.float32)
    trace = blood_volume_trace(faces)
    between = (blood[1:] + blood[:-1]) / 2
    assert trace.shape == (60,)
    assert np.corrcoef(trace, between)[0, 1] > 0.99
    assert trace.std() == pytest.approx(0.005 * between.std(), rel=0.1)


def _statistics_by_hand(
    network: MeasuringNetwork, batches: list[Tensor]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean over batches of each norm's batch mean and unbiased variance."""
    sums: dict[str, list[tuple[Tensor, Tensor]]] = {}
    norms = {k: m for k, m in network.named_modules() if isinstance(m, nn.BatchNorm3d)}
    for name, norm in norms.items():

        def note(_: nn.Module, args: tuple[Tensor], name: str = name) -> None:
            rows = args[0].double().transpose(0, 1).flatten(1)
            sums.setdefault(name, []).append((rows.mean(1), rows.var(1)))

        norm.register_forward_pre_hook(note)
    network.train()
    with torch.no_grad():
        for batch in batches:
            network(batch)
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


def test_a_network_is_finished_for_measuring() -> None:
    network = measuring_network(pyramid=PyramidSpec())
    rng = np.random.default_rng(0)
    reads = 0

    def clips() -> Iterator[FinishClip]:
        nonlocal reads
        reads += 1
        for i in range(3):
            faces = rng.uniform(50, 200, (61, 3, 8, 8)).astype(np.float32)
            yield FinishClip(faces, random_differences(60, seed=i))

    finished = finish_network(network, clips, "mine")
    assert finished.spec.name == "mine"
    assert finished.spec.pyramid is None
    assert finished.spec.polarity in (-1, 1)
    assert reads == 2
    waveform = finished(random_differences(60))
    assert torch.isfinite(waveform).all()
