from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation import VideoSpec, cheek_mask
from sspd.simulation.person.motion import Poses
from sspd.simulation.person.pulse_color import PulseColor
from sspd.simulation.render import render_pixels
from sspd.simulation.stage import set_stage

SMALL = {"width": 120, "height": 110, "face_px": 70, "duration_s": 6.0, "lf_ms": 0, "hf_ms": 0}


def _demodulated(spec: VideoSpec) -> NDArray[np.complex128]:
    """AC/DC of R, G and B at the heart rate on the cheeks, before noise, per blood volume."""
    stage = set_stage(spec)
    poses, still = stage.poses, np.zeros(len(stage.t))
    stage = replace(stage, poses=Poses(**dict.fromkeys(vars(poses), still)))
    cheeks = cheek_mask(spec)
    mean = np.array(
        [render_pixels(stage, k)[cheeks].mean(axis=0, dtype=float) for k in range(len(stage.t))]
    )
    window = np.hanning(len(mean) + 2)[1:-1]
    turning = window * np.exp(-2j * np.pi * spec.hr_bpm / 60 * stage.t)
    return np.asarray(-(turning @ (mean / mean.mean(axis=0) - 1)) / (turning @ stage.volume))


@pytest.mark.parametrize(
    ("color", "tone", "hr_bpm"),
    [
        (PulseColor(0.0, 0.0), 2, 60.0),
        (PulseColor(0.9, 1.1, red_delay_ms=-40, blue_delay_ms=20), 5, 150.0),
        (PulseColor(0.10, 0.32, red_delay_ms=-60, blue_delay_ms=10), 0, 50.0),
        (PulseColor(-0.1, 0.5, blue_delay_ms=-30), 3, 100.0),
    ],
)
def test_the_colour_of_the_pulse_in_pixel_values_is_that_of_its_option(
    color: PulseColor, tone: int, hr_bpm: float
) -> None:
    spec = VideoSpec(
        seed=3, skin_tone=tone, hr_bpm=hr_bpm, pulse_percent=1.0, pulse_color=color, **SMALL
    )
    ac_dc = 100 * _demodulated(spec)
    ratio = ac_dc / ac_dc[1]
    delay_s = np.array([color.red_delay_ms, 0, color.blue_delay_ms]) / 1000
    wanted = color.vector * np.exp(-2j * np.pi * hr_bpm / 60 * delay_s)
    np.testing.assert_allclose(ratio, wanted, atol=2e-3)
    assert abs(ac_dc[1]) == pytest.approx(1.0, rel=0.01)


def test_the_grey_part_over_greens_surplus_is_that_of_the_option() -> None:
    for red, blue, known_db in ((0.43, 0.69, 4.1), (0.10, 0.32, -4.5), (0.8, 1.0, 19.4)):
        color = PulseColor(red, blue)
        r, g, b = _demodulated(VideoSpec(seed=1, pulse_color=color, **SMALL)).tolist()
        grey_db = 20 * np.log10(abs(r + g + b) / 3 / abs(g - (r + b) / 2))
        assert grey_db == pytest.approx(color.grey_db, abs=0.1)
        assert color.grey_db == pytest.approx(known_db, abs=0.1)


@pytest.mark.parametrize("tone", [1, 5])
def test_melanin_weakens_the_pulse_only_where_asked(tone: int) -> None:
    of = {
        weaker: _demodulated(
            VideoSpec(skin_tone=tone, pulse_color=PulseColor(weaker_by_tone=weaker), **SMALL)
        )
        for weaker in (False, True)
    }
    assert abs(of[True][1] / of[False][1]) == pytest.approx({1: 1.0, 5: 0.5}[tone], abs=0.02)
    np.testing.assert_allclose(of[True] / of[True][1], of[False] / of[False][1], atol=1e-3)


def test_a_dark_skin_changes_by_fewer_pixel_values_too() -> None:
    change = []
    for tone in (1, 5):
        spec = VideoSpec(skin_tone=tone, pulse_color=PulseColor(weaker_by_tone=True), **SMALL)
        person = set_stage(spec).person
        change.append(float(person.pulse[..., 1].min()))
    assert change[1] / change[0] == pytest.approx(0.18, abs=0.06)


def test_a_video_without_a_pulse_has_none_in_any_colour() -> None:
    spec = VideoSpec(pulse_percent=0, pulse_color=PulseColor(0.9, 1.1, 30, -30), **SMALL)
    stage = set_stage(spec)
    assert not stage.person.pulse.any() and not stage.person.late.any()


def test_given_beats_set_the_rate_at_which_delays_are_exact() -> None:
    color = PulseColor(0.5, 0.5, red_delay_ms=-60)
    beats = tuple(np.arange(0.2, 6, 0.4).tolist())
    known = VideoSpec(hr_bpm=150, pulse_color=color, **SMALL)
    given_beats = known.replace(hr_bpm=60, beats_s=beats)
    one, other = (set_stage(spec).person for spec in (known, given_beats))
    np.testing.assert_allclose(one.late, other.late, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    red=st.floats(-0.3, 1.2),
    blue=st.floats(-0.3, 1.5),
    delay_ms=st.floats(-100, 100),
    weaker=st.booleans(),
)
def test_a_specification_comes_back_from_its_record(
    red: float, blue: float, delay_ms: float, weaker: bool
) -> None:
    spec = VideoSpec(seed=4, pulse_color=PulseColor(red, blue, delay_ms, -delay_ms, weaker))
    assert VideoSpec(**json.loads(json.dumps(spec.record()))) == spec


@pytest.mark.parametrize(
    ("options", "named"),
    [({"red": 1.3}, "red"), ({"blue_delay_ms": 200}, "blue_delay_ms"), ({"blue": -0.4}, "blue")],
)
def test_what_no_camera_writes_is_an_error(options: dict[str, float], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        PulseColor(**options)  # type: ignore[arg-type]
