"""The small network and its losses learn a pulse from faces that have one, in a few dozen steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sspd.models.nano import NanoNetwork
from sspd.models.nano_spec import NanoSpec
from sspd.models.network import initialise
from sspd.research.losses.lesson import lesson_loss

SPEC = NanoSpec(
    fs=15.0, size=36, latency=4, regions=6, values=6, heads=2, width=12, dilations=(1, 2, 4)
)
FRAMES, CLIPS, STEPS, EDGE = 90, 4, 60, 12


def beating_clips(n: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Faces of noise whose middle beats in green, under a light that drifts; and their pulses."""
    t = np.arange(FRAMES) / SPEC.fs
    pulses = np.sin(2 * np.pi * (rng.uniform(0.8, 2.5, (n, 1)) * t + rng.uniform(0, 1, (n, 1))))
    light = np.cumsum(rng.normal(0, 0.002, (n, FRAMES)), axis=1)
    skin = np.zeros((36, 36))
    skin[8:28, 8:28] = 1
    colour = np.array([0.3, 1.0, 0.5])[:, None, None]
    beat = 1 + 0.01 * pulses[:, :, None, None, None] * colour * skin
    still = rng.uniform(60, 180, (n, 1, 3, 36, 36))
    faces = still * beat * (1 + light)[:, :, None, None, None]
    faces += rng.normal(0, 0.5, faces.shape)
    return torch.from_numpy(faces).float(), torch.from_numpy(pulses).float()


def likeness(network: NanoNetwork, faces: torch.Tensor, pulses: torch.Tensor) -> float:
    """Median correlation with the pulses, when the latency is taken out."""
    with torch.no_grad():
        wave = network(faces).wave[:, SPEC.latency + EDGE :].numpy()
    known = pulses[:, EDGE : FRAMES - SPEC.latency].numpy()
    return float(np.median([np.corrcoef(a, b)[0, 1] for a, b in zip(wave, known, strict=True)]))


@pytest.mark.slow
def test_it_learns_a_pulse_that_it_never_saw_the_rate_of() -> None:
    rng = np.random.default_rng(0)
    network = NanoNetwork(SPEC)
    initialise(network, torch.Generator().manual_seed(0))
    held_out = beating_clips(8, rng)
    before = likeness(network, *held_out)
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(STEPS):
        faces, pulses = beating_clips(CLIPS, rng)
        out = network(faces)
        own = slice(SPEC.latency + EDGE, FRAMES)
        known = slice(EDGE, FRAMES - SPEC.latency)
        features = pulses[:, known, None]  # the self-similarity of the pulse itself
        parts = lesson_loss(
            *(out.wave[:, own], out.features[:, own], pulses[:, known], features),
            *(SPEC.fs, (0.5, 3.7), (5, 3), torch.ones(CLIPS)),
        )
        optimiser.zero_grad()
        torch.stack(list(parts)).sum().backward()
        optimiser.step()
    after = likeness(network, *held_out)
    assert abs(before) < 0.5
    assert after > 0.8
