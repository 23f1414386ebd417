from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cameras import plain, record, shot
from sspd.simulation.camera.exposure import exposure_gains, make_exposure, metering_weights
from sspd.simulation.camera.options import CameraSpec

SETTLE = 20


def _step(n: int, factor: float) -> np.ndarray:
    return np.r_[np.full(SETTLE, 100.0), np.full(n - SETTLE, 100.0 * factor)]


@settings(max_examples=60, deadline=None)
@given(
    delay=st.integers(0, 6), speed=st.floats(0.03, 0.2), factor=st.floats(0.3, 3.0),
    band=st.floats(0.5, 5.0),
)  # fmt: skip
def test_a_step_of_light_is_answered_after_the_delay_and_ends(
    delay: int, speed: float, factor: float, band: float
) -> None:
    options = CameraSpec(ae_speed=speed, ae_delay_frames=delay, ae_band_percent=band)
    gains, recorded = exposure_gains(options, _step(500, factor))
    assert np.all(gains[: SETTLE + delay + 1] == 1)
    if abs(np.log(factor)) <= np.log1p(band / 100):
        assert np.all(gains == 1)
        return
    # the frame of the step is metered, the next could follow it, and the delay comes on top
    assert gains[SETTLE + delay + 1] != 1
    assert np.ptp(gains[400:]) == 0
    assert abs(np.log(recorded[-1] / 100)) <= np.log1p(band / 100) + 1e-9


@pytest.mark.parametrize("speed", [0.05, 0.2])
def test_larger_speed_is_faster(speed: float) -> None:
    _, recorded = exposure_gains(CameraSpec(ae_speed=speed, ae_delay_frames=1), _step(300, 1.5))
    inside = np.abs(np.log(recorded / 100)) < np.log(1.05)
    late = int(np.flatnonzero(~inside)[-1]) - SETTLE
    # an error that falls by the speed each frame: 40 % to 5 %
    assert late == pytest.approx(np.log(np.log(1.5) / np.log(1.05)) / speed, rel=0.35)


def test_exposure_moves_in_steps() -> None:
    options = CameraSpec(ae_speed=0.1, ae_step_percent=4.0, ae_band_percent=2.5)
    gains, _ = exposure_gains(options, _step(300, 1.6))
    steps = np.log(gains) / np.log(1.04)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
    assert np.unique(steps).size > 8
    assert np.ptp(gains[200:]) == 0


def test_steps_larger_than_the_band_hunt_and_others_do_not() -> None:
    scene = _step(900, 1.23)
    options = CameraSpec(ae_speed=0.1, ae_step_percent=4.0, ae_band_percent=0.3)
    gains, _ = exposure_gains(options, scene)
    tail = np.log(gains[300:]) / np.log(1.04)
    assert np.ptp(tail) == pytest.approx(1.0)  # between two steps
    changes = int(np.count_nonzero(np.diff(tail)))
    assert 0.3 < changes / 2 / (tail.size / 30) < 4  # Hz: where pulses are
    calm, _ = exposure_gains(
        CameraSpec(ae_speed=0.1, ae_step_percent=4.0, ae_band_percent=2.5), scene
    )
    assert np.ptp(calm[300:]) == 0


def test_a_wrong_start_is_corrected() -> None:
    options = CameraSpec(ae_speed=0.2, ae_start_percent=30.0, ae_band_percent=1.0)
    _, recorded = exposure_gains(options, np.full(200, 100.0))
    assert recorded[0] == pytest.approx(130)
    assert recorded[-1] == pytest.approx(100, rel=0.011)


def test_the_face_is_metered_by_its_weight() -> None:
    frames = plain(200, 100)
    frames[30:, 7:42, 19:46] *= 1.3  # the face alone becomes bright
    falls = []
    for weight in (0.0, 0.9):
        options = CameraSpec(ae_speed=0.2, ae_face_weight=weight, ae_band_percent=0.5)
        recorded = record(options, frames)
        falls.append(recorded[-1, 2, 2, 1] / 100)
    assert 0.88 < falls[0] < 0.97
    assert falls[1] == pytest.approx(1 / 1.27, abs=0.02)
    weights = metering_weights(shot(1), 4, 0.9)
    assert weights.sum() == pytest.approx(1) and weights.max() > 5 * weights.min()


def test_white_balance_takes_a_tint_away_at_its_pace() -> None:
    n, tinted = 300, plain(300, 100)
    tinted[60:] *= np.float32([1.2, 1.0, 0.8])
    step = make_exposure(
        CameraSpec(awb_speed=0.1, awb_period_frames=10), np.random.default_rng(0), shot(n)
    )
    assert step is not None
    means = np.stack([step(k, tinted[k].copy()).mean(axis=(0, 1)) for k in range(n)])
    np.testing.assert_allclose(means[59], 100, rtol=1e-5)
    np.testing.assert_allclose(means[60], [120, 100, 80], rtol=1e-5)
    first = int(np.flatnonzero(np.abs(means[60:, 0] - 120) > 1e-3)[0])
    assert 1 <= first <= 10
    np.testing.assert_allclose(means[-1], 100, rtol=0.006)
    assert np.ptp(means[:, 1]) < 1e-3
    assert np.all(np.ptp(means[-30:], axis=0) < 0.01)


def test_white_balance_moves_in_steps() -> None:
    tinted = plain(400, 100)
    tinted[20:] *= np.float32([1.2, 1.0, 0.8])
    options = CameraSpec(awb_speed=1.0, awb_period_frames=10, awb_step_percent=3.0)
    step = make_exposure(options, np.random.default_rng(0), shot(400))
    assert step is not None
    gains = np.array([step(k, tinted[k].copy())[0, 0] / tinted[k, 0, 0] for k in range(400)])
    steps = np.log(gains) / np.log(1.03)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)
    assert np.ptp(steps) >= 6
