"""Whole scenes: every part is drawn, what is held out stays out, and they render."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.simulation import VideoSpec, random_spec, simulate, truth
from sspd.simulation.camera.profiles import HELD_OUT, profile_names
from sspd.simulation.scenarios import (
    HELD_OUT_HEARTS,
    HELD_OUT_LIGHTS,
    MIXTURES,
    SCENARIOS,
    draw_scenario,
)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", [*SCENARIOS, *MIXTURES])
def test_a_scene_draws_every_part_and_is_known_by_its_record(name: str) -> None:
    specs = [random_spec(rng(k), name) for k in range(12)]
    assert len({spec.seed for spec in specs}) == 12
    for spec in specs:
        assert spec.heart and spec.pulse_color and spec.camera and spec.codec
        assert VideoSpec(**json.loads(json.dumps(spec.record()))) == spec
        assert (spec.pulse_percent == 0) == (name == "null2")
        assert random_spec(rng(0), name) == specs[0]


def test_nothing_that_is_held_out_is_in_the_training() -> None:
    held = [draw_scenario(rng(k), "suite2", {}) for k in range(40)]
    used = [draw_scenario(rng(k), name, {}) for k in range(40) for name in ("train", "validation")]
    assert HELD_OUT and HELD_OUT_HEARTS and HELD_OUT_LIGHTS
    assert not {spec["heart"].kind for spec in used} & set(HELD_OUT_HEARTS)
    cameras = [{spec["camera"] for spec in specs} for specs in (held, used)]
    assert not cameras[0] & cameras[1]
    for kind in ("webcam", "phone", "call", "dim"):
        assert not set(profile_names(kind)) & set(profile_names(kind, held_out=True))


def test_a_simple_preset_has_nothing_held_out() -> None:
    with pytest.raises(UsageError, match="preset still has no held-out parts"):
        random_spec(rng(0), "still", held_out=True)
    held, free = (random_spec(rng(1), "home", held_out=side) for side in (True, False))
    assert held.camera != free.camera


def test_options_that_are_given_are_kept_and_change_no_other_part() -> None:
    free = draw_scenario(rng(3), "home", {})
    given = draw_scenario(rng(3), "home", {"camera": None, "pulse_percent": 0.5})
    assert given["camera"] is None and given["pulse_percent"] == 0.5
    same = ("heart", "pulse_color", "light", "codec", "skin_tone", "motion")
    assert all(given[name] == free[name] for name in same)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_scene_renders(name: str) -> None:
    spec = random_spec(rng(7), name, width=160, height=120, face_px=70, duration_s=1.0)
    frames = np.concatenate([chunk.rgb for chunk in simulate(spec)])
    assert frames.shape == (spec.n_frames, 120, 160, 3)
    assert 10 < frames.mean() < 235
    assert len(truth(spec).bvp) <= spec.n_frames


@pytest.mark.parametrize("name", ["heart", "pulse_color", "light", "camera", "codec", "face_track"])
def test_a_part_that_is_none_is_one_line(name: str) -> None:
    with pytest.raises(UsageError, match=rf"^simulate: {name} has no option 'odd'; there are: "):
        VideoSpec(**{name: {"odd": 1}})
    with pytest.raises(UsageError, match=rf"^simulate: {name} must be a \w+, got 3"):
        VideoSpec(**{name: 3})
