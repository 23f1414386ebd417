from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation.lights.lamp_spectra import LAMPS, lamp_spectrum
from sspd.simulation.person.recorded_pulse import (
    MELANIN,
    Sensor,
    draw_pulse_color,
    recorded_pulse,
    tone_gain,
)
from sspd.simulation.person.skin_optics import (
    NM,
    Skin,
    blood_absorption,
    pulse_spectrum,
    skin_reflectance,
)

DAY = lamp_spectrum("daylight")


def _at(nm: float, spectrum: NDArray[np.float64]) -> float:
    return float(np.interp(nm, NM, spectrum))


def _ratios(skin: Skin, lamp: str = "daylight", **sensor: float) -> tuple[float, float]:
    ac_dc = recorded_pulse(skin, lamp_spectrum(lamp), replace(Sensor(), **sensor))  # type: ignore[arg-type]
    return float(ac_dc[0] / ac_dc[1]), float(ac_dc[2] / ac_dc[1])


def test_blood_absorbs_as_tabulated_and_oxygen_cancels_at_isosbestic_points() -> None:
    oxy, deoxy = blood_absorption(1.0), blood_absorption(0.0)
    # 2.303 * 53,236 / (cm M) * 150 / 64,500 M
    assert _at(540, oxy) == pytest.approx(285.1, abs=0.2)
    for nm in (500, 570):
        assert _at(nm, oxy / deoxy) == pytest.approx(1.0, abs=0.02)
    assert _at(660, deoxy / oxy) > 8  # what oximeters live on


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.4), st.floats(0.005, 0.08), st.floats(0.0, 0.1))
def test_pulse_spectrum_is_the_derivative_of_the_reflectance(
    melanin: float, blood: float, gloss: float
) -> None:
    skin = Skin(melanin, blood, saturation=0.97, depth_mm=0.0, gloss=gloss)
    step = 1e-5
    more, less = (skin_reflectance(replace(skin, blood=blood + by)) for by in (step, -step))
    slow = (less - more) / (2 * step)
    # blood takes the place of bloodless tissue, which the formula leaves out
    bloodless, blood_cm = 0.244 + 85.3 * np.exp(-(NM - 154) / 66.2), blood_absorption(0.97)
    slow = slow * blood_cm / (blood_cm - bloodless)
    np.testing.assert_allclose(pulse_spectrum(skin), slow, rtol=1e-3)


def test_deep_vessels_are_hidden_from_blue_more_than_from_red() -> None:
    deep, shallow = (pulse_spectrum(Skin(depth_mm=depth)) for depth in (0.4, 0.1))
    left = deep / shallow
    assert _at(430, left) < _at(540, left) < _at(630, left) < 1
    # exp(-2 k z) with k of the green of light skin, 1/cm
    assert 10 < -np.log(_at(540, left)) / (2 * 0.03) < 60


def test_melanin_weakens_blue_most_and_red_least() -> None:
    red, blue = np.transpose([_ratios(Skin(melanin=part)) for part in MELANIN])
    assert red[5] > red[:5].max() + 0.05 and np.all(np.diff(blue) < 0)
    gains = [tone_gain(tone) for tone in range(6)]
    assert np.all(np.diff(gains) < 0) and gains[1] == 1 and 0.3 < gains[5] < 0.7


def test_the_lamp_decides_which_blood_is_seen() -> None:
    skin = Skin()
    by_lamp = {lamp: _ratios(skin, lamp) for lamp in LAMPS}
    # the phosphor's yellow is in the red channel, where blood still absorbs; a screen's red is not
    assert by_lamp["screen"][0] < by_lamp["daylight"][0] < by_lamp["led_cool"][0]
    assert by_lamp["tungsten"][0] < by_lamp["daylight"][0]
    # 436 nm hardly reaches the vessels; the blue of a bulb is near 500 nm
    assert by_lamp["fluorescent"][1] < by_lamp["daylight"][1] < by_lamp["tungsten"][1]


def test_the_camera_turns_the_colour_of_the_pulse() -> None:
    skin = Skin(melanin=0.3)
    red, blue = np.transpose([_ratios(skin, matrix=by) for by in (0.0, 0.5, 1.0)])
    assert np.all(np.diff(red) < 0) and np.all(np.diff(blue) < 0) and blue[2] < 0 < blue[0]
    # a shoulder flattens what is bright: red, relative to green
    assert _ratios(Skin(), shoulder=3.0)[0] < _ratios(Skin(), shoulder=0.0)[0]
    # without colour the change is grey: the same in pixel values, not in AC/DC
    ac_dc = recorded_pulse(Skin(), DAY, Sensor(chroma=0.0))
    assert ac_dc[0] < ac_dc[1] < ac_dc[2]


def test_white_balance_and_strength_of_the_light_change_nothing() -> None:
    one, other = (recorded_pulse(Skin(), lamp, Sensor()) for lamp in (DAY, 7 * DAY))
    np.testing.assert_allclose(one, other)


@pytest.fixture(scope="module")
def drawn() -> dict[int, NDArray[np.float64]]:
    """2,000 colours, red and blue, by skin tone."""
    rng = np.random.default_rng(32)
    colors = [(tone, draw_pulse_color(rng, tone)) for _ in range(334) for tone in range(6)]
    return {
        tone: np.array([(color.red, color.blue) for of, color in colors if of == tone])
        for tone in range(6)
    }


def test_what_is_drawn_covers_what_cameras_show(drawn: dict[int, NDArray[np.float64]]) -> None:
    red, blue = np.concatenate(list(drawn.values())).T
    # measured: R/G 0.03-0.8, B/G 0.02-1.0, medians from 0.10 and 0.32 (webcam) upwards
    for ratio, low, high, middle in ((red, 0.03, 0.8, (0.1, 0.5)), (blue, 0.02, 1.0, (0.3, 0.8))):
        assert np.mean(ratio < low) > 0.01 and np.mean(ratio > high) > 0.01
        assert middle[0] < np.median(ratio) < middle[1]
        # no part of the range is left out
        share = np.histogram(ratio, np.linspace(low, high, 9))[0] / ratio.size
        assert share.min() > 0.03
        assert np.mean(ratio < 0) < 0.1
    assert red.max() <= 0.9 and blue.max() <= 1.1 and min(red.min(), blue.min()) >= -0.1
    assert abs(np.corrcoef(red, blue)[0, 1]) < 0.4


def test_what_is_drawn_depends_on_tone_and_lamp(drawn: dict[int, NDArray[np.float64]]) -> None:
    light, dark = (np.median(drawn[tone], axis=0) for tone in (0, 5))
    assert dark[0] > light[0] and dark[1] < light[1] - 0.2
    rng = np.random.default_rng(0)
    reds = {
        lamp: np.median([draw_pulse_color(rng, 1, lamp).red for _ in range(150)])
        for lamp in ("screen", "led_cool")
    }
    assert reds["screen"] < reds["led_cool"] - 0.1


def test_delays_are_small_red_leads_and_they_can_be_left_out() -> None:
    rng = np.random.default_rng(1)
    colors = [draw_pulse_color(rng, 2) for _ in range(100)]
    red, blue = np.array([(color.red_delay_ms, color.blue_delay_ms) for color in colors]).T
    assert red.mean() < -5 and abs(blue.mean()) < 5 and np.abs([red, blue]).max() <= 60
    one, other = (
        draw_pulse_color(np.random.default_rng(3), 2, delays=delays) for delays in (True, False)
    )
    assert replace(one, red_delay_ms=0.0, blue_delay_ms=0.0) == other


def test_unknown_lamps_and_skins_are_errors() -> None:
    with pytest.raises(UsageError, match="lamp must be one of"):
        lamp_spectrum("candle")
    with pytest.raises(UsageError, match="melanin"):
        Skin(melanin=0.9)
