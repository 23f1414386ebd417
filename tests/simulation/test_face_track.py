from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.face.detect import detect_faces
from sspd.simulation import VideoSpec, face_box, simulate, simulate_faces
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.face_track import (
    PLACE_STEP,
    SIZE_RATIO,
    FaceTrackSpec,
    detector_square,
)
from sspd.simulation.faces import face_boxes
from sspd.simulation.render import render_frame
from sspd.simulation.stage import set_stage
from sspd.types import Box

SMALL = {"width": 160, "height": 140, "face_px": 80}
NO_ERROR = (0.0, 0.0, 0.0)
PHASES = st.tuples(*[st.floats(0, 1)] * 3)


@given(x=st.floats(50, 600), y=st.floats(50, 400), side=st.floats(60, 400), phase=PHASES)
def test_a_square_is_the_next_one_of_the_grid(
    x: float, y: float, side: float, phase: tuple[float, float, float]
) -> None:
    across, down, found = detector_square((x, y, side), phase, NO_ERROR)
    assert SIZE_RATIO**-0.5001 <= found / side <= SIZE_RATIO**0.5001
    half = 0.5001 * PLACE_STEP * found
    assert abs(across - x) <= half and abs(down - y) <= half
    # on the grid already
    again = detector_square((across, down, found), phase, NO_ERROR)
    assert again == pytest.approx((across, down, found))
    _, _, larger = detector_square((x, y, side), phase, (0.0, 0.0, 1.0))
    assert larger / found == pytest.approx(SIZE_RATIO)
    further, _, _ = detector_square((x, y, side), phase, (1.0, 0.0, 0.0))
    assert further - across == pytest.approx(PLACE_STEP * found)


@pytest.mark.slow
def test_the_real_detector_has_this_grid() -> None:
    spec = VideoSpec(seed=1, face_px=200, duration_s=0.1)
    frame = render_frame(set_stage(spec), 0)
    boxes = []
    for right in range(-30, 31, 3):
        shift = np.array([[1.0, 0.0, right], [0.0, 1.0, 0.0]])
        moved = cv2.warpAffine(frame, shift, (640, 480), borderMode=cv2.BORDER_REPLICATE)
        boxes.append(detect_faces(np.asarray(moved, np.uint8))[0])
    lefts, side = sorted({box.left for box in boxes}), boxes[0].width
    assert {box.width for box in boxes} == {side}
    assert 3 <= len(lefts) <= 5  # 60 pixels, moved by 3 each
    assert np.diff(lefts) == pytest.approx(PLACE_STEP * side, abs=1.5)
    sizes = set()
    for scale in np.arange(0.8, 1.25, 0.05):
        place = np.array([[scale, 0, 320 * (1 - scale)], [0, scale, 240 * (1 - scale)]])
        scaled = cv2.warpAffine(frame, place, (640, 480), borderMode=cv2.BORDER_REPLICATE)
        sizes.add(detect_faces(np.asarray(scaled, np.uint8))[0].width)
    ratios = np.diff(np.log(sorted(sizes)))
    assert ratios[ratios > 0.02] == pytest.approx(np.log(SIZE_RATIO), abs=0.02)


def _jumps(unrest: float, seed: int) -> float:
    track = FaceTrackSpec(every_s=1 / 6, unrest=unrest)
    spec = VideoSpec(seed=seed, duration_s=20, fps=6, face_px=100 + seed, face_track=track)
    boxes = face_boxes(spec)
    return float(np.mean([a != b for a, b in pairwise(boxes)]))


def test_boxes_jump_as_often_as_those_of_the_real_videos() -> None:
    few, measured, many = (
        np.array([_jumps(unrest, seed) for seed in range(150)]) for unrest in (0.0, 0.02, 0.06)
    )
    # four real videos: 0, 0, 12 and 12 % of the detections
    assert measured.mean() == pytest.approx(0.06, abs=0.02)
    assert 0.5 < np.mean(measured == 0) < 0.9
    assert few.mean() < 0.5 * measured.mean() < 0.25 * many.mean()


@pytest.mark.parametrize("every_s", [0.2, 0.5, 30.0])
def test_a_box_stays_until_the_next_detection(every_s: float) -> None:
    track = FaceTrackSpec(every_s=every_s, unrest=0.8)
    spec = VideoSpec(seed=3, duration_s=61, fps=10, face_track=track)
    boxes = face_boxes(spec)
    jumps = [k / 10 for k in range(1, len(boxes)) if boxes[k] != boxes[k - 1]]
    assert jumps
    assert all(abs(t / every_s - round(t / every_s)) < 1e-6 for t in jumps)
    assert all(box.width == box.height for box in boxes)
    assert all(box.left >= 0 and box.right <= spec.width for box in boxes)


def test_the_box_follows_a_head_that_moves() -> None:
    track = FaceTrackSpec(every_s=0.1, unrest=0.0)
    spec = VideoSpec(seed=2, duration_s=6, motion="translation", speed_px_s=120, face_px=150)
    held, followed = face_boxes(spec), face_boxes(spec.replace(face_track=track))
    assert set(held) == {face_box(spec)}
    poses = set_stage(spec, Box(0, 0, 8, 8)).poses
    centre = np.array([(box.left + box.right) / 2 for box in followed])
    assert np.ptp(centre) > 0.3 * np.ptp(poses.x)
    assert np.abs((centre - poses.x) - np.median(centre - poses.x)).max() < 0.2 * spec.face_px


@pytest.mark.parametrize("camera", [None, CameraSpec(sharpen=1.0)])
def test_crops_are_those_of_the_whole_video(camera: CameraSpec | None) -> None:
    track = FaceTrackSpec(every_s=0.1, unrest=0.8)
    spec = VideoSpec(seed=1, duration_s=0.6, noise_levels=0, **SMALL)
    spec = spec.replace(face_track=track, camera=camera)
    faces, boxes = simulate_faces(spec, size=32), face_boxes(spec)
    assert len(set(boxes)) > 2
    frames = np.concatenate([chunk.rgb for chunk in simulate(spec)])
    for crop, box, frame in zip(faces.rgb, boxes, frames, strict=True):
        cut = frame[box.top : box.bottom, box.left : box.right].astype(np.float32)
        expected = cv2.resize(cut, (32, 32), interpolation=cv2.INTER_AREA)
        assert np.abs(crop / 256 - expected).max() < 0.6


def test_a_jump_changes_what_a_crop_averages_and_a_held_box_does_not() -> None:
    spec = VideoSpec(seed=4, duration_s=3, noise_levels=0, pulse_percent=0, **SMALL)
    jumping = spec.replace(face_track=FaceTrackSpec(every_s=0.5, unrest=0.5))
    still, moved = (
        simulate_faces(one, size=16).rgb.mean(axis=(1, 2)) / 256 for one in (spec, jumping)
    )
    assert np.abs(np.diff(moved, axis=0)).max() > 5 * np.abs(np.diff(still, axis=0)).max()
    np.testing.assert_array_equal(
        simulate_faces(jumping, size=16).rgb, simulate_faces(jumping, size=16).rgb
    )


def test_a_given_box_is_held_and_options_are_checked() -> None:
    spec = VideoSpec(duration_s=0.2, face_track=FaceTrackSpec(every_s=0.05, unrest=1.0), **SMALL)
    box = Box(20, 10, 120, 110)
    held = simulate_faces(spec.replace(face_track=None), size=16, box=box)
    np.testing.assert_array_equal(simulate_faces(spec, size=16, box=box).rgb, held.rgb)
    assert VideoSpec(**spec.record()) == spec
    for option, value in (("every_s", 0.0), ("unrest", -0.1), ("unrest", float("nan"))):
        with pytest.raises(UsageError, match=option):
            FaceTrackSpec(**{option: value})
