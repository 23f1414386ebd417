from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.coded_videos import coded
from sspd.face.track import face_segments
from sspd.simulation import VideoSpec, face_box, simulate
from sspd.types import Box, FaceSegment, Frames
from sspd.video.coding import Coding
from sspd.vitals.new_frames import looped, mark_repeats, new_fps, new_frames, repeat_warnings

SPEC = VideoSpec(seed=3, width=240, height=180, face_px=110, duration_s=4.0)
#: Codec, its options and bit rate: with and without frames predicted both ways.
CODECS: dict[str, tuple[str, dict[str, str], int | None]] = {
    "ultrafast": ("libx264", {"crf": "14", "preset": "ultrafast"}, None),
    "call": ("libx264", {"tune": "zerolatency", "preset": "veryfast"}, 300_000),
    "medium": ("libx264", {}, 300_000),
    "mpeg4": ("mpeg4", {}, 500_000),
}
#: Those that skip most of a still face.
HARD: dict[str, tuple[str, dict[str, str], int | None]] = {
    "one way": ("libx264", {"crf": "28", "bf": "0"}, None),
    "baseline": ("libx264", {"crf": "33", "profile": "baseline"}, None),
    "both ways": ("libx264", {"crf": "28"}, None),
}


@pytest.fixture(scope="module")
def videos() -> dict[str, np.ndarray]:
    """A still face and a talking one."""
    specs = {"still": SPEC, "talking": SPEC.replace(motion="talking", noise_levels=2.0)}
    return {
        name: np.concatenate([frames.rgb for frames in simulate(spec)])
        for name, spec in specs.items()
    }


def marked(rgb: np.ndarray, coding: Coding | None = None, box: Box | None = None) -> FaceSegment:
    box = box or face_box(SPEC)
    (segment,) = face_segments([Frames(rgb, np.arange(len(rgb)) / 30)], size=16, box=box)
    coding = coding or Coding()
    return mark_repeats(segment, coding.key_frames_s, coding.n_both_ways == 0)


def fps_of(segment: FaceSegment) -> float:
    fps = new_fps([segment.frame_stats])
    assert fps is not None
    return fps


@pytest.mark.slow
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", ["still", "talking"])
def test_true_frames_are_new(codec: str, kind: str, videos: dict[str, np.ndarray]) -> None:
    segment = marked(*coded(videos[kind], *CODECS[codec]))
    assert fps_of(segment) >= 29
    assert repeat_warnings("a.mp4", [segment]) == ()


@pytest.mark.parametrize("codec", HARD)
def test_true_frames_that_a_codec_mostly_skips_are_new(
    codec: str, videos: dict[str, np.ndarray]
) -> None:
    segment = marked(*coded(videos["still"], *HARD[codec]))
    assert fps_of(segment) >= 25  # less those skipped whole
    assert repeat_warnings("a.mp4", [segment]) == ()
    held = marked(*coded(videos["still"][np.arange(120) // 6 * 6], *HARD[codec]))
    assert fps_of(held) < 12


@pytest.mark.slow
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("times", [6, 8, 10])
def test_frames_that_are_shown_several_times_are_not(
    times: int, codec: str, videos: dict[str, np.ndarray]
) -> None:
    held = videos["still"][np.arange(120) // times * times]
    segment = marked(*coded(held, *CODECS[codec]))
    assert fps_of(segment) < 12
    (line,) = repeat_warnings("a.mp4", [segment])
    assert line.startswith("a.mp4: ")
    assert "of 120 frames repeat" in line


@pytest.mark.parametrize("codec", CODECS)
def test_repeats_of_a_network_call_are_uneven(codec: str, videos: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    pick = np.maximum.accumulate(np.where(rng.random(120) < 0.25, np.arange(120), 0))
    assert fps_of(marked(*coded(videos["talking"][pick], *CODECS[codec]))) < 12


@pytest.mark.parametrize("kept", [4, 1])
def test_exact_repeats_are_counted_to_the_frame(kept: int, videos: dict[str, np.ndarray]) -> None:
    """24 new frames in 30 (telecine), and 15."""
    cycle = kept + 1
    pick = np.arange(120) - (np.arange(120) % cycle == kept)
    segment = marked(videos["still"][pick])
    assert segment.frame_stats.new.sum() == 120 - 120 // cycle
    assert fps_of(segment) == pytest.approx(30 * kept / cycle, rel=0.03)


def test_a_photo_has_one_frame(videos: dict[str, np.ndarray]) -> None:
    segment = marked(videos["still"][np.zeros(120, int)])
    assert segment.frame_stats.new.sum() == 1


@pytest.mark.parametrize("period", [30, 45, 61])
def test_a_loop_is_seen_and_named(period: int, videos: dict[str, np.ndarray]) -> None:
    pick = np.arange(300) % period
    segment = marked(videos["still"][pick])
    assert looped(segment.frame_stats)[1] == pytest.approx(period / 30, abs=0.02)
    assert segment.frame_stats.new.sum() == period
    assert f"every {period / 30:.1f} s: a loop" in repeat_warnings("a.gif", [segment])[-1]


@pytest.mark.slow
@pytest.mark.parametrize("period", [30, 63])
@pytest.mark.parametrize("kind", ["still", "talking"])
def test_a_loop_is_seen_after_compression(
    kind: str, period: int, videos: dict[str, np.ndarray]
) -> None:
    rgb, coding = coded(videos[kind][np.arange(300) % period], *CODECS["ultrafast"])
    segment = marked(rgb, coding)
    found_s = looped(segment.frame_stats)[1]
    assert found_s is not None
    times = found_s * 30 / period
    assert times == pytest.approx(round(times), abs=0.02)
    assert any("a loop" in line for line in repeat_warnings("a.mp4", [segment]))


@pytest.mark.slow
def test_a_photo_with_noise_that_recurs_is_a_loop(videos: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 3.0, (40, *videos["still"].shape[1:]))
    photo = np.clip(videos["still"][0] + noise, 0, 255).astype(np.uint8)
    rgb, coding = coded(photo[np.arange(300) % 40], *CODECS["ultrafast"])
    segment = marked(rgb, coding)
    assert looped(segment.frame_stats)[1] == pytest.approx(40 / 30, abs=0.04)
    assert fps_of(segment) < 12


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"motion": "nodding", "angle_deg": 3.0, "nod_hz": 1.0},
        {"noise_levels": 0.0, "hr_bpm": 60.0},
        {"noise_levels": 0.0, "motion": "talking"},
    ],
    ids=["nods at 1 Hz", "no noise, 60 bpm", "no noise, talks"],
)
def test_what_moves_or_is_clean_is_no_loop(options: dict[str, Any]) -> None:
    spec = SPEC.replace(duration_s=8.0, **options)
    rgb = np.concatenate([frames.rgb for frames in simulate(spec)])
    segments = [
        marked(rgb, box=face_box(spec)),
        marked(*coded(rgb, *CODECS["medium"]), face_box(spec)),
    ]
    assert [looped(segment.frame_stats)[1] for segment in segments] == [None, None]
    assert min(map(fps_of, segments)) >= 29


def test_pieces_give_what_the_whole_gives(videos: dict[str, np.ndarray]) -> None:
    rgb, t = videos["talking"], np.arange(120) / 30
    pieces = [Frames(rgb[a : a + 7], t[a : a + 7]) for a in range(0, 120, 7)]
    (one,) = face_segments([Frames(rgb, t)], size=16, box=face_box(SPEC))
    (other,) = face_segments(pieces, size=16, box=face_box(SPEC))
    for name in ("change", "recurrence", "lag_s"):
        np.testing.assert_array_equal(
            getattr(one.frame_stats, name), getattr(other.frame_stats, name)
        )


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 5.0), st.floats(0.0, 0.25))
def test_noise_alone_never_repeats(seed: int, level: float, spread: float) -> None:
    rng = np.random.default_rng(seed)
    change = (level * np.exp(spread * rng.standard_normal(600))).astype(np.float32)
    for one_way in (False, True):
        assert new_frames(change, np.zeros(600, bool), one_way).all()


@given(st.integers(0, 2**32 - 1), st.integers(4, 12), st.floats(0.0, 0.2))
def test_held_changes_are_counted(seed: int, times: int, rest: float) -> None:
    rng = np.random.default_rng(seed)
    change = np.where(np.arange(600) % times == 0, 1.0, rest) * rng.uniform(0.8, 1.25, 600)
    found = new_frames(change.astype(np.float32), np.zeros(600, bool), one_way=True)
    np.testing.assert_array_equal(found, np.arange(600) % times == 0 if rest else found)
    assert found.sum() == pytest.approx(600 / times, abs=1)
