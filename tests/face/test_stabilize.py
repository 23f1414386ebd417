from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.face.stabilize import STABILIZE_PX, head_shifts, shifted, stabilize_frames
from sspd.simulation import VideoSpec, simulate_faces
from sspd.simulation.faces import face_box
from sspd.simulation.person.motion import head_poses
from sspd.types import FIXED_POINT_MAX, Frames


def texture(seed: int, side: int = 96) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    rough = cv2.GaussianBlur(rng.normal(size=(side, side, 3)).astype(np.float32), (0, 0), 3)
    return np.asarray(128 + 40 * rough / rough.std(), np.float32)


def video_of(pictures: list[NDArray[np.float32]]) -> Frames:
    levels = np.clip(np.stack(pictures), 0, 255) * (FIXED_POINT_MAX / 255)
    return Frames(np.rint(levels).astype(np.uint16), np.arange(len(pictures)) / 30, FIXED_POINT_MAX)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 99),
    steps=st.lists(st.tuples(st.floats(0, 4), st.floats(-np.pi, np.pi)), min_size=1, max_size=5),
)
def test_shifts_are_found_to_a_part_of_a_pixel(seed: int, steps: list[tuple[float, float]]) -> None:
    # up to 4 pixels long: of longer shifts of this texture one in 30 and more is not found
    moves = [(length * np.cos(angle), length * np.sin(angle)) for length, angle in steps]
    way = np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])
    still = texture(seed)
    video = video_of([shifted(still, -place) for place in way])
    assert np.abs(head_shifts(video) - way).max() < 0.3


def test_a_shift_is_the_one_that_an_exhaustive_search_finds() -> None:
    still = texture(1)
    moved = shifted(still, np.array([-2.6, 1.4]))
    tried = np.arange(-4, 4.01, 0.2)
    inner = (slice(16, -16), slice(16, -16))
    worst = {
        (x, y): np.abs(shifted(moved, np.array([x, y]))[inner] - still[inner]).mean()
        for x in tried
        for y in tried
    }
    best = min(worst, key=lambda place: worst[place])
    assert np.abs(head_shifts(video_of([still, moved]))[1] - best).max() < 0.2


@pytest.mark.parametrize(
    ("motion", "speed_px_s"), [("translation", 140.0), ("translation", 40.0), ("still", 0.0)]
)
def test_simulated_heads_are_followed(motion: str, speed_px_s: float) -> None:
    spec = VideoSpec(
        seed=5,
        duration_s=6.0,
        motion=motion,
        speed_px_s=speed_px_s,
        face_px=180,
        noise_levels=2.0,
    )
    faces = simulate_faces(spec, STABILIZE_PX)
    poses, scale = head_poses(spec, faces.t), STABILIZE_PX / face_box(spec).width
    way = scale * np.stack([poses.x - poses.x[0], poses.y - poses.y[0]], axis=1)
    error = head_shifts(faces) - way
    assert np.abs(error).max() < 0.6
    assert np.diff(error, axis=0).std() < 0.15


def test_a_moving_face_changes_less_when_it_is_held_still() -> None:
    spec = VideoSpec(seed=2, duration_s=4.0, motion="translation", speed_px_s=100.0, face_px=200)
    faces = simulate_faces(spec, STABILIZE_PX)

    def change(frames: Frames) -> float:
        middle = frames.rgb[:, 10:22, 10:22].astype(float)
        return float(np.abs(np.diff(middle, axis=0)).mean())

    small = Frames(
        np.stack([cv2.resize(f, (32, 32), interpolation=cv2.INTER_AREA) for f in faces.rgb]),
        faces.t,
        FIXED_POINT_MAX,
    )
    assert change(stabilize_frames(faces, 32)) < 0.35 * change(small)


@pytest.mark.slow
def test_a_turning_head_is_not_lost() -> None:
    spec = VideoSpec(seed=3, duration_s=6.0, motion="rotation", angle_deg=20.0, face_px=200)
    shifts = head_shifts(simulate_faces(spec, STABILIZE_PX))
    assert np.abs(shifts).max() < 0.2 * STABILIZE_PX
    assert np.abs(np.diff(shifts, axis=0)).max() < 4


@pytest.mark.parametrize("level", [0, 120])
def test_what_has_no_texture_stays_where_it_is(level: int) -> None:
    wall = Frames(np.full((4, 64, 64, 3), level, np.uint8), np.arange(4) / 30)
    assert not head_shifts(wall).any()
    assert np.array_equal(stabilize_frames(wall, 16).rgb, np.full((4, 16, 16, 3), level))


def test_pictures_of_something_else_do_not_throw_the_face_about() -> None:
    face, other = texture(1), texture(2)
    shifts = head_shifts(video_of([face, face, other, face]))
    assert np.isfinite(shifts).all()
    assert np.abs(shifts[3]).max() < 0.5


@pytest.mark.parametrize("n", [0, 1])
def test_no_picture_and_one_are_fine(n: int) -> None:
    video = Frames(np.full((n, 48, 48, 3), 7, np.uint8), np.arange(n) / 30)
    assert stabilize_frames(video, 16).rgb.shape == (n, 16, 16, 3)
