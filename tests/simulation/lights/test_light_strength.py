from __future__ import annotations

import numpy as np
import pytest

from helpers.lights import LIGHTS, STILL, corner, face_and_wall, plain, rendered, rng
from sspd.simulation import VideoSpec, cheek_mask
from sspd.simulation.lights.scene_light import LightSpec, true_light
from sspd.simulation.lights.screen import screen_levels
from sspd.simulation.spec import rest_place
from sspd.simulation.stage import set_stage


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
