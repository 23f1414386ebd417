from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation import VideoSpec, simulate
from sspd.simulation.camera.beauty import BeautyFilter
from sspd.simulation.camera.focus import Focus
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.pieces import PIECES, piece_names, without_piece
from sspd.simulation.camera.pipeline import make_camera
from sspd.simulation.camera.rolling import MainsBands
from sspd.simulation.camera.shot import Shot
from sspd.types import Box

SMALL = VideoSpec(
    seed=3, width=160, height=140, face_px=80, duration_s=0.3, motion="talking", noise_levels=0
)
#: A camera with all pieces.
PROCESSED = CameraSpec(
    drift_percent=1.0,
    balance_percent=3.0,
    drift_slope=0.5,
    focus_percent=1.0,
    focus_hunts_per_min=30.0,
    lamp="fluorescent",
    ae_speed=0.3,
    ae_start_percent=20.0,
    awb_speed=0.1,
    awb_period_frames=2,
    prnu_percent=2.0,
    band_percent=1.0,
    full_well_e=6000.0,
    iso_gain=4.0,
    read_noise_e=2.0,
    demosaic="bilinear",
    saturation_percent=20.0,
    contrast=0.3,
    local_tone=0.3,
    temporal_denoise=0.7,
    spatial_denoise=0.5,
    sharpen=1.0,
    beauty=0.7,
    levels="narrow",
)
NAMES = tuple(PIECES)


def _frames(camera: CameraSpec | None, chunk: int = 32, seed: int = 3) -> NDArray[np.uint8]:
    spec = SMALL.replace(camera=camera, seed=seed)
    return np.concatenate([part.rgb for part in simulate(spec, chunk=chunk)])


def _empty() -> CameraSpec:
    camera = PROCESSED
    for name in piece_names():
        camera = without_piece(camera, name)
    return camera


@pytest.fixture(scope="module")
def whole() -> NDArray[np.uint8]:
    return _frames(PROCESSED)


@pytest.fixture(scope="module")
def without_camera() -> NDArray[np.uint8]:
    return _frames(None)


def test_every_option_belongs_to_one_piece() -> None:
    owned = [name for piece in PIECES.values() for name in (*piece.switches, *piece.details)]
    assert sorted(owned) == sorted(field.name for field in dataclasses.fields(CameraSpec))


@pytest.mark.parametrize("name", NAMES)
def test_each_piece_changes_frames_alone_and_its_absence_changes_the_whole(
    name: str, whole: NDArray[np.uint8], without_camera: NDArray[np.uint8]
) -> None:
    assert not np.array_equal(_frames(without_piece(PROCESSED, name)), whole)
    switches = {one: getattr(PROCESSED, one) for one in PIECES[name].switches}
    if name == "white_balance":  # has nothing to correct in light that does not change
        drift = dataclasses.replace(_empty(), balance_percent=3.0, drift_slope=0.5)
        alone, without_camera = dataclasses.replace(drift, **switches), _frames(drift)
    else:
        alone = dataclasses.replace(_empty(), **switches)
    assert not np.array_equal(_frames(alone), without_camera)


def test_a_camera_without_pieces_is_no_camera_and_details_alone_do_nothing(
    without_camera: NDArray[np.uint8],
) -> None:
    np.testing.assert_array_equal(_frames(_empty()), without_camera)
    details = CameraSpec(
        focus_hunts_per_min=9,
        mains_hz=60,
        exposure_ms=3,
        readout_ms=9,
        sharpen_halo=50,
        beauty_unrest=20,
    )
    np.testing.assert_array_equal(_frames(details), without_camera)


@pytest.mark.parametrize("name", ["focus", "mains", "sensor", "temporal_denoise", "beauty"])
def test_a_piece_that_is_left_out_changes_no_random_number_of_another(name: str) -> None:
    shot = Shot(np.arange(60) / 30, Box(0, 0, 64, 48), 64, 48, (32.0, 24.0), 20.0)
    pixels = np.random.default_rng(1).uniform(0, 255, (48, 64, 3)).astype(np.float32)
    pixels[..., 0] += 15

    def draws(camera: CameraSpec) -> dict[str, NDArray[np.float32]]:
        steps = make_camera(camera, np.random.default_rng(5), shot).steps
        known = [one for one in steps if isinstance(one, Focus | MainsBands | BeautyFilter)]
        return {type(one).__name__: one(0, pixels.copy()) for one in known}

    whole, less = draws(PROCESSED), draws(without_piece(PROCESSED, name))
    assert len(whole) == 3 and len(less) >= 2
    for step, frame in less.items():
        np.testing.assert_array_equal(whole[step], frame)


def test_equal_seeds_give_equal_bytes_whatever_the_chunks(whole: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(_frames(PROCESSED, chunk=4), whole)
    assert not np.array_equal(_frames(PROCESSED, seed=4), whole)


@pytest.mark.parametrize("shape", [(8, 8), (33, 47), (90, 61), (5, 200)])
def test_windows_of_any_size_are_processed(shape: tuple[int, int]) -> None:
    h, w = shape
    shot = Shot(np.arange(4) / 30, Box(3, 2, 3 + w, 2 + h), 300, 200, (32.0, 24.0), 20.0)
    quiet = PROCESSED
    for name in ("drift", "pattern", "sensor", "color", "local_tone"):
        quiet = without_piece(quiet, name)
    camera = make_camera(quiet, np.random.default_rng(5), shot)
    for k in range(4):
        frame = camera.record(k, np.full((h, w, 3), (180, 130, 100), np.float32))
        assert frame.shape == (h, w, 3)
        # a plain colour has no texture to lose: mains light and brightening alone change it
        assert np.ptp(frame.mean(axis=(0, 1)) / (180, 130, 100)) < 0.3
        assert np.ptp(frame, axis=1).max() <= 12


def test_an_unknown_piece_is_named_with_the_known() -> None:
    with pytest.raises(UsageError, match=r"no piece 'shutter'.*temporal_denoise"):
        without_piece(PROCESSED, "shutter")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("temporal_denoise", 1.0),
        ("temporal_denoise", float("nan")),
        ("sharpen", -0.1),
        ("mains_hz", 0.0),
        ("lamp", "candle"),
        ("focus_percent", 6.0),
        ("beauty", 1.1),
    ],
)
def test_options_out_of_range_are_named(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=option):
        CameraSpec(**{option: value})  # type: ignore[arg-type]


def test_a_camera_comes_back_from_json() -> None:
    spec = SMALL.replace(camera=PROCESSED)
    assert VideoSpec(**spec.record()) == spec
