from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.vitals.colour_direction import (
    ColourDirection,
    measure_colour_direction,
)
from sspd.vitals.colour_line import colour_line

FS, N = 30.0, 900
T = np.arange(N) / FS


def _measured(
    change: tuple[float, float, float],
    wall: tuple[float, float, float] = (0, 0, 0),
    f_hz: float = 1.2,
    seed: int = 0,
) -> ColourDirection:
    """Colours that change at a rate, by parts in a thousand, with noise of the same size."""
    rng = np.random.default_rng(seed)
    wave = np.cos(2 * np.pi * f_hz * T)
    face = rng.normal(0, 1e-3, (N, 4, 3)) - 1e-3 * wave[:, None, None] * np.array(change)
    behind = rng.normal(0, 1e-3, (N, 3)) - 1e-3 * wave[:, None] * np.array(wall)
    # hair and wall are a third of the box
    box = (2 * face.mean(axis=1) + behind) / 3
    face, box, behind = (120 * (1 + part) for part in (face, box, behind))
    found = measure_colour_direction(wave, face, box, behind, FS, f_hz)
    assert found is not None
    return found


@pytest.mark.parametrize("length", [300, 900])
@pytest.mark.parametrize("without", [None, np.ones(3)])
def test_noise_alone_is_as_seldom_sure_as_it_says(
    length: int, without: NDArray[np.float64] | None
) -> None:
    rng = np.random.default_rng(length)
    mix = rng.normal(size=(3, 3))
    found = []
    for _ in range(400):
        line = colour_line(
            rng.normal(size=(length, 3)) @ mix, FS, rng.uniform(0.9 if length == 900 else 1.3, 3.0)
        )
        assert line is not None
        found.append(line.significance_db(without))
    # one in ten is 10 dB, one in a hundred 20 dB
    assert np.mean(np.array(found) > 10) == pytest.approx(0.10, abs=0.04)
    assert np.mean(np.array(found) > 20) == pytest.approx(0.01, abs=0.015)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.8, 3.3))
def test_a_colour_matrix_changes_nothing(seed: int, f_hz: float) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(N, 3)) + np.cos(2 * np.pi * f_hz * T)[:, None] * rng.normal(size=3)
    mix = np.eye(3) + 0.4 * rng.uniform(-1, 1, (3, 3))
    one, other = colour_line(rows, FS, f_hz), colour_line(rows @ mix, FS, f_hz)
    assert one is not None and other is not None
    assert one.significance_db() == pytest.approx(other.significance_db(), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("color", [(0.03, 1, 0.02), (0.1, 1, 0.32), (0.45, 1, 0.7), (0.8, 1, 1)])
def test_a_pulse_of_any_colour_is_a_change_beyond_grey(color: tuple[float, float, float]) -> None:
    found = _measured(color)
    assert found.change_db > 60 and found.quarters_alike > 0.85
    # the nearer to grey, the less sure; a line of 0.1 % in noise of 0.05 % shows it still
    assert found.beyond_grey_db > (10 if color[0] == 0.8 else 50)
    assert found.background_db < 20
    assert abs(found.background_share) < 4 * found.background_share_sd < 0.6
    assert found.box_share == pytest.approx(2 / 3, abs=0.12)
    assert found.with_colours > 0.95


@pytest.mark.parametrize("lamp", [(1.0, 1.0, 1.0), (1.0, 0.8, 0.3), (0.1, 0.6, 1.0)])
def test_a_lamp_of_any_colour_is_on_the_wall_too(lamp: tuple[float, float, float]) -> None:
    found = _measured(lamp, wall=lamp)
    assert found.change_db > 60 and found.background_db > 40
    assert found.beyond_background_db < 20 < found.change_db
    assert found.background_share == pytest.approx(1.0, abs=0.3)
    assert found.box_share == pytest.approx(1.0, abs=0.15)


def test_only_a_grey_lamp_is_grey() -> None:
    assert _measured((1, 1, 1)).beyond_grey_db < 20 < _measured((1, 0.8, 0.3)).beyond_grey_db


def test_a_change_that_turns_around_over_the_face_is_not_alike() -> None:
    rng = np.random.default_rng(2)
    wave = np.cos(2 * np.pi * 1.2 * T)
    colours = np.array([(1, 1, 1), (-0.2, -0.3, 1), (0.5, -1, 0.1), (1, 0.1, -1)])
    face = rng.normal(0, 1e-3, (N, 4, 3)) + 1e-3 * wave[:, None, None] * colours
    found = measure_colour_direction(
        wave, 120 * (1 + face), 120 * (1 + face[:, 0]), np.full((N, 3), np.nan), FS, 1.2
    )
    assert found is not None and found.quarters_alike < 0.85
    nothing = (found.background_db, found.beyond_background_db, found.background_share)
    assert np.isnan(nothing).all()


def test_what_is_too_short_or_never_changes_is_unknown() -> None:
    rng = np.random.default_rng(0)
    for length, f_hz in ((60, 1.2), (200, 0.8)):  # harmonics leave no room for the noise
        assert colour_line(rng.normal(size=(length, 3)), FS, f_hz) is None
    still = np.full((N, 4, 3), 120.0)
    assert measure_colour_direction(np.cos(T), still, still[:, 0], still[:, 0], FS, 1.2) is None


def test_two_lights_in_turn_are_no_blood_under_a_grey_noise_either() -> None:
    """Red up while green goes down is blood's green with a grey change, to one who sees noise."""
    rng = np.random.default_rng(5)
    wave = np.cos(2 * np.pi * 1.4 * T)[:, None]
    grey = rng.normal(0, 4e-3, (N, 1)) + rng.normal(0, 2e-4, (N, 3))
    found = []
    for colour in ([-2.0, 1.0, 0.5], [0.4, 1.0, 0.6]):
        line = colour_line(grey - 2e-3 * wave * colour, FS, 1.4)
        assert line is not None and line.significance_db() > 60
        found.append((line.beyond_blood_db(), line.beside_blood()))
    (light_db, light), (_, blood) = found
    assert light_db < 20 and light > 0.5 and blood < 0.1


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0, 0.9), st.floats(0, 1.1), st.floats(-0.055, 0.055), st.floats(-0.03, 0.03),
    st.floats(0.8, 3.5),
)  # fmt: skip
def test_every_pulse_is_blood_whatever_its_delays(
    red: float, blue: float, red_s: float, blue_s: float, f_hz: float
) -> None:
    times = np.stack([T - red_s, T, T - blue_s], axis=1)
    rows = 1e-3 * np.cos(2 * np.pi * f_hz * times) * [red, 1.0, blue]
    line = colour_line(rows + np.random.default_rng(1).normal(0, 1e-5, (N, 3)), FS, f_hz)
    assert line is not None and line.beside_blood() < 0.15


def test_a_slow_heart_read_double_shows_at_half_of_the_rate() -> None:
    slow = np.cos(2 * np.pi * 0.6 * T)[:, None, None] * np.array([0.4, 1.0, 0.6])
    noise = np.random.default_rng(2).normal(0, 1e-3, (N, 4, 3))
    face = 120 * (1 - 1e-3 * slow + noise)
    behind = np.full((N, 3), 90.0)
    wave = np.cos(2 * np.pi * 1.2 * T)
    double = measure_colour_direction(wave, face, face.mean(axis=1), behind, FS, 1.2)
    single = measure_colour_direction(wave, face, face.mean(axis=1), behind, FS, 0.6)
    assert double is not None and double.half_change_db > double.change_db + 60
    assert single is not None and np.isnan(single.half_change_db)  # 18 bpm is breathing
