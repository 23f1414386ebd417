from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cameras import plain, record
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.sensor import BLOCK, noise_table

WEBCAM = CameraSpec(full_well_e=6000, iso_gain=4, read_noise_e=3)


@settings(max_examples=30, deadline=None)
@given(
    full_well=st.floats(500, 1e5), gain=st.floats(1, 16), read=st.floats(0, 10),
    value=st.integers(20, 250), blue=st.floats(1, 3), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_the_table_is_the_noise_of_counted_electrons(
    full_well: float, gain: float, read: float, value: int, blue: float, seed: int
) -> None:
    options = CameraSpec(full_well_e=full_well, iso_gain=gain, read_noise_e=read, blue_gain=blue)
    # count electrons one by one, and carry them through sRGB slowly
    light = ((value / 255 + 0.055) / 1.055) ** 2.4
    white = full_well / gain / blue
    rng = np.random.default_rng(seed)
    counted = rng.poisson(light * white, 20_000) + read * rng.standard_normal(20_000)
    slope = (((value + 1) / 255 + 0.055) / 1.055) ** 2.4 - (
        ((value - 1) / 255 + 0.055) / 1.055
    ) ** 2.4
    expected = counted.std() / white * 2 / slope
    assert noise_table(options)[value, 2] == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("value", [30.0, 128.0, 220.0])
def test_noise_has_the_size_of_the_table_at_each_level(value: float) -> None:
    frames = record(WEBCAM, plain(12, value, (160, 120)), size=(160, 120)).astype(float)
    expected = np.hypot(noise_table(WEBCAM)[round(value), 1], np.sqrt(1 / 12))
    assert (frames - frames.mean(axis=(1, 2), keepdims=True)).std() == pytest.approx(
        expected, rel=0.03
    )


def test_shadows_are_noisier_in_proportion_and_gain_adds_noise() -> None:
    table = noise_table(WEBCAM)[:, 1] / np.maximum(np.arange(256), 1)
    assert np.all(np.diff(table[12:]) < 0)
    louder = noise_table(CameraSpec(full_well_e=6000, iso_gain=16, read_noise_e=3))[128, 1]
    assert louder / noise_table(WEBCAM)[128, 1] == pytest.approx(2, rel=0.06)


def test_a_mosaic_correlates_neighbours_and_makes_means_noisier() -> None:
    size = (12 * BLOCK, 8 * BLOCK)
    options = CameraSpec(full_well_e=2000, demosaic="bilinear")
    noise = record(options, plain(60, 128, size), size=size).astype(float) - 128
    sigma = noise_table(options)[128, 1]
    neighbours = np.corrcoef(noise[:, :, :-1, 1].ravel(), noise[:, :, 1:, 1].ravel())[0, 1]
    assert neighbours > 0.3
    assert noise[..., 0].std() == pytest.approx(0.75 * sigma, rel=0.05)
    means = noise.reshape(60, 8, BLOCK, 12, BLOCK, 3).mean(axis=(2, 4))
    expected = sigma / BLOCK * np.array([2, np.sqrt(2), 2])
    np.testing.assert_allclose(means.std(axis=(0, 1, 2)), expected, rtol=0.1)


@pytest.mark.parametrize("side", [24, 48, 96])
def test_means_of_regions_are_as_noisy_as_if_each_pixel_were_new(side: int) -> None:
    size = (160, 120)
    noise = record(WEBCAM, plain(400, 128, size), size=size).astype(float)
    mean = noise[:, 7 : 7 + side, 21 : 21 + side].mean(axis=(1, 2)).ravel()
    pixel = np.hypot(noise_table(WEBCAM)[128, 1], np.sqrt(1 / 12))
    assert mean.std() == pytest.approx(pixel / side, rel=0.12)
    # white in time
    steps = np.corrcoef(mean[:-3], mean[3:])[0, 1]
    assert abs(steps) < 0.12


def test_noise_ends_at_black_and_white() -> None:
    loud = CameraSpec(full_well_e=300, read_noise_e=5)
    assert record(loud, plain(2, 400.0)).max() <= 255
    assert record(loud, plain(2, -20.0)).min() >= 0
