from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.beating_faces import beating
from sspd.face.stabilize import STABILIZE_PX, stabilize_frames
from sspd.methods import get_method
from sspd.methods.sspd import native_waveform
from sspd.models.spec import NetworkSpec
from sspd.network import Network
from sspd.network.chunks import RunNetwork
from sspd.network.grid import network_input
from sspd.signal import equalize_signal, standardise
from sspd.simulation import VideoSpec, simulate_faces
from sspd.types import EqualizerSpec, Signal

SIZE = 92
SPEC = NetworkSpec(fs=30.0, size=SIZE, name="stand-in")


def derivatives(order: int) -> RunNetwork:
    """Return a network whose output is the first or second derivative of the blood volume.

    The second one is centred: it is at the times of the differences, as they are.
    """

    def run(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        slope = -rows.astype(np.float64).mean(axis=(0, 2, 3))
        return slope if order == 1 else np.asarray(np.gradient(slope), np.float64)

    return run


def stand_in(spec: NetworkSpec = SPEC, order: int = 1) -> Network:
    return Network(spec, derivatives(order))


def late_s(wave: Signal, f_hz: float) -> float:
    """Return how much later than ``sin(2 pi f t)`` a waveform is."""
    turning = np.hanning(wave.values.size) * np.exp(-2j * np.pi * f_hz * wave.t)
    return float(-np.angle(1j * (turning @ wave.values)) / (2 * np.pi * f_hz))


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
@pytest.mark.parametrize("order", [1, 2])
def test_values_stand_at_the_time_of_the_blood(
    fps: float, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = stand_in(replace(SPEC, summations=order), order)
    monkeypatch.setattr("sspd.network.load_network", lambda *_, **__: network)
    method = get_method("sspd")
    assert (method.fs, method.size, method.weights) == (30.0, SIZE, "stand-in")
    t = 2.0 + np.arange(int(8 * fps)) / fps
    wave = method.run([beating(t, lambda s: 8 * np.sin(2 * np.pi * 1.4 * s), SIZE).faces])
    assert wave is not None
    assert wave.values.std() == pytest.approx(1)
    assert abs(late_s(wave, 1.4)) < 0.002


def test_what_the_network_is_late_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    late = EqualizerSpec((0.25, 0.5, 0.25), delay_s=0.02)
    network = stand_in(replace(SPEC, summations=1, equalizer=late))
    monkeypatch.setattr("sspd.network.load_network", lambda *_, **__: network)
    method = get_method("sspd")
    seen = beating(2.0 + np.arange(360) / 30, lambda s: np.sin(2 * np.pi * 0.9 * s), SIZE).faces
    wave = method.run([seen])
    assert wave is not None
    assert wave.start_s == pytest.approx(2.0 + 0.5 / 30 - 0.02)
    assert equalize_signal(wave, method.equalizer).start_s == wave.start_s
    past_the_grid = native_waveform(network, seen)
    assert past_the_grid is not None
    assert past_the_grid.start_s == pytest.approx(wave.start_s)


def test_too_few_pictures_give_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sspd.network.load_network", lambda *_, **__: stand_in())
    run = get_method("sspd").run
    assert run([beating(np.arange(4) / 30, np.sin, SIZE).faces]) is None
    assert run([beating(np.arange(5) / 30, np.sin, SIZE).faces]) is not None
    assert run([]) is None


@pytest.mark.slow
def test_a_network_that_follows_sees_the_head_held_still(monkeypatch: pytest.MonkeyPatch) -> None:
    network = stand_in(replace(SPEC, follow=True))
    monkeypatch.setattr("sspd.network.load_network", lambda *_, **__: network)
    method = get_method("sspd")
    assert method.size == STABILIZE_PX
    spec = VideoSpec(duration_s=3.0, motion="translation", speed_px_s=90.0)
    moving = simulate_faces(spec, STABILIZE_PX)
    wave = method.run([moving])
    assert wave is not None
    expected = network(network_input(stabilize_frames(moving, SIZE), 30.0))
    np.testing.assert_allclose(wave.values, standardise(expected), atol=1e-9)
