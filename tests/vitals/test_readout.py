from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from sspd.types import Box, FaceSegment, Frames, FrameStats
from sspd.vitals import join_frame_stats
from sspd.vitals.acceptance import still_scene

T = np.arange(1200) / 30


def _segments(frame_stats: FrameStats, cuts: list[int], gains: list[float]) -> list[FaceSegment]:
    """A video in stretches of other boxes: all colours of each times a gain."""
    out = []
    for a, b, gain in zip([0, *cuts], [*cuts, T.size], gains, strict=True):
        rows = {field.name: getattr(frame_stats, field.name)[a:b] for field in fields(FrameStats)}
        for name in ("face_rgb", "background_rgb", "quarters_rgb"):
            rows[name] = (rows[name] * gain).astype(np.float32)
        none = Frames(np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0))
        out.append(FaceSegment(T[a], T[b - 1] + 1 / 30, Box(0, 0, 9, 9), none, FrameStats(**rows)))
    return out


def test_another_box_is_no_change_of_light() -> None:
    slow = 1 + 0.02 * np.sin(2 * np.pi * 0.05 * T)
    rng = np.random.default_rng(0)
    quarters = 120 * slow[:, None, None] * (1 + 1e-4 * rng.normal(size=(T.size, 4, 3)))
    frame_stats = replace(still_scene(T), quarters_rgb=quarters.astype(np.float32))
    joined = join_frame_stats(_segments(frame_stats, [400, 900], [1.0, 1.15, 0.8]))
    np.testing.assert_allclose(joined.quarters_rgb, quarters, rtol=4e-3)
    np.testing.assert_array_equal(joined.t, T)
    assert np.isnan(joined.background_rgb).all()


def test_one_stretch_is_left_as_it_is() -> None:
    frame_stats = replace(still_scene(T), face_rgb=np.full((T.size, 3), 77.7, np.float32))
    joined = join_frame_stats(_segments(frame_stats, [], [1.0]))
    np.testing.assert_array_equal(joined.face_rgb, frame_stats.face_rgb)


def test_a_black_stretch_is_not_lit_up() -> None:
    frame_stats = still_scene(T)
    joined = join_frame_stats(_segments(frame_stats, [600], [0.0, 1.0]))
    np.testing.assert_array_equal(joined.face_rgb[600:], frame_stats.face_rgb[600:])
    assert not joined.face_rgb[:600].any()
