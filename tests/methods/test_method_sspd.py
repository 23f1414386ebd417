from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from helpers.beating_faces import beating
from sspd.face.stabilize import STABILIZE_PX, stabilize_frames
from sspd.methods import get_method
from sspd.models.spec import NetworkSpec
from sspd.network.grid import network_input
from sspd.signal import bandpass, standardise
from sspd.simulation import VideoSpec, simulate_faces

SIZE = 92
SPEC = NetworkSpec(fs=30.0, size=SIZE, name="stand-in")


@dataclass(frozen=True)
class _Network:
    """Gives minus the mean difference: what an ideal slope-reading network would."""

    spec: NetworkSpec = SPEC
    begin: None = None

    def __call__(self, differences: Iterable[np.ndarray], tell: None = None) -> np.ndarray:
        rows = np.stack(list(differences))
        assert rows.dtype == np.float32
        assert rows.shape[1:] == (3, SIZE, SIZE)
        slope = -rows.astype(np.float64).mean(axis=(1, 2, 3))
        return np.cumsum(slope - slope.mean()) if self.spec.summations else slope


@pytest.mark.slow
@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("summations", [0, 1])
def test_values_stand_at_their_time(
    fps: float,
    summations: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = _Network(replace(SPEC, summations=summations))
    monkeypatch.setattr("sspd.network.load_network", lambda *_, **__: network)
    method = get_method("sspd")
    assert (method.fs, method.size, method.weights) == (30.0, SIZE, "stand-in")
    t = 2.0 + np.arange(int(12 * fps)) / fps
    wave = method.run([beating(t, lambda s: 8 * np.sin(2 * np.pi * 0.9 * s), SIZE).faces])
    assert wave is not None
    assert wave.start_s == pytest.approx(2.0 + (1.0 if summations else 0.5) / 30)
    turn = np.sin if summations else np.cos
    expected = turn(2 * np.pi * 0.9 * wave.t)
    # Summing lets noise wander slowly; the pulse band is what is read.
    kept = bandpass(wave.values, 30.0, (0.5, 4.0))
    assert np.corrcoef(kept[30:-30], expected[30:-30])[0, 1] > 0.98
    assert wave.values.std() == pytest.approx(1)


def test_too_few_pictures_give_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sspd.network.load_network", lambda *_, **__: _Network())
    run = get_method("sspd").run
    assert run([beating(np.arange(4) / 30, np.sin, SIZE).faces]) is None
    assert run([beating(np.arange(5) / 30, np.sin, SIZE).faces]) is not None
    assert run([]) is None


@pytest.mark.slow
def test_a_network_that_follows_sees_the_head_held_still(monkeypatch: pytest.MonkeyPatch) -> None:
    network = _Network(replace(SPEC, follow=True))
    monkeypatch.setattr("sspd.network.load_network", lambda *_, **__: network)
    method = get_method("sspd")
    assert method.size == STABILIZE_PX
    spec = VideoSpec(duration_s=3.0, motion="translation", speed_px_s=90.0)
    moving = simulate_faces(spec, STABILIZE_PX)
    wave = method.run([moving])
    assert wave is not None
    expected = network(network_input(stabilize_frames(moving, SIZE), 30.0))
    np.testing.assert_allclose(wave.values, standardise(expected), atol=1e-9)
