from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.lights import ALL, LIGHTS, STILL, rng
from sspd.errors import UsageError
from sspd.simulation import VideoSpec, face_box, simulate, simulate_faces
from sspd.simulation.lights.grid import make_grid
from sspd.simulation.lights.scene_light import LIGHT_KINDS, LightSpec, draw_light, true_light
from sspd.simulation.render import render_pixels
from sspd.simulation.stage import set_stage
from sspd.types import Box

# Nothing given, nothing changed; equal seeds, equal bytes


@pytest.mark.parametrize(
    "off", [LightSpec(), LightSpec(wall_share=0.2, screen_content="loop"), LightSpec(pwm_hz=200.0)]
)
def test_a_light_that_is_off_changes_no_byte(off: LightSpec) -> None:
    assert off.is_off
    spec = STILL.replace(pulse_percent=1.0, noise_levels=1.0, duration_s=0.3)
    lit, plain = (simulate_faces(spec.replace(light=light), 32).rgb for light in (off, None))
    np.testing.assert_array_equal(lit, plain)


@pytest.mark.parametrize("kind", LIGHTS)
def test_equal_seeds_give_equal_bytes_and_others_do_not(kind: str) -> None:
    spec = STILL.replace(light=LIGHTS[kind], duration_s=0.3, face_px=70)
    one, two = (np.concatenate([c.rgb for c in simulate(spec, chunk=n)]) for n in (3, 9))
    np.testing.assert_array_equal(one, two)
    # two seeds may meet the same pause between shadows, but hardly four
    t = np.arange(0, 40, 0.5)
    face = true_light(spec, t)[0]
    others = [true_light(spec.replace(seed=seed), t)[0] for seed in range(10, 14)]
    assert any(np.abs(other - face).max() > 1e-3 for other in others)


def test_a_light_that_is_left_out_changes_no_other() -> None:
    parts = [
        LightSpec(screen_percent=30.0),
        LightSpec(shadow_percent=30.0),
        LightSpec(side_percent=40.0),
        LightSpec(passing_percent=30.0),
        LightSpec(hue_percent=5.0, pwm_percent=1.0, hunting_percent=2.0),
        LightSpec(cloud_percent=5.0),
    ]
    together = set_stage(STILL.replace(light=ALL)).light
    alone = [set_stage(STILL.replace(light=part)).light for part in parts]
    assert together is not None and len(together.sources) == len(parts)
    for source, single in zip(together.sources, alone, strict=True):
        assert single is not None and len(single.sources) == 1
        for k in (0, 7, 29):
            np.testing.assert_array_equal(source.person(k), single.sources[0].person(k))
            np.testing.assert_array_equal(source.wall(k), single.sources[0].wall(k))


# A part of the video has the light of the whole


@pytest.mark.parametrize("kind", LIGHTS)
def test_the_face_box_has_the_light_of_the_whole_video(kind: str) -> None:
    spec = STILL.replace(light=LIGHTS[kind], duration_s=0.4)
    box = face_box(spec)
    whole, part = set_stage(spec), set_stage(spec, box)
    for k in (0, 5, 11):
        cut = render_pixels(whole, k)[box.top : box.bottom, box.left : box.right]
        np.testing.assert_allclose(render_pixels(part, k), cut, atol=0.02)


@settings(max_examples=60, deadline=None)
@given(
    left=st.integers(0, 90),
    top=st.integers(0, 70),
    width=st.integers(1, 30),
    height=st.integers(1, 30),
    seed=st.integers(0, 2**32),
)
def test_any_part_of_the_frame_is_enlarged_as_the_whole(
    left: int, top: int, width: int, height: int, seed: int
) -> None:
    grid = make_grid((120, 100), (55.0, 48.0), 60.0)
    gains = rng(seed).uniform(0.5, 1.5, (*grid.shape, 3)).astype(np.float32)
    whole = grid.enlarge(gains, Box(0, 0, 120, 100))
    part = grid.enlarge(gains, Box(left, top, left + width, top + height))
    assert whole.shape == (100, 120, 3)
    np.testing.assert_allclose(
        part, whole[top : top + height, left : left + width], rtol=0, atol=2e-6
    )


def test_enlarged_gains_are_those_of_the_places() -> None:
    """A gain that is linear in the place is reproduced exactly at each pixel."""
    grid = make_grid((120, 100), (55.0, 48.0), 60.0)
    large = grid.enlarge(1 + 0.1 * grid.u + 0.2 * grid.v, Box(0, 0, 120, 100))
    x, y = np.meshgrid(np.arange(120), np.arange(100))
    slow = 1 + 0.1 * (x - 55) / 60 + 0.2 * (y - 48) / 60
    np.testing.assert_allclose(large, np.repeat(slow[..., None], 3, axis=2), atol=1e-5)


@pytest.mark.parametrize("kind", LIGHTS)
def test_a_part_of_the_times_has_the_light_of_all(kind: str) -> None:
    spec = STILL.replace(light=LIGHTS[kind])
    t = np.arange(0, 30, 0.25)
    whole = true_light(spec, t)
    for part in (slice(0, 30), slice(50, 51), slice(100, None)):
        for all_of_it, some in zip(whole, true_light(spec, t[part]), strict=True):
            np.testing.assert_allclose(some, all_of_it[part], atol=1e-5)


# Options


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("screen_percent", 91.0),
        ("shadow_speed", 0.0),
        ("pwm_hz", float("nan")),
        ("wall_share", -0.1),
        ("screen_content", "opera"),
        ("shadow_cast_by", "ghost"),
        ("passing_objects", "ships"),
    ],
)
def test_options_out_of_range_are_named(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=option):
        LightSpec(**{option: value})  # type: ignore[arg-type]


def test_options_survive_json() -> None:
    spec = STILL.replace(light=ALL)
    assert VideoSpec(**json.loads(json.dumps(spec.record()))) == spec


@pytest.mark.parametrize("kind", LIGHT_KINDS)
def test_drawn_lights_are_of_their_kind(kind: str) -> None:
    drawn = [draw_light(rng(seed), kind) for seed in range(200)]
    assert drawn[3] == draw_light(rng(3), kind) != drawn[4]
    assert not any(light.is_off for light in drawn)
    assert all((light.passing_percent > 0) == (kind == "car") for light in drawn)
    assert all(light.screen_percent > 0 for light in drawn if kind == "screen")
    if kind == "home":
        # calm: what was measured on real walls, and a weak screen or lamp at times
        assert all(light.cloud_percent <= 1 and light.screen_percent <= 6 for light in drawn)


def test_an_unknown_kind_lists_the_known() -> None:
    with pytest.raises(UsageError, match=r"home.*lamp.*'moon'"):
        draw_light(rng(), "moon")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", LIGHT_KINDS)
def test_drawn_lights_render(kind: str, seed: int) -> None:
    spec = STILL.replace(light=draw_light(rng(seed), kind), duration_s=0.2, seed=seed)
    frames = simulate_faces(spec, 24).rgb
    assert frames.mean() > 5 * 256
