from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from helpers.cameras import plain, record
from sspd.errors import UsageError
from sspd.simulation import VideoSpec, simulate
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.pipeline import STEPS
from sspd.types import Box

#: What switches each step on, alone.
ALONE: dict[str, dict[str, Any]] = {
    "drift": {"drift_percent": 1.0, "balance_percent": 0.5, "drift_local": 0.5},
    "exposure": {"ae_speed": 0.3, "ae_start_percent": 20.0, "awb_speed": 0.1},
    "pattern": {"prnu_percent": 2.0, "row_levels": 1.0, "band_percent": 1.0},
    "sensor": {"full_well_e": 4000.0, "read_noise_e": 3.0, "demosaic": "bilinear"},
    "color": {"saturation_percent": 20.0, "matrix_percent": 3.0},
    "tone": {"contrast": 0.4, "toe": 0.3, "shoulder": 0.5},
    "local_tone": {"local_tone": 0.4},
    "levels": {"levels": "narrow"},
}
EVERYTHING = {name: value for options in ALONE.values() for name, value in options.items()}


def _scene(n: int = 4) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(40, 200, (n, 48, 64, 3)).astype(np.float32)


def test_a_camera_without_options_only_rounds() -> None:
    scene = _scene()
    np.testing.assert_array_equal(record(CameraSpec(), scene), np.rint(scene))


@pytest.mark.parametrize("step", ALONE)
def test_each_step_changes_the_video_alone_and_in_company(step: str) -> None:
    scene = _scene()
    assert not np.array_equal(record(CameraSpec(**ALONE[step]), scene), record(CameraSpec(), scene))
    rest = {k: v for k, v in EVERYTHING.items() if k not in ALONE[step]}
    assert not np.array_equal(
        record(CameraSpec(**rest), scene), record(CameraSpec(**EVERYTHING), scene)
    )


@pytest.mark.parametrize("left_out", [step for step in ALONE if step != "sensor"])
def test_a_step_that_is_left_out_changes_no_other(left_out: str) -> None:
    """The draws of the others are the same: their noise cancels in the difference."""
    names = ("drift", "pattern", "color", "sensor")
    scene = plain(4, 120)
    alone = {
        name: record(CameraSpec(**ALONE[name]), scene, seed=5) for name in names if name != left_out
    }
    rest = {k: v for name in names if name != left_out for k, v in ALONE[name].items()}
    with_all = record(CameraSpec(**{**rest, **ALONE[left_out]}), scene, seed=5)
    without = record(CameraSpec(**rest), scene, seed=5)
    for found in (with_all, without):
        noise = found[1].astype(float) - found[0]
        known = alone["sensor"][1].astype(float) - alone["sensor"][0]
        assert np.corrcoef(noise.ravel(), known.ravel())[0, 1] > 0.7


def test_equal_seeds_give_equal_bytes_and_others_do_not() -> None:
    options, scene = CameraSpec(**EVERYTHING), _scene()
    one, two, other = (record(options, scene, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_window_is_recorded_as_in_the_whole() -> None:
    options = {**EVERYTHING, **dict.fromkeys(("ae_speed", "awb_speed", "local_tone"), 0.0)}
    box, scene = Box(9, 7, 49, 40), _scene()
    whole = record(CameraSpec(**options), scene)[:, 7:40, 9:49]
    part = record(CameraSpec(**options), np.ascontiguousarray(scene[:, 7:40, 9:49]), box)
    # the last bit of a product may differ with the place of a pixel in a vector register
    assert np.mean(whole != part) < 0.01
    assert np.abs(whole.astype(int) - part).max() <= 1


def test_a_video_without_a_camera_is_not_changed_and_one_with_it_is_repeatable() -> None:
    spec = VideoSpec(seed=4, width=96, height=96, face_px=64, duration_s=0.5)
    camera = CameraSpec(**EVERYTHING)

    def rgb(of: VideoSpec, chunk: int) -> np.ndarray:
        return np.concatenate([frames.rgb for frames in simulate(of, chunk)])

    with_camera = spec.replace(camera=camera)
    np.testing.assert_array_equal(rgb(with_camera, 4), rgb(with_camera, 32))
    assert not np.array_equal(rgb(with_camera, 8), rgb(spec, 8))
    assert VideoSpec(**with_camera.record()) == with_camera
    # leaving the camera out leaves person, pulse and light as they were
    quiet = rgb(spec.replace(noise_levels=0.0), 8).astype(int)
    assert np.abs(quiet - rgb(spec.replace(camera=CameraSpec()), 8)).max() <= 1


def test_steps_are_in_physical_order_with_places_for_others() -> None:
    order = list(STEPS)
    assert order.index("lens") < order.index("sensor") and order.index("mains") < order.index(
        "sensor"
    )
    for name in ("denoise", "sharpen", "beauty"):
        assert order.index("tone") < order.index(name) < order.index("levels")
    assert set(ALONE) <= set(order)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drift_slope": 4.0}, "drift_slope must be 0 to 3"),
        ({"levels": "video"}, "levels must be one of"),
        ({"demosaic": "ahd"}, "demosaic must be one of"),
        ({"ae_speed": float("nan")}, "ae_speed must be 0 to 1"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        CameraSpec(**options)


def test_options_of_numbers_are_all_checked() -> None:
    for field in dataclasses.fields(CameraSpec):
        if field.name not in ("demosaic", "lamp", "levels"):
            with pytest.raises(UsageError, match=field.name):
                CameraSpec(**{field.name: 1e12})


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((65, 67), Box(0, 0, 65, 67)),
        ((640, 64), Box(601, 3, 640, 60)),
        ((64, 333), Box(1, 17, 9, 33)),
    ],
)
def test_odd_sizes_and_small_windows_are_recorded(size: tuple[int, int], box: Box) -> None:
    frames = plain(3, 120, (box.width, box.height))
    found = record(CameraSpec(**EVERYTHING), frames, box, size=size)
    assert found.shape == frames.shape and found.dtype == np.uint8
    assert 60 < found.mean() < 200


def test_two_frames_at_one_a_second_are_recorded() -> None:
    spec = VideoSpec(
        seed=1, width=96, height=96, face_px=60, duration_s=2, fps=1,
        camera=CameraSpec(**EVERYTHING),
    )  # fmt: skip
    assert sum(len(frames.rgb) for frames in simulate(spec)) == 2
