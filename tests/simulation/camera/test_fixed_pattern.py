from __future__ import annotations

import numpy as np
import pytest

from helpers.cameras import FS, plain, record, shot
from sspd.simulation.camera.fixed_pattern import GAMMA, gain_map, make_fixed_pattern
from sspd.simulation.camera.options import CameraSpec
from sspd.types import Box


def test_prnu_has_its_size_and_stays() -> None:
    options = CameraSpec(prnu_percent=4.0)
    frames = record(options, plain(5, 200)).astype(float)
    np.testing.assert_array_equal(frames[0], frames[4])
    expected = np.hypot(200 * 0.04 / GAMMA, np.sqrt(1 / 12))
    assert frames[0].std() == pytest.approx(expected, rel=0.05)


def test_a_moving_surface_turns_the_pattern_into_noise_in_time() -> None:
    options = CameraSpec(prnu_percent=4.0)
    step = make_fixed_pattern(options, np.random.default_rng(0), shot(3))
    assert step is not None
    surface = np.random.default_rng(1).uniform(100, 200, (48, 80, 3)).astype(np.float32)
    moved = [step(k, surface[:, k : k + 64].copy()) / surface[:, k : k + 64] for k in (0, 1)]
    # on the surface the pattern has moved, on the sensor it has not
    same = np.corrcoef(moved[0].ravel(), moved[1].ravel())[0, 1]
    skin = np.corrcoef(moved[0][:, 1:].ravel(), moved[1][:, :-1].ravel())[0, 1]
    assert same > 0.999 and abs(skin) < 0.05


def test_shading_is_smooth_and_has_its_size() -> None:
    gain = gain_map(CameraSpec(shading_percent=2.0), np.random.default_rng(3), shot(1))
    assert gain is not None
    assert (gain - gain.mean(axis=(0, 1))).std() == pytest.approx(0.02 / GAMMA, rel=0.5)
    assert np.abs(np.diff(gain, axis=1)).max() < 0.3 * np.ptp(gain)


@pytest.mark.parametrize(("option", "axis"), [("row_levels", 2), ("column_levels", 1)])
def test_rows_and_columns_have_offsets(option: str, axis: int) -> None:
    frames = record(CameraSpec(**{option: 3.0}), plain(1, 100)).astype(float)
    assert np.all(np.ptp(frames, axis=axis) == 0)
    assert np.ptp(frames, axis=3 - axis).min() > 0
    assert frames.std() == pytest.approx(3.0, rel=0.25)


def test_bands_move_at_their_rate_with_their_size() -> None:
    options = CameraSpec(band_percent=2.0, band_px=24, band_hz=1.5)
    step = make_fixed_pattern(options, np.random.default_rng(0), shot(240))
    assert step is not None
    rows = np.stack([step(k, np.ones((48, 64, 3), np.float32))[:, 0, 1] for k in range(240)])
    line = np.abs(np.fft.rfft(rows[:, 10] - 1)) / 120
    assert line[12] == pytest.approx(0.02, rel=0.01)  # 1.5 Hz in 8 s
    assert np.delete(line, 12).max() < 1e-4
    # a period lower the bands are the same, half a period lower the opposite
    np.testing.assert_allclose(rows[:, 0], rows[:, 24], atol=1e-5)
    np.testing.assert_allclose(rows[:, 0] - 1, 1 - rows[:, 12], atol=1e-5)
    assert FS == 30


def test_a_window_shows_the_pattern_of_the_whole() -> None:
    options = CameraSpec(
        prnu_percent=3, shading_percent=3, row_levels=2, column_levels=2, band_percent=1
    )
    box = Box(10, 5, 50, 41)
    whole = record(options, plain(3, 120))[:, box.top : box.bottom, box.left : box.right]
    part = record(options, plain(3, 120, (box.width, box.height)), box)
    np.testing.assert_array_equal(whole, part)
