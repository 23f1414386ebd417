from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.simulation import (
    CodecSpec,
    VideoSpec,
    delivery,
    frame_times,
    simulate,
    truth,
    video_suffix,
    write_truth,
    write_video,
)
from sspd.simulation.codecs.network import SCALES, spans, two_states
from sspd.types import Frames
from sspd.video.encoders import ticks_hz
from sspd.video.read import read

SPEC = VideoSpec(
    seed=8,
    width=160,
    height=128,
    face_px=70,
    duration_s=3.0,
    motion="translation",
    speed_px_s=60.0,
    pulse_percent=2.0,
)
LONG = VideoSpec(seed=1, duration_s=3600.0)
#: Squares of a binary number along the lower edge, pixels.
BITS, SQUARE = 7, 20


def numbered(spec: VideoSpec) -> list[Frames]:
    """Frames of the camera with their numbers, as black and white squares."""
    chunks, k = [], 0
    for chunk in simulate(spec):
        for rgb in chunk.rgb:
            for bit in range(BITS):
                rgb[-SQUARE:, bit * SQUARE : (bit + 1) * SQUARE] = 255 * (k >> bit & 1)
            k += 1
        chunks.append(chunk)
    return chunks


def number_of(rgb: NDArray[np.uint8]) -> int:
    centres = SQUARE * np.arange(BITS) + SQUARE // 2
    return int(sum((rgb[-SQUARE // 2, x].mean() > 127) << bit for bit, x in enumerate(centres)))


@pytest.fixture(scope="module")
def camera() -> list[Frames]:
    return numbered(SPEC)


WAYS = {
    "lost": CodecSpec("h264", drop_percent=20),
    "bursts": CodecSpec("vp8", drop_percent=20, burst_frames=5),
    "frozen": CodecSpec("mjpeg", repeat_percent=30, burst_frames=3),
    "frozen in an avi": CodecSpec("mjpeg", "avi", repeat_percent=30),
    "slow": CodecSpec("vp9", "webm", "live", slow_percent=50, slow_factor=3, dwell_s=0.5),
    "late": CodecSpec("av1", "mp4", "live", jitter_ms=8),
    "late by milliseconds": CodecSpec("hevc", "mkv", jitter_ms=8),
    "smaller": CodecSpec("vp8", "", "live", scale_percent=60, dwell_s=0.5),
    "fewer bits": CodecSpec("h264", "", "live", rate_drop_percent=80, dwell_s=0.7),
    "all": CodecSpec(
        "av1",
        speed="live",
        bit_rate=400_000,
        drop_percent=10,
        repeat_percent=10,
        burst_frames=4,
        slow_percent=30,
        jitter_ms=4,
        scale_percent=50,
        rate_drop_percent=50,
        dwell_s=0.6,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_truth_follows_the_frames_that_are_in_the_file(
    way: str, camera: list[Frames], tmp_path: Path
) -> None:
    spec = SPEC.replace(codec=WAYS[way])
    path = tmp_path / f"a{video_suffix(spec)}"
    write_video(spec, path, camera)
    write_truth(spec, path)
    warnings: list[str] = []
    chunks = list(read(path, warn=warnings.append))
    t, rgb = (np.concatenate([getattr(c, name) for c in chunks]) for name in ("t", "rgb"))
    known = truth(spec)
    np.testing.assert_allclose(t, known.t, atol=1e-5)
    np.testing.assert_array_equal([number_of(picture) for picture in rgb], known.frame)
    assert rgb.shape[1:3] == (spec.height, spec.width)
    assert warnings == []
    rows = np.loadtxt(path.with_suffix(".csv"), delimiter=",", skiprows=1)
    np.testing.assert_allclose(rows, np.column_stack([t, known.bvp, known.frame]), atol=1e-5)
    # the pulse is that of the heart at the time that the file states
    whole = truth(SPEC)
    np.testing.assert_allclose(known.bvp, np.interp(t, whole.t, whole.bvp), atol=0.05)


@pytest.mark.parametrize("codec", [WAYS["frozen"], WAYS["all"]])
def test_a_frozen_frame_is_a_repetition(
    codec: CodecSpec, camera: list[Frames], tmp_path: Path
) -> None:
    spec = SPEC.replace(codec=codec)
    write_video(spec, tmp_path / f"a{video_suffix(spec)}", camera)
    rgb = np.concatenate([chunk.rgb for chunk in read(tmp_path / f"a{video_suffix(spec)}")])
    change = np.abs(np.diff(rgb.astype(np.float32), axis=0)).mean(axis=(1, 2, 3))
    again = np.diff(truth(spec).frame) == 0
    assert again.any()
    assert change[again].max() < 0.3 * np.median(change[~again])


@settings(max_examples=30)
@given(share=st.floats(0.01, 0.6), length=st.floats(1.0, 30.0), seed=st.integers(0, 2**32 - 1))
def test_two_states_have_their_share_and_length(share: float, length: float, seed: int) -> None:
    n = 200_000
    state = two_states(np.random.default_rng(seed), n, share, length)
    length = max(length, 1 / (1 - share))
    # the spread of a share of runs
    spread = np.sqrt(2 * length * share * (1 - share) / n)
    assert state.mean() == pytest.approx(share, abs=6 * spread)
    starts = np.count_nonzero(state[1:] & ~state[:-1]) + state[0]
    assert state.sum() / starts == pytest.approx(length, rel=0.25)


@pytest.mark.parametrize("burst_frames", [1.0, 8.0])
@pytest.mark.parametrize("percent", [2.0, 25.0])
def test_losses_and_freezes_are_as_many_as_asked(percent: float, burst_frames: float) -> None:
    n = LONG.n_frames
    lost = delivery(LONG.replace(codec=CodecSpec(drop_percent=percent, burst_frames=burst_frames)))
    assert 1 - lost.t.size / n == pytest.approx(percent / 100, rel=0.1)
    np.testing.assert_allclose(lost.t, frame_times(LONG)[lost.frame], atol=1e-5)
    codec = CodecSpec(repeat_percent=percent, burst_frames=burst_frames)
    frozen = delivery(LONG.replace(codec=codec))
    assert frozen.t.size == n
    assert (np.diff(frozen.frame) == 0).mean() == pytest.approx(percent / 100, rel=0.1)
    gaps = np.diff(lost.frame)
    run = (gaps[gaps > 1] - 1).mean()
    assert run == pytest.approx(max(burst_frames, 1 / (1 - percent / 100)), rel=0.15)


def test_frame_rate_falls_for_the_time_that_was_asked() -> None:
    codec = CodecSpec(slow_percent=30.0, slow_factor=3, dwell_s=4.0)
    gaps = np.diff(delivery(LONG.replace(codec=codec)).frame)
    assert set(gaps) <= {1, 2, 3}
    slow_s = gaps[gaps == 3].sum() / LONG.fps
    assert slow_s / LONG.duration_s == pytest.approx(0.3, rel=0.15)


@pytest.mark.parametrize("container", ["mp4", "mkv"])
@pytest.mark.parametrize("jitter_ms", [2.0, 60.0])
def test_timestamps_err_as_asked_and_rise(jitter_ms: float, container: str) -> None:
    codec = CodecSpec("h264", container, jitter_ms=jitter_ms)
    spec = LONG.replace(fps=60.0, duration_s=300.0, codec=codec)
    got = delivery(spec)
    late = got.t - frame_times(spec)
    assert np.all(np.diff(got.t) > 0)
    assert got.t[0] == 0
    assert np.abs(late).max() <= 0.4 / 60 + 1e-3
    if jitter_ms == 2.0:
        assert late.std() * 1000 == pytest.approx(jitter_ms, rel=0.1)
    ticks = got.t * ticks_hz(container, spec.fps)
    np.testing.assert_allclose(ticks, np.rint(ticks), atol=1e-6)


def test_sizes_step_and_have_their_share_of_the_time() -> None:
    found = spans(LONG.replace(duration_s=7200, codec=CodecSpec(scale_percent=40, dwell_s=2)))
    assert (found[0].start, found[-1].stop) == (0, 7200 * 30)
    assert all(a.stop == b.start for a, b in pairwise(found))
    levels = [SCALES.index(span.scale) for span in found]
    assert set(np.abs(np.diff(levels))) == {1}
    shares = [sum(s.stop - s.start for s in found if s.scale == scale) for scale in SCALES]
    np.testing.assert_allclose(np.divide(shares, 7200 * 30), [0.6, 0.229, 0.114, 0.057], atol=0.06)


def test_bit_rate_varies_within_its_range() -> None:
    found = spans(LONG.replace(codec=CodecSpec(rate_drop_percent=75, dwell_s=2)))
    rates = np.log([span.rate for span in found]) / np.log(0.25)
    assert 0 <= rates.min() < 0.05
    assert 0.95 < rates.max() <= 1
    assert rates.mean() == pytest.approx(0.5, abs=0.03)
    assert {span.scale for span in found} == {1.0}


def test_frames_that_were_sent_small_have_less_detail(tmp_path: Path) -> None:
    spec = SPEC.replace(
        motion="still",
        background="texture",
        duration_s=6.0,
        codec=CodecSpec("h264", "", "live", 2_000_000, scale_percent=80, dwell_s=0.4),
    )
    write_video(spec, tmp_path / "a.mp4")
    rgb = np.concatenate([chunk.rgb for chunk in read(tmp_path / "a.mp4")]).astype(np.float32)
    detail = np.abs(np.diff(rgb[..., 1], axis=2)).mean(axis=(1, 2))
    found = spans(spec)
    by_scale = {
        scale: np.mean([detail[s.start : s.stop].mean() for s in found if s.scale == scale])
        for scale in {span.scale for span in found}
    }
    ordered = [by_scale[scale] for scale in sorted(by_scale)]
    assert len(ordered) >= 3
    assert ordered == sorted(ordered)
    assert ordered[0] < 0.8 * ordered[-1]


def test_each_effect_is_drawn_by_itself() -> None:
    """Leaving one out changes no other: the ablation needs it."""
    spec = LONG.replace(duration_s=60.0)
    alone = delivery(spec.replace(codec=CodecSpec(drop_percent=10)))
    late = delivery(spec.replace(codec=CodecSpec(drop_percent=10, jitter_ms=3)))
    both = delivery(spec.replace(codec=CodecSpec(drop_percent=10, scale_percent=20)))
    np.testing.assert_array_equal(alone.frame, late.frame)
    np.testing.assert_array_equal(alone.frame, both.frame)
    nothing = delivery(spec.replace(codec=CodecSpec()))
    np.testing.assert_array_equal(nothing.frame, np.arange(spec.n_frames))
    np.testing.assert_allclose(nothing.t, frame_times(spec), atol=1e-5)
    assert truth(spec).frame.tolist() == list(range(spec.n_frames))
