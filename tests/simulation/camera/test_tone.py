from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cameras import FS, plain, record, shot
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.tone import LUMA, color_matrix, make_local_tone, make_tone, tone_curve


@settings(max_examples=60, deadline=None)
@given(contrast=st.floats(-1, 1), toe=st.floats(0, 1), shoulder=st.floats(0, 1))
def test_the_curve_rises_from_black_and_the_step_follows_it(
    contrast: float, toe: float, shoulder: float
) -> None:
    options = CameraSpec(contrast=contrast, toe=toe, shoulder=shoulder)
    value = np.linspace(0, 400, 4001)
    curve = tone_curve(options, value)
    assert np.all(np.diff(curve) >= -1e-9) and curve[0] == 0 and curve[-1] <= 255
    step = make_tone(options, np.random.default_rng(0), shot(1, width=4001, height=1))
    if step is None:
        np.testing.assert_allclose(curve, np.minimum(value, 255))
        return
    pixels = np.repeat(value.astype(np.float32)[None, :, None], 3, axis=2)
    # clipping has a corner, which lines over two values round off
    np.testing.assert_allclose(step(0, pixels)[0, :, 1], curve, atol=0.8)


def test_the_curve_keeps_changes_smaller_than_a_pixel_value() -> None:
    options = CameraSpec(contrast=0.4, shoulder=0.5)
    step = make_tone(options, np.random.default_rng(0), shot(200))
    assert step is not None
    pulse = 0.05 * np.sin(np.arange(200) / 3)
    value = np.array([step(0, plain(1, 140 + p)[0])[0, 0, 1] for p in pulse])
    slope = np.gradient(tone_curve(options, np.array([139.0, 140, 141])))[1]
    np.testing.assert_allclose(value - value.mean(), slope * (pulse - pulse.mean()), atol=2e-3)


def test_contrast_steepens_the_middle_and_shoulder_bends_the_light() -> None:
    def slope(options: CameraSpec, at: float) -> float:
        low, high = tone_curve(options, np.array([at - 1, at + 1]))
        return float(high - low) / 2

    assert slope(CameraSpec(contrast=0.5), 128) == pytest.approx(1.25, abs=0.01)
    assert slope(CameraSpec(shoulder=0.7), 240) < 0.6 and slope(CameraSpec(shoulder=0.7), 150) == 1
    assert slope(CameraSpec(toe=1.0), 3) < 0.3
    # white light keeps its order for a while
    bright = tone_curve(CameraSpec(shoulder=0.8), np.array([255.0, 300.0]))
    assert 200 < bright[0] < bright[1] < 255


@settings(max_examples=30, deadline=None)
@given(more=st.floats(-100, 100), mixed=st.floats(0, 10), seed=st.integers(0, 2**32))
def test_the_matrix_keeps_greys(more: float, mixed: float, seed: int) -> None:
    options = CameraSpec(saturation_percent=more, matrix_percent=mixed)
    matrix = color_matrix(options, np.random.default_rng(seed))
    np.testing.assert_allclose(matrix.sum(axis=1), 1)


def test_saturation_widens_colours_about_their_brightness() -> None:
    skin = np.array([170.0, 120.0, 100.0])
    vivid = record(CameraSpec(saturation_percent=20), plain(1, tuple(skin)))[0, 0, 0]
    np.testing.assert_allclose(vivid - LUMA @ skin, 1.2 * (skin - LUMA @ skin), atol=1)


def test_local_tone_flattens_and_takes_its_share_of_a_slow_pulse() -> None:
    size = (320, 240)
    frames = plain(1, 60, size)
    frames[:, :, 160:] = 180
    strength = 0.4
    step = make_local_tone(
        CameraSpec(local_tone=strength, local_tone_s=0.1), np.random.default_rng(0),
        shot(900, None, *size),
    )  # fmt: skip
    assert step is not None
    slow = np.sin(2 * np.pi * 0.1 * np.arange(900) / FS)
    seen = []
    for k in range(900):
        pixels = frames[0].copy()
        pixels[:, 160:] *= np.float32(1 + 0.01 * slow[k])
        out = step(k, pixels)
        seen.append(out[120, 260, 1])
    flat = out[120, 260, 1] / out[120, 60, 1]
    assert np.log(flat) == pytest.approx((1 - strength) * np.log(3), rel=0.05)
    change = np.log(np.array(seen[300:])) - np.mean(np.log(seen[300:]))
    size_of = np.ptp(change) / 0.02
    # half of the frame pulses, so its mean goes along by half
    assert size_of == pytest.approx(1 - strength / 2, abs=0.05)


def test_local_tone_follows_in_its_time() -> None:
    size = (320, 240)
    step = make_local_tone(
        CameraSpec(local_tone=0.5, local_tone_s=1.0), np.random.default_rng(0),
        shot(150, None, *size),
    )  # fmt: skip
    assert step is not None
    seen = []
    for k in range(150):
        pixels = plain(1, 100, size)[0]
        if k >= 30:
            pixels[:, 160:] = 200
        seen.append(np.log(step(k, pixels)[120, 260, 1] / (100 if k < 30 else 200)))
    share = np.array(seen[30:]) / seen[-1]
    assert share[0] < 0.1
    assert share[30] == pytest.approx(1 - np.exp(-1), abs=0.08)
