from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.types import Frames
from sspd.video import encoders
from sspd.video.coding import Coding
from sspd.video.encode import roundtrip, write_encoded
from sspd.video.encoders import ENCODERS, SPEEDS, Encoding
from sspd.video.read import probe, read

FPS, N = 30.0, 60
EVERY = [(codec, speed) for codec in ENCODERS for speed in SPEEDS]


@pytest.fixture(scope="module")
def video() -> Frames:
    """Two seconds of moving, noisy stripes with uneven timestamps."""
    rng = np.random.default_rng(0)
    wave = 120 + 60 * np.sin((np.arange(96)[:, None] + 2 * np.arange(N)) / 9)
    rgb = wave.T[:, None, :, None] + rng.normal(0, 5, (N, 64, 96, 3)) + (20, 0, -20)
    t = (np.arange(N) + rng.uniform(-0.3, 0.3, N)) / FPS
    return Frames(rgb.clip(0, 255).astype(np.uint8), t - t[0])


def decoded(path: Path, coding: Coding | None = None) -> Frames:
    chunks = list(read(path, coding=coding))
    return Frames(
        np.concatenate([chunk.rgb for chunk in chunks]), np.concatenate([c.t for c in chunks])
    )


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(np.float32) - b).mean())


@pytest.mark.parametrize(("codec", "speed"), EVERY)
def test_every_encoder_gives_all_frames_at_their_times_and_equal_bytes(
    codec: str, speed: str, video: Frames, tmp_path: Path
) -> None:
    encoding = Encoding(codec, speed, bit_rate=300_000)
    paths = [tmp_path / f"{name}.{ENCODERS[codec].containers[0]}" for name in "ab"]
    for path in paths:
        write_encoded(path, [video], encoding, fps=FPS)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    file = decoded(paths[0])
    assert len(file) == N
    ticks = encoders.ticks_hz(paths[0].suffix[1:], FPS)
    np.testing.assert_allclose(file.t, video.t, atol=0.51 / ticks)
    assert error(file.rgb, video.rgb) < 16
    # memory gives what the file gives
    frames = np.stack(list(roundtrip([video], encoding, fps=FPS)))
    np.testing.assert_array_equal(frames, file.rgb)


@pytest.mark.parametrize(
    ("codec", "container"),
    [(c, container) for c, e in ENCODERS.items() for container in e.containers],
)
def test_every_container_of_a_codec_can_be_read(
    codec: str, container: str, video: Frames, tmp_path: Path
) -> None:
    path, even = tmp_path / f"a.{container}", Frames(video.rgb, np.arange(N) / FPS)
    write_encoded(path, [even], Encoding(codec), fps=FPS)
    file = decoded(path)
    np.testing.assert_allclose(file.t, even.t, atol=0.51e-3)
    assert probe(path).fps == pytest.approx(FPS, rel=1e-3)
    assert probe(path).clock_known


@pytest.mark.parametrize("bit_rate", [100_000, 400_000])
@pytest.mark.parametrize("speed", ["live", "fast"])
@pytest.mark.parametrize("codec", [codec for codec in ENCODERS if codec != "mjpeg"])
def test_bit_rate_is_met(
    codec: str, speed: str, bit_rate: int, video: Frames, tmp_path: Path
) -> None:
    path = tmp_path / f"a.{ENCODERS[codec].containers[0]}"
    write_encoded(path, [video], Encoding(codec, speed, bit_rate=bit_rate), fps=FPS)
    assert 0.4 * bit_rate < 8 * path.stat().st_size / (N / FPS) < 1.8 * bit_rate


def test_jpeg_takes_the_finest_quantizer_that_the_rate_allows(
    video: Frames, tmp_path: Path
) -> None:
    sizes = {}
    for rate in (10_000, 150_000, 250_000):
        write_encoded(tmp_path / "a.mov", [video], Encoding("mjpeg", bit_rate=rate), fps=FPS)
        sizes[rate] = 8 * (tmp_path / "a.mov").stat().st_size / (N / FPS)
    # 31 is the coarsest, so the lowest rate is missed
    assert sizes[10_000] > 5 * 10_000
    assert 0.5 * 150_000 < sizes[150_000] < 1.1 * 150_000
    assert 0.5 * 250_000 < sizes[250_000] < 1.1 * 250_000


@pytest.mark.parametrize("codec", ENCODERS)
def test_constant_quality_takes_more_bits_the_finer_it_is(
    codec: str, video: Frames, tmp_path: Path
) -> None:
    path, sizes = tmp_path / f"a.{ENCODERS[codec].containers[0]}", []
    for quality in (10, 50, 100):
        write_encoded(path, [video], Encoding(codec, quality=quality), fps=FPS)
        sizes.append(path.stat().st_size)
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("codec", [codec for codec in ENCODERS if codec != "mjpeg"])
@pytest.mark.parametrize("speed", ["live", "fast"])
def test_key_frames_come_at_their_interval(
    codec: str, speed: str, video: Frames, tmp_path: Path
) -> None:
    path, coding = tmp_path / f"a.{ENCODERS[codec].containers[0]}", Coding()
    encoding = Encoding(codec, speed, bit_rate=200_000, key_frames=15)
    write_encoded(path, [video], encoding, fps=FPS)
    file = decoded(path, coding)
    np.testing.assert_allclose(coding.key_frames_s, file.t[::15], atol=1e-6)


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_frames_are_predicted_from_later_ones_only_where_asked(
    codec: str, b_frames: int, video: Frames, tmp_path: Path
) -> None:
    coding = Coding()
    write_encoded(
        tmp_path / "a.mp4", [video], Encoding(codec, bit_rate=100_000, b_frames=b_frames), fps=FPS
    )
    np.testing.assert_allclose(decoded(tmp_path / "a.mp4", coding).t, video.t, atol=1e-4)
    assert (coding.n_both_ways > 0) == (b_frames > 0)


def quantizers(video: Frames, encoding: Encoding) -> tuple[float, float]:
    """Mean quantizers of key frames (but the first) and of the others, as x264 states them."""
    from sspd.video import encode

    key: list[float] = []
    other: list[float] = []

    class Muxer:
        def mux(self, packets: Any) -> None:
            for packet in packets:
                stated = bytes(packet.get_sidedata("quality_stats"))[:4]
                # FFmpeg's lambda of a quantizer step
                (key if packet.is_keyframe else other).append(
                    int.from_bytes(stated, "little") / 118
                )

    with av.open(io.BytesIO(), "w", format="mp4") as output:
        stream = encode._open_stream(output, video, encoding, FPS, 90_000)
        encode.encode_chunk(Muxer(), stream, video, 90_000)
        Muxer().mux(stream.encode())
    return float(np.mean(key[1:])), float(np.mean(other))


@pytest.mark.parametrize("step", [-6.0, -3.0, 3.0, 6.0])
@pytest.mark.parametrize(("speed", "rate"), [("live", 150_000), ("live", None), ("fast", None)])
def test_key_frames_have_the_step_that_was_asked_for(
    speed: str, rate: int | None, step: float, video: Frames
) -> None:
    encoding = Encoding("h264", speed, bit_rate=rate, key_frames=15, key_qp_step=step)
    at_key, between = quantizers(video, encoding)
    assert at_key - between == pytest.approx(step, abs=1.5)


@pytest.mark.parametrize("side", [2, 16, 34])
@pytest.mark.parametrize("codec", ENCODERS)
def test_small_frames_pass_through_memory(codec: str, side: int, video: Frames) -> None:
    small = Frames(np.ascontiguousarray(video.rgb[:5, :side, : side + 2]), video.t[:5])
    frames = np.stack(list(roundtrip([small], Encoding(codec, "live"), fps=FPS)))
    assert frames.shape == small.rgb.shape
    assert error(frames, small.rgb) < 12


def test_wrong_container_and_missing_encoder_are_named(
    video: Frames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, codec in (("a.mp4", "vp8"), ("a.webm", "h264"), ("a", "av1")):
        with pytest.raises(UsageError, match=rf"{name}: {codec} goes into \.\w+"):
            write_encoded(tmp_path / name, [video], Encoding(codec), fps=FPS)
    with pytest.raises(UsageError, match="codec must be one of h264, hevc"):
        write_encoded(tmp_path / "a.mp4", [video], Encoding("h266"), fps=FPS)
    # a PyAV without the encoder: FFmpeg does not know the name
    lacking = encoders.Encoder("libnone", ("mp4",), 1.0, 0.0, ENCODERS["h264"].speeds)
    monkeypatch.setattr(encoders, "ENCODERS", {**ENCODERS, "hevc": lacking})
    with pytest.raises(UsageError, match="built without libnone, the encoder of hevc; it has h264"):
        write_encoded(tmp_path / "a.mp4", [video], Encoding("hevc"), fps=FPS)
    assert list(tmp_path.iterdir()) == []


def test_odd_sides_and_no_frame_are_named(video: Frames, tmp_path: Path) -> None:
    odd = Frames(np.ascontiguousarray(video.rgb[:, :63]), video.t)
    with pytest.raises(UsageError, match="vp9 needs even sides, got 96x63"):
        write_encoded(tmp_path / "a.webm", [odd], Encoding("vp9"), fps=FPS)
    with pytest.raises(UsageError, match="at least one frame"):
        write_encoded(tmp_path / "a.webm", [], Encoding("vp9"), fps=FPS)


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="Linux alone")
@pytest.mark.parametrize("codec", ENCODERS)
def test_no_encoder_changes_how_the_process_is_scheduled(
    codec: str, video: Frames, tmp_path: Path
) -> None:
    before, during = os.sched_getscheduler(0), []

    def frames() -> Iterator[Frames]:
        yield video
        tasks = Path("/proc/self/task").iterdir()
        during.extend(os.sched_getscheduler(int(task.name)) for task in tasks)

    container = ENCODERS[codec].containers[0]
    write_encoded(tmp_path / f"a.{container}", frames(), Encoding(codec), fps=25.0)
    assert os.sched_getscheduler(0) == before
    assert set(during) == {before}
