from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cameras import FS, plain, power_law, record, shot
from sspd.simulation import VideoSpec, cheek_mask, simulate
from sspd.simulation.camera.drift import BLUE, coloured_noise, make_drift, patterns
from sspd.simulation.camera.options import CameraSpec


@settings(max_examples=20, deadline=None)
@given(slope=st.floats(0, 2.7), fs=st.sampled_from([15.0, 30.0, 60.0]), seed=st.integers(0, 2**32))
def test_noise_has_unit_power_at_1_hz_and_its_slope(slope: float, fs: float, seed: int) -> None:
    t = np.arange(int(120 * fs)) / fs
    series = coloured_noise(np.random.default_rng(seed), t, slope, 6)
    level, fitted = power_law(series.astype(float), fs)
    assert level == pytest.approx(1.0, rel=0.15)
    assert fitted == pytest.approx(slope, abs=0.25)


def test_noise_does_not_depend_on_jitter_much_and_is_not_periodic() -> None:
    t = np.arange(900) / 30
    jittered = t + np.random.default_rng(1).uniform(-0.005, 0.005, 900)
    one, other = (coloured_noise(np.random.default_rng(0), x, 2.0, 1)[:, 0] for x in (t, jittered))
    assert np.corrcoef(one, other)[0, 1] > 0.99
    assert abs(one[0] - one[-1]) > 10 * np.abs(np.diff(one)).mean()


def _gains(options: CameraSpec, n: int, seed: int = 0) -> np.ndarray:
    step = make_drift(options, np.random.default_rng(seed), shot(n))
    assert step is not None
    return np.stack([step(k, np.ones((48, 64, 3), np.float32)) for k in range(n)])


@pytest.mark.parametrize("local", [0.0, 0.6, 1.0])
def test_level_and_slope_are_those_of_the_options_everywhere(local: float) -> None:
    options = CameraSpec(drift_percent=0.2, drift_slope=1.5, drift_local=local)
    found = [
        power_law(100 * _gains(options, 1800, seed)[:, 4:48:12, 4:64:20, 1].astype(float), FS)
        for seed in range(4)
    ]
    level, slope = np.mean(found, axis=0)
    assert level == pytest.approx(0.2, rel=0.15)
    assert slope == pytest.approx(1.5, abs=0.2)


def test_drift_is_grey_and_white_balance_is_not() -> None:
    grey = _gains(CameraSpec(drift_percent=0.2), 600)
    np.testing.assert_allclose(grey[..., 0], grey[..., 2], atol=1e-6)
    tint = _gains(CameraSpec(balance_percent=0.2, drift_slope=1.0), 3600)[:, 0, 0].astype(float)
    assert np.ptp(tint[:, 1]) == 0
    red, blue = (power_law(100 * tint[:, c], FS)[0] for c in (0, 2))
    assert red == pytest.approx(0.2, rel=0.2)
    assert blue == pytest.approx(0.2 * BLUE, rel=0.2)
    assert abs(np.corrcoef(np.diff(tint[:, 0]), np.diff(tint[:, 2]))[0, 1]) < 0.1


def test_local_drift_differs_between_face_and_wall() -> None:
    np.testing.assert_allclose((patterns(shot(1)) ** 2).sum(axis=2), 1, atol=1e-6)

    def likeness(local: float) -> float:
        gains = _gains(CameraSpec(drift_percent=0.2, drift_local=local, drift_slope=0.0), 1500)
        return float(np.corrcoef(gains[:, 24, 32, 1], gains[:, 4, 2, 1])[0, 1])

    assert likeness(0.0) > 0.999
    assert 0.2 < likeness(0.5) < 0.95
    assert likeness(1.0) < 0.75


def test_skin_of_a_simulated_video_has_the_noise_of_its_options() -> None:
    camera = CameraSpec(drift_percent=0.4, drift_slope=1.6, full_well_e=40_000)
    spec = VideoSpec(
        seed=3, width=96, height=96, face_px=64, duration_s=60, pulse_percent=0.0, camera=camera
    )
    cheeks = cheek_mask(spec)
    wall = np.zeros_like(cheeks)
    wall[:16, :16] = True
    found = {"cheeks": cheeks, "wall": wall}
    means: dict[str, list[np.ndarray]] = {name: [] for name in found}
    for chunk in simulate(spec):
        for name, mask in found.items():
            means[name].append(chunk.rgb[:, mask].mean(axis=1))
    for name in found:
        green = np.concatenate(means[name])[:, 1]
        # the head sways below 0.7 Hz
        level, slope = power_law(100 * green / green.mean(), spec.fps, 0.8, 4.0)
        assert level == pytest.approx(0.4, rel=0.25), name
        assert slope == pytest.approx(1.6, abs=0.4), name


def test_strong_drift_never_turns_the_light_off() -> None:
    frames = record(CameraSpec(drift_percent=5.0, drift_slope=3.0), plain(200, 100))
    assert frames.min() >= 20
