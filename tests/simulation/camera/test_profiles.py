from __future__ import annotations

import numpy as np
import pytest

from helpers.cameras import plain, record
from sspd.errors import UsageError
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.pieces import PIECES
from sspd.simulation.camera.profile_table import HELD_OUT, KINDS, PROFILES
from sspd.simulation.camera.profiles import draw_camera, draw_profile, profile_names


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_draws_cameras_that_record(name: str) -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_profile(rng, name) for _ in range(30)]
    assert len(set(drawn)) == 30
    for options in drawn[:3]:
        frames = record(options, plain(20, (170.0, 120.0, 100.0)))
        assert 40 < frames.mean() < 220
        assert frames.std(axis=0).mean() > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_profile_that_is_held_out_and_others(kind: str) -> None:
    free, kept = profile_names(kind), profile_names(kind, held_out=True)
    assert free and kept and not set(free) & set(kept)
    assert set(kept) <= set(HELD_OUT)
    assert draw_camera(np.random.default_rng(3), kind) == draw_camera(
        np.random.default_rng(3), kind
    )
    assert draw_camera(np.random.default_rng(3), kind, held_out=True).full_well_e > 0


def test_training_never_draws_what_is_held_out() -> None:
    drawn = [draw_camera(np.random.default_rng(k), "webcam") for k in range(60)]
    held = [draw_camera(np.random.default_rng(k), "webcam", held_out=True) for k in range(60)]
    assert max(camera.read_noise_e for camera in drawn) < min(
        camera.read_noise_e for camera in held
    )


def _noise(profile: str) -> float:
    rng = np.random.default_rng(1)
    sizes = []
    for _ in range(12):
        drawn = draw_profile(rng, profile)
        names = ("full_well_e", "iso_gain", "read_noise_e", "demosaic", "red_gain", "blue_gain")
        alone = CameraSpec(**{name: getattr(drawn, name) for name in names})
        sizes.append(record(alone, plain(4, 120)).astype(float)[..., 1].std())
    return float(np.median(sizes))


def test_dim_light_is_noisier_and_phones_are_quieter() -> None:
    assert 0.2 < _noise("front_phone") < _noise("phone_dim") < _noise("laptop_dim") < 12
    assert _noise("front_phone") < 0.6 * _noise("laptop") < 0.6 * _noise("laptop_dim")


def test_pieces_of_every_kind_are_drawn_by_training() -> None:
    drawn = [draw_camera(np.random.default_rng(k), kind) for kind in KINDS for k in range(30)]
    for name, piece in PIECES.items():
        used = [any(getattr(c, s) not in (0, "none") for s in piece.switches) for c in drawn]
        assert sum(used) > 5, name


def test_drawn_drift_leaves_room_for_that_of_light_and_codec() -> None:
    drawn = [draw_camera(np.random.default_rng(k), "phone") for k in range(100)]
    levels = [camera.drift_percent for camera in drawn]
    assert 0.008 <= min(levels) < 0.015 and 0.035 < max(levels) <= 0.045
    assert min(camera.drift_slope for camera in drawn) >= 1.0
    assert max(camera.drift_slope for camera in drawn) <= 2.7


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: draw_camera(rng, "film"), "kind of camera must be one of webcam, phone"),
        (lambda rng: draw_profile(rng, "toaster"), "profile must be one of laptop"),
        (lambda rng: profile_names(""), "kind of camera must be one of"),
    ],
)
def test_unknown_names_are_told(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=message):
        call(np.random.default_rng(0))
