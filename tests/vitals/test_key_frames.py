from __future__ import annotations

import numpy as np
import pytest

from helpers.coded_videos import coded
from sspd.face.track import face_segments
from sspd.simulation import VideoSpec, face_box, simulate
from sspd.types import Frames, FrameStats
from sspd.vitals.acceptance import LEAST_BITS_PER_PIXEL, VideoFacts, rejection_reasons
from sspd.vitals.heart_rate import Reading
from sspd.vitals.key_frames import jump_ratio, key_frame_rate, pumps

SPEC = VideoSpec(seed=11, width=240, height=180, face_px=110, duration_s=8.0, hr_bpm=50.0)
#: Bit rate and distance of key frames, frames.
VIDEOS = {"pumping": (80_000, 15), "slower": (60_000, 30), "good": (5_000_000, 30)}


@pytest.fixture(scope="module")
def videos() -> dict[str, tuple[FrameStats, tuple[float, ...]]]:
    """What is seen of a person of 50 bpm after each coding, and its key frames."""
    rgb = np.concatenate([frames.rgb for frames in simulate(SPEC)])
    return {name: seen(rgb, *how) for name, how in VIDEOS.items()}


def seen(rgb: np.ndarray, bit_rate: int, apart: int) -> tuple[FrameStats, tuple[float, ...]]:
    shown, coding = coded(rgb, "libx264", {"g": str(apart)}, bit_rate)
    frames = Frames(shown, np.arange(len(shown)) / 30)
    (segment,) = face_segments([frames], size=16, box=face_box(SPEC))
    return segment.frame_stats, coding.key_frames_s


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rate_bpm", "is_so"),
    [
        ("pumping", 120.0, True),  # two key frames a second
        ("pumping", 60.0, True),  # every other one
        ("pumping", 90.0, False),
        ("slower", 60.0, True),
        ("slower", 120.0, True),
        ("slower", 88.0, False),
        ("good", 60.0, False),  # at the key frames' rate, and right
        ("good", 120.0, False),
    ],
)
def test_a_rate_of_key_frames_that_pump_is_rejected(
    name: str, rate_bpm: float, is_so: bool, videos: dict[str, tuple[FrameStats, tuple[float, ...]]]
) -> None:
    frame_stats, key_s = videos[name]
    everything = np.ones(frame_stats.t.size, bool)
    assert pumps(frame_stats, everything, key_s, rate_bpm, None, LEAST_BITS_PER_PIXEL) is is_so
    facts = VideoFacts(key_frames_s=key_s)
    reading = Reading(rate_bpm, rate_bpm, 9.0)
    reasons = rejection_reasons(reading, frame_stats, 0.0, 8.0, facts, 0.95)
    assert ("compression" in reasons) is is_so


@pytest.mark.slow
def test_jumps_are_large_where_bits_are_few(
    videos: dict[str, tuple[FrameStats, tuple[float, ...]]],
) -> None:
    def ratio(name: str) -> float:
        frame_stats, key_s = videos[name]
        return jump_ratio(
            frame_stats, np.ones(frame_stats.t.size, bool), np.isin(frame_stats.t, key_s)
        )

    assert ratio("pumping") > 3
    assert ratio("good") < 1.5


def test_key_frames_of_scene_cuts_are_not_regular() -> None:
    rng = np.random.default_rng(0)
    assert key_frame_rate(np.sort(rng.uniform(0, 30, 20)).tolist(), 0.0, 30.0) is None
    assert key_frame_rate([], 0.0, 30.0) is None
    assert key_frame_rate(np.arange(0, 60, 0.5).tolist(), 10.0, 40.0) == pytest.approx(2.0)
