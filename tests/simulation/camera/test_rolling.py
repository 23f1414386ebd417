from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.simulation.camera import options
from sspd.simulation.camera.rolling import (
    LAMPS,
    MainsBands,
    alias_hz,
    exposed_depth,
    make_bands,
)

SECONDS = 20.0
ROWS = 120


def _bands(
    fps: float,
    mains_hz: float,
    *,
    lamp: str = "led_rectified",
    exposure_s: float = 0.004,
    readout_s: float = 0.02,
    share: float = 1.0,
    seed: int = 0,
) -> MainsBands:
    t = np.arange(round(SECONDS * fps)) / fps
    rng = np.random.default_rng(seed)
    return make_bands(lamp, mains_hz, share, exposure_s, readout_s, rng, t, (0, ROWS, ROWS))


def _gains(bands: MainsBands) -> NDArray[np.float64]:
    """Gain of each frame, row and channel."""
    return np.stack([bands.gain(k) for k in range(bands.turns.size)])


def _peak_hz(values: NDArray[np.float64], fps: float) -> float:
    power = np.abs(np.fft.rfft((values - values.mean()) * np.hanning(values.size), 1 << 14))
    return float(np.fft.rfftfreq(1 << 14, 1 / fps)[power.argmax()])


@given(f_hz=st.floats(90, 130), fps=st.floats(12, 60))
def test_alias_is_where_samples_of_a_sine_peak(f_hz: float, fps: float) -> None:
    found = alias_hz(f_hz, fps)
    assume(0.5 < found < fps / 2 - 0.5)
    t = np.arange(round(SECONDS * fps)) / fps
    assert _peak_hz(np.cos(2 * np.pi * f_hz * t), fps) == pytest.approx(found, abs=0.05)


@pytest.mark.parametrize(
    ("fps", "mains_hz"), [(30, 50), (24, 50), (29.97, 50), (24.5, 60), (33, 50), (28.5, 60)]
)
def test_rows_and_the_whole_frame_flicker_at_the_alias(fps: float, mains_hz: float) -> None:
    gains = _gains(_bands(fps, mains_hz, readout_s=0.013))
    expected = alias_hz(2 * mains_hz, fps)
    # the mains wander by 0.02 Hz, twice that in the light
    assert _peak_hz(gains[:, 0, 1], fps) == pytest.approx(expected, abs=0.15)
    assert _peak_hz(gains.mean(axis=1)[:, 1], fps) == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize("exposure_ms", [1.0, 4.0, 8.0, 15.0])
@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_depth_of_rows_and_frame_follow_the_closed_formula(
    mains_hz: float, exposure_ms: float
) -> None:
    light_hz, readout_s = 2 * mains_hz, 0.016
    bands = _bands(27.3, mains_hz, exposure_s=exposure_ms / 1000, readout_s=readout_s, lamp="led")
    gains = _gains(bands)[..., 1]
    # root mean squares of two harmonics
    expected = [
        abs(exposed_depth(depth, n * light_hz, exposure_ms / 1000))
        for n, depth in enumerate(LAMPS["led"].depths, 1)
    ]
    row_std = float(np.sqrt(np.mean((gains - 1) ** 2)))
    assert row_std == pytest.approx(np.hypot(*expected) / np.sqrt(2), rel=0.02)
    over_rows = [
        abs(exposed_depth(depth, n * light_hz, readout_s)) for n, depth in enumerate(expected, 1)
    ]
    frame_std = float(gains.mean(axis=1).std())
    assert frame_std == pytest.approx(np.hypot(*over_rows) / np.sqrt(2), rel=0.05, abs=1e-5)


def test_an_exposure_of_whole_periods_shows_nothing_and_the_other_mains_still_does() -> None:
    same = _gains(_bands(30, 50, exposure_s=0.01))
    other = _gains(_bands(30, 60, exposure_s=0.01))
    assert np.ptp(same) < 1e-9
    assert np.ptp(other) > 0.1


@pytest.mark.parametrize("readout_s", [0.01, 0.02, 0.03])
def test_number_of_bands_is_the_periods_in_the_readout(readout_s: float) -> None:
    bands = _bands(30, 50, readout_s=readout_s, lamp="electronic")
    spectrum = np.abs(np.fft.rfft(bands.gain(0)[:, 1] - 1))
    assert spectrum.argmax() == round(100 * readout_s)


def test_every_lamp_can_be_chosen() -> None:
    assert ("none", *LAMPS) == options.LAMPS


def test_lamps_have_their_depths_and_colours_and_daylight_thins_them() -> None:
    def swing(lamp: str, share: float = 1.0) -> NDArray[np.float64]:
        short = _bands(29.3, 50, lamp=lamp, exposure_s=1e-5, share=share)
        return np.asarray(np.sqrt(2) * _gains(short).std(axis=(0, 1)))

    luma = np.array([0.299, 0.587, 0.114])
    for name, lamp in LAMPS.items():
        total = float(np.hypot(*lamp.depths))
        assert swing(name) @ luma == pytest.approx(total, rel=0.02)
        assert swing(name, 0.3) @ luma == pytest.approx(0.3 * total, rel=0.02)
    red, green, blue = swing("incandescent")
    # Wien's law at 600, 540 and 460 nm
    assert blue / green == pytest.approx(540 / 460, rel=0.02)
    assert red / green == pytest.approx(540 / 600, rel=0.02)
    red, green, blue = swing("fluorescent")
    assert blue > red > green
    rectified = LAMPS["led_rectified"].depths
    wave = np.abs(np.sin(np.pi * np.arange(1000) / 1000))
    line = 2 * np.abs(np.fft.rfft(wave / wave.mean())) / 1000
    assert line[1:3] == pytest.approx(rectified, abs=0.002)


def test_mains_near_a_multiple_of_the_frame_rate_drift_slowly() -> None:
    gains = _gains(_bands(30, 60, lamp="fluorescent"))[:, 0, 1]
    assert np.abs(np.diff(gains)).max() < 0.02
    long = make_bands(
        "fluorescent",
        60,
        1.0,
        0.004,
        0.02,
        np.random.default_rng(0),
        np.arange(0, 300, 1 / 30),
        (0, 4, 480),
    )
    assert np.ptp([long.gain(k)[0, 1] for k in range(9000)]) > 0.1


def test_a_window_has_the_rows_of_the_whole_frame() -> None:
    t = np.arange(10) / 30
    whole, part = (
        make_bands("led", 50, 1.0, 0.004, 0.03, np.random.default_rng(0), t, rows)
        for rows in ((0, 480, 480), (100, 300, 480))
    )
    np.testing.assert_allclose(part.gain(7), whole.gain(7)[100:300])
    pixels = np.full((200, 8, 3), 100, np.float32)
    np.testing.assert_allclose(part(7, pixels)[:, 3], 100 * part.gain(7), rtol=1e-5)
