from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation import VideoSpec, cheek_mask, face_box, simulate, simulate_faces
from sspd.simulation.lights.curves import event_times, power_law_noise, wandering_phase
from sspd.simulation.lights.grid import make_grid
from sspd.simulation.lights.passing import passing_curve
from sspd.simulation.lights.screen import screen_levels
from sspd.simulation.lights.steady import cloud_curve, lamp_curve
from sspd.simulation.render import render_pixels
from sspd.simulation.scene_light import LIGHT_KINDS, LightSpec, draw_light, true_light
from sspd.simulation.spec import rest_place
from sspd.simulation.stage import set_stage
from sspd.types import Box

STILL = VideoSpec(seed=4, width=160, height=140, face_px=80, pulse_percent=0.0, duration_s=1.0)
#: Lights that change within a second, each by itself.
LIGHTS = {
    "video": LightSpec(screen_percent=40.0, screen_scene_s=0.5),
    "scroll": LightSpec(screen_percent=40.0, screen_content="scroll", screen_scene_s=0.5),
    "loop": LightSpec(screen_percent=20.0, screen_content="loop", screen_hz=2.0),
    "people": LightSpec(shadow_percent=50.0, shadow_every_s=0.5),
    "hand": LightSpec(shadow_percent=50.0, shadow_cast_by="hand", shadow_every_s=0.5),
    "leaves": LightSpec(shadow_percent=50.0, shadow_cast_by="leaves", shadow_width=0.7),
    "side": LightSpec(side_percent=60.0, side_color_percent=20.0),
    "lamps": LightSpec(passing_percent=60.0, passing_hz=2.0),
    "trees": LightSpec(passing_percent=60.0, passing_objects="trees", passing_hz=2.0),
    "tunnels": LightSpec(passing_percent=60.0, passing_objects="tunnels"),
    "hue": LightSpec(hue_percent=20.0, hue_hz=1.0),
    "pwm": LightSpec(pwm_percent=5.0, pwm_hz=100.0),
    "hunting": LightSpec(hunting_percent=5.0, hunting_hz=2.0),
    "clouds": LightSpec(cloud_percent=20.0),
}
ALL = LightSpec(
    screen_percent=30.0, shadow_percent=30.0, side_percent=40.0, passing_percent=30.0,
    hue_percent=5.0, pwm_percent=1.0, hunting_percent=2.0, cloud_percent=5.0,
)  # fmt: skip


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def rendered(spec: VideoSpec) -> NDArray[np.float64]:
    stage = set_stage(spec)
    return np.array([render_pixels(stage, k) for k in range(len(stage.t))], np.float64)


@cache
def plain(spec: VideoSpec) -> NDArray[np.float64]:
    """Render a video without a light, once for all tests."""
    return rendered(spec)


def face_and_wall(spec: VideoSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weigh pixels as those that `true_light` averages: the resting face, the wall beside."""
    x, y = rest_place(spec)
    u = (np.arange(spec.width) - x)[None] / spec.face_px
    v = (np.arange(spec.height) - y)[:, None] / spec.face_px
    face = np.exp(-0.5 * ((u / 0.21) ** 2 + (v / 0.275) ** 2))
    body = (v > 0.6) & (np.abs(u) < 1.45) | (v > -1.1) & (np.abs(u) < 0.75)
    return face, (~body).astype(float)


def corner(spec: VideoSpec) -> NDArray[np.bool_]:
    """Mark the wall beside the head."""
    mask = np.zeros((spec.height, spec.width), bool)
    x = rest_place(spec)[0]
    away = np.abs(np.arange(spec.width) - x) > 0.85 * spec.face_px
    mask[: spec.height // 3, away] = True
    return mask


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


# Strength on the face, and what the wall gets


@pytest.mark.parametrize("kind", LIGHTS)
def test_rendered_pixels_change_as_the_true_light(kind: str) -> None:
    spec = STILL.replace(light=LIGHTS[kind], duration_s=2.0, fps=10.0)
    ratio = rendered(spec) / plain(spec.replace(light=None))
    true = true_light(spec)
    for weight, gain in zip(face_and_wall(spec), true, strict=True):
        seen = np.einsum("tijc,ij->tc", ratio, weight) / weight.sum()
        np.testing.assert_allclose(seen, gain, atol=0.012)
        assert np.sqrt(((seen - gain) ** 2).mean()) < 0.005


@pytest.mark.parametrize("percent", [1.0, 5.0, 20.0])
def test_a_hunting_lamp_has_its_size_on_cheeks_and_wall(percent: float) -> None:
    light = LightSpec(hunting_percent=percent, hunting_hz=2.0, hunting_wander=0.1)
    spec = STILL.replace(light=light, duration_s=4.0, motion="still")
    ratio = rendered(spec) / plain(spec.replace(light=None))
    for mask in (cheek_mask(spec), corner(spec)):
        assert np.ptp(ratio[:, mask].mean(axis=(1, 2))) == pytest.approx(percent / 100, rel=0.12)


@pytest.mark.parametrize("percent", [5.0, 30.0, 80.0])
def test_a_side_light_leaves_the_dark_cheek_its_share(percent: float) -> None:
    spec = STILL.replace(light=LightSpec(side_percent=percent), duration_s=0.1)
    ratio = (rendered(spec) / plain(spec.replace(light=None)))[0]
    x, y = (round(place) for place in rest_place(spec))
    off = round(0.25 * spec.face_px)
    sides = [ratio[y : y + 9, x + way * off].mean() for way in (-1, 1)]
    assert min(sides) / max(sides) == pytest.approx(1 - percent / 100, abs=0.03)


@pytest.mark.parametrize("percent", [10.0, 40.0, 90.0])
@pytest.mark.parametrize("who", ["people", "hand"])
def test_a_shadow_is_as_deep_as_asked(who: str, percent: float) -> None:
    light = LightSpec(shadow_percent=percent, shadow_cast_by=who, shadow_width=2.0)
    face = true_light(STILL.replace(light=light), np.arange(0, 60, 0.1))[0][:, 1]
    assert face.min() == pytest.approx(1 - percent / 100, abs=0.06 * percent / 100)
    # and between the shadows there is all the light
    assert face.max() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("percent", [10.0, 40.0, 90.0])
@pytest.mark.parametrize("passed", ["lamps", "trees", "tunnels"])
def test_passing_light_changes_by_its_percent(passed: str, percent: float) -> None:
    light = LightSpec(passing_percent=percent, passing_objects=passed, passing_speed=60.0)
    face = true_light(STILL.replace(light=light), np.arange(0, 60, 0.05))[0][:, 1]
    assert np.ptp(face) == pytest.approx(percent / 100, rel=0.15)


@pytest.mark.parametrize("percent", [5.0, 20.0, 60.0])
def test_a_screen_gives_its_share_of_the_light(percent: float) -> None:
    """A black screen takes its share away; at its mean level nothing changes."""
    spec = STILL.replace(light=LightSpec(screen_percent=percent, screen_color=0.0))
    videos = [true_light(spec.replace(seed=seed), np.arange(0, 400, 4.0)) for seed in range(6)]
    face, wall = (np.concatenate(gains) for gains in zip(*videos, strict=True))
    level = screen_levels(LightSpec(screen_color=0.0), rng(1), np.arange(0, 40_000, 0.5))
    assert level.mean() == pytest.approx(1.0, abs=0.02)
    assert level.std() == pytest.approx(0.55, rel=0.08)
    size = face[:, 1].std() / (percent / 100)
    assert size == pytest.approx(level.mean(axis=1).std(), rel=0.2)
    assert face.min() >= 1 - 1.02 * percent / 100
    # inverse square: a wall three times as far gets a ninth, beside the rest of the light
    share = percent / 100
    against = share / (1 - share) / 9
    slope = (face[:, 1] - 1) @ (wall[:, 1] - 1) / ((face[:, 1] - 1) ** 2).sum()
    assert slope == pytest.approx(against / (1 + against) / share, rel=0.12)


@pytest.mark.parametrize("kind", LIGHTS)
def test_without_a_share_the_wall_stays_as_it_is(kind: str) -> None:
    light = LightSpec(**{**vars(LIGHTS[kind]), "wall_share": 0.0})
    spec = STILL.replace(light=light, duration_s=0.5, fps=10.0)
    mask = corner(spec)
    np.testing.assert_array_equal(rendered(spec)[:, mask], plain(spec.replace(light=None))[:, mask])
    assert true_light(spec)[1] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize("kind", ["people", "hand", "leaves", "trees", "tunnels"])
def test_shadows_on_the_wall_are_as_deep_as_their_share(kind: str, share: float) -> None:
    light = LightSpec(**{**vars(LIGHTS[kind]), "wall_share": share})
    depth = (light.shadow_percent + light.passing_percent) / 100
    stage = set_stage(STILL.replace(light=light, duration_s=60.0, fps=8.0))
    assert stage.light is not None
    darkest = min(stage.light.sources[0].wall(k)[..., 1].min() for k in range(len(stage.t)))
    assert 1 - darkest == pytest.approx(share * depth, rel=0.06)


@pytest.mark.parametrize("share", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("kind", ["hunting", "clouds", "hue"])
def test_the_wall_gets_its_share_of_the_changes(kind: str, share: float) -> None:
    light = LightSpec(**{**vars(LIGHTS[kind]), "wall_share": share})
    face, wall = true_light(STILL.replace(light=light), np.arange(0, 30, 0.1))
    slope = (face[:, 0] - 1) @ (wall[:, 0] - 1) / ((face[:, 0] - 1) ** 2).sum()
    assert slope == pytest.approx(share, rel=0.08)
    assert np.corrcoef(face[:, 0], wall[:, 0])[0, 1] > 0.999


@pytest.mark.parametrize("delay_s", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("kind", ["hunting", "clouds", "video", "tunnels"])
def test_the_light_of_the_wall_comes_later(kind: str, delay_s: float) -> None:
    light = LightSpec(**{**vars(LIGHTS[kind]), "wall_delay_s": delay_s})
    spec = STILL.replace(light=light)
    t = np.arange(0, 30, 0.1)
    late, now = true_light(spec, t)[1], true_light(spec.replace(light=LIGHTS[kind]), t - delay_s)[1]
    np.testing.assert_allclose(late, now, atol=1e-5)


def test_a_head_that_moves_changes_the_side_light_on_the_face_alone() -> None:
    light = LightSpec(side_percent=60.0, side_near=0.2)
    spec = STILL.replace(
        light=light, motion="translation", speed_px_s=40.0, duration_s=6.0, fps=10.0
    )
    face, wall = true_light(spec)
    assert np.ptp(face[:, 1]) > 0.02
    assert np.ptp(wall[:, 1]) < 0.02
    far = true_light(spec.replace(light=LightSpec(side_percent=60.0, side_near=0.0)))[0]
    assert np.ptp(far[:, 1]) < 0.3 * np.ptp(face[:, 1])


def test_the_two_sides_of_a_mixed_light_differ_in_colour() -> None:
    spec = STILL.replace(light=LightSpec(side_color_percent=30.0), duration_s=0.1)
    ratio = (rendered(spec) / plain(spec.replace(light=None)))[0]
    x, y = (round(place) for place in rest_place(spec))
    left, right = (ratio[y, x + way * round(0.25 * spec.face_px)] for way in (-1, 1))
    warmth = [side[0] / side[2] for side in (left, right)]
    assert max(warmth) / min(warmth) == pytest.approx((1.15 / 0.85) ** 2, rel=0.05)
    assert left[1] == pytest.approx(right[1], rel=0.01)


def test_a_face_that_fills_the_frame_has_no_known_wall() -> None:
    spec = VideoSpec(width=86, height=86, face_px=60, light=LIGHTS["hunting"], duration_s=0.2)
    face, wall = true_light(spec)
    assert np.isfinite(face).all() and np.isnan(wall).all()


# Rates and spectra


def line_hz(values: NDArray[np.float64], fs: float) -> float:
    power = np.abs(np.fft.rfft((values - values.mean()) * np.hanning(values.size), 1 << 16))
    return float(np.fft.rfftfreq(1 << 16, 1 / fs)[power.argmax()])


@pytest.mark.parametrize("hz", [0.5, 1.2, 3.0])
def test_what_is_periodic_has_its_rate(hz: float) -> None:
    t = np.arange(0, 60, 0.02)
    lamp = lamp_curve(LightSpec(hunting_percent=3.0, hunting_hz=hz, hunting_wander=0.0), rng(), t)
    assert np.ptp(lamp[:, 1]) == pytest.approx(0.03, rel=0.01)
    loop = screen_levels(LightSpec(screen_content="loop", screen_hz=hz), rng(), t)
    row = passing_curve(LightSpec(passing_hz=hz, passing_irregular=0.0), rng(), t)
    assert abs(row.mean()) < 0.02 and np.ptp(row) == pytest.approx(1.0, abs=0.05)
    for curve in (lamp[:, 1], loop[:, 0, 1], row):
        assert line_hz(curve, 50.0) == pytest.approx(hz, abs=0.02)


def test_a_limit_cycle_wanders() -> None:
    t = np.arange(0, 600, 0.05)
    phase = wandering_phase(rng(3), t, 1.5, 0.1)
    rate = np.gradient(phase, t) / (2 * np.pi)
    assert rate.mean() == pytest.approx(1.5, rel=0.02)
    assert rate.std() == pytest.approx(0.15, rel=0.3)


@pytest.mark.parametrize(
    ("pwm_hz", "fps", "alias_hz"), [(120.0, 29.97, 0.12), (100.0, 30.0, 10.0), (120.0, 25.0, 5.0)]
)
def test_a_dimmer_shows_its_alias_at_the_frame_rate(
    pwm_hz: float, fps: float, alias_hz: float
) -> None:
    light = LightSpec(pwm_percent=4.0, pwm_hz=pwm_hz)
    gain = lamp_curve(light, rng(), np.arange(1800) / fps)[:, 1]
    assert line_hz(gain, fps) == pytest.approx(alias_hz, abs=0.02)
    # three frames a period may miss the peaks
    assert 0.03 < np.ptp(gain) <= 0.04 + 1e-9


@pytest.mark.parametrize("slope", [0.0, 1.0, 5 / 3])
def test_power_falls_as_asked(slope: float) -> None:
    t = np.arange(0, 4000, 0.2)
    f_hz = np.fft.rfftfreq(t.size, 0.2)
    noise = [power_law_noise(rng(k), t, (0.005, 0.5), slope) for k in range(8)]
    power = (np.abs(np.fft.rfft(noise)) ** 2).mean(axis=0)
    edges = np.geomspace(0.006, 0.45, 9)
    bands = [power[(f_hz >= a) & (f_hz < b)].mean() for a, b in pairwise(edges)]
    fit = np.polyfit(np.log(np.sqrt(edges[1:] * edges[:-1])), np.log(bands), 1)[0]
    assert -fit == pytest.approx(slope, abs=0.15)


@pytest.mark.parametrize("percent", [1.0, 10.0, 40.0])
def test_clouds_have_their_deviation(percent: float) -> None:
    t = np.arange(0, 60_000, 1.0)
    gain = cloud_curve(LightSpec(cloud_percent=percent), rng(1), t)
    assert gain[:, 1].mean() == pytest.approx(1.0, abs=0.02)
    assert gain[:, 1].std() == pytest.approx(percent / 100, rel=0.1)
    assert gain[:, 2].std() < gain[:, 1].std() < gain[:, 0].std()


@pytest.mark.parametrize("scene_s", [1.0, 4.0, 10.0])
def test_scenes_last_as_long_as_asked(scene_s: float) -> None:
    light = LightSpec(screen_scene_s=scene_s, screen_color=0.0)
    level = screen_levels(light, rng(2), np.arange(0, 1500, 0.005))[:, 0, 1]
    # within a scene the level changes by little from one time to the next, at a cut by more
    cuts = np.abs(np.diff(np.log(np.maximum(level, 1e-3)))) > 0.03
    assert 1500 / cuts.sum() == pytest.approx(scene_s, rel=0.25)


def test_events_cover_all_times() -> None:
    draws = rng()
    times = event_times(lambda: float(draws.exponential(3.0)), np.array([0.0, 50.0]), 5.0)
    assert times[0] < -50 and times[-1] > 55 and np.all(np.diff(times) >= 0)


def test_flecks_of_sun_last_some_tenths_of_a_second() -> None:
    light = LightSpec(
        shadow_percent=60.0, shadow_cast_by="leaves", shadow_width=0.6, shadow_speed=0.8
    )
    stage = set_stage(STILL.replace(light=light, duration_s=60.0, fps=20.0))
    assert stage.light is not None
    source = stage.light.sources[0]
    gain = np.array([source.person(k)[12, 14, 1] for k in range(len(stage.t))])
    bright = gain > np.median(gain)
    lengths = np.diff(np.flatnonzero(np.diff(bright.astype(int)))) / 20
    assert 0.2 < np.median(lengths) < 1.5


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
