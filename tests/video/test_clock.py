from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.video.clock import CAPTURE_KEYS, Clock, clock_of_capture
from sspd.video.coding import Coding
from sspd.video.read import probe, read

Make = Callable[..., Any]


def times(path: Path, **options: Any) -> tuple[np.ndarray, list[str]]:
    said: list[str] = []
    t = np.concatenate([frames.t for frames in read(path, warn=said.append, **options)])
    return t, said


def tagged(
    path: Path,
    rgb: np.ndarray,
    rate: int,
    tags: dict[str, str],
    codec: tuple[str, str, dict[str, str]] = ("libx264", "yuv420p", {}),
) -> Path:
    """A video with metadata as phones write them, frames at a fixed rate."""
    name, pix_fmt, options = codec
    raw = path.suffix[1:] if path.suffix[1:] in RAW else None  # ".m4v" alone would be an .mp4
    how = {"movflags": "use_metadata_tags"}
    with av.open(str(path), "w", format=raw, options=how) as container:
        container.metadata.update(tags)
        stream: Any = container.add_stream(name, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = rgb.shape[2], rgb.shape[1], pix_fmt
        for picture in rgb:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


RAW = {
    "h264": ("libx264", "yuv420p", {}),
    "hevc": ("libx265", "yuv420p", {"x265-params": "log-level=none"}),
    "mjpeg": ("mjpeg", "yuvj420p", {}),
    "m4v": ("mpeg4", "yuv420p", {}),
}


@pytest.mark.parametrize("suffix", RAW)
def test_a_stream_without_a_clock_says_so(suffix: str, tmp_path: Path, patches: Make) -> None:
    path = tagged(tmp_path / f"raw.{suffix}", patches(12), 30, {}, RAW[suffix])
    assert not probe(path).clock_known
    _, said = times(path)
    assert any("without a clock" in line and "--fps" in line for line in said)
    t, said = times(path, fps=30.0)
    np.testing.assert_allclose(t, np.arange(12) / 30, atol=1e-9)
    assert probe(path, fps=30.0).clock_known
    assert said == []


def y4m(path: Path, rate: str) -> Path:
    frame = b"FRAME\n" + bytes(96 * 64 * 3 // 2)
    path.write_bytes(f"YUV4MPEG2 W96 H64{rate} Ip C420jpeg\n".encode() + 5 * frame)
    return path


@pytest.mark.parametrize("rate", ["", " F0:0", " F30:0"])
def test_y4m_without_a_rate_has_no_clock(rate: str, tmp_path: Path) -> None:
    path = y4m(tmp_path / "a.y4m", rate)
    assert not probe(path).clock_known
    (line,) = times(path)[1]
    assert "states no frame rate" in line
    assert "--fps" in line
    t, said = times(path, fps=30.0)
    np.testing.assert_allclose(t, np.arange(5) / 30, atol=1e-9)
    assert said == []
    assert probe(y4m(tmp_path / "b.y4m", " F25:1")).clock_known


#: Format, codec, pixel format, what states the rate, and the same without a rate.
RATES = {
    "gif": ("gif", "rgb8", rb"\x21\xf9\x04(.)..", lambda m: m[0][:4] + b"\0\0"),
    "apng": ("apng", "rgb24", rb"fcTL.{24}", lambda m: m[0][:24] + b"\0\0\0\x1e"),
    "avi": (
        *("mjpeg", "yuvj420p", rb"avih.{8}|strh.{32}"),
        lambda m: m[0][:8] + bytes(4) if m[0][:1] == b"a" else m[0][:28] + bytes(8),
    ),
}


@pytest.mark.parametrize("kind", RATES)
def test_a_file_that_states_no_rate_has_no_clock(kind: str, tmp_path: Path, patches: Make) -> None:
    codec, pix_fmt, stated, without = RATES[kind]
    path = tmp_path / f"a.{kind}"
    with av.open(str(path), "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=20)
        stream.width, stream.height, stream.pix_fmt = 96, 64, pix_fmt
        for picture in patches(6):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame.reformat(format=pix_fmt)))
        container.mux(stream.encode())
    assert probe(path).clock_known
    np.testing.assert_allclose(times(path)[0], np.arange(6) / 20, atol=1e-3)
    data, n = re.subn(stated, without, path.read_bytes(), flags=re.DOTALL)
    assert n > 0
    path.write_bytes(data)
    assert not probe(path).clock_known


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "mpg", "ts", "mov"])
def test_a_container_has_a_clock(suffix: str, tmp_path: Path, patches: Make) -> None:
    codec = "mpeg2video" if suffix in ("mpg", "ts") else "mpeg4"
    path = tagged(tmp_path / f"a.{suffix}", patches(9), 30, {}, (codec, "yuv420p", {}))
    assert probe(path).clock_known
    t, said = times(path)
    np.testing.assert_allclose(np.diff(t), 1 / 30, atol=1.1e-3)
    assert said == []


def test_a_stated_rate_corrects_a_clock(video: Path) -> None:
    t, _ = times(video, fps=60.0, start_s=0.1, end_s=0.3)
    np.testing.assert_allclose(t, np.arange(6, 18) / 60, atol=1e-9)
    assert probe(video, fps=60.0).duration_s == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("fps", [0.0, 0.9, 1001.0, -30.0, float("nan"), float("inf")])
def test_rates_that_cannot_be_are_refused_at_once(fps: float, video: Path) -> None:
    with pytest.raises(UsageError, match="fps must be 1 to 1000"):
        read(video, fps=fps)


@pytest.mark.parametrize("key", CAPTURE_KEYS)
@pytest.mark.parametrize(
    ("capture", "stored", "step_s"),
    [(60, 30, 1 / 60), (120, 30, 1 / 120), (240, 30, 1 / 240), (1, 30, 1.0), (5, 25, 0.2)],
)
def test_the_capture_clock_is_used(
    capture: int, stored: int, step_s: float, key: str, tmp_path: Path, patches: Make
) -> None:
    path = tagged(tmp_path / "a.mp4", patches(20), stored, {key: f"{capture}.000000"})
    t, (line,) = times(path)
    np.testing.assert_allclose(t, step_s * np.arange(20), rtol=1e-4, atol=1e-6)
    assert ("slow motion" if capture > stored else "time lapse") in line
    assert f"captured at {capture}" in line
    info = probe(path)
    assert (info.fps, info.clock_known) == (pytest.approx(stored), True)
    assert info.duration_s == pytest.approx(20 * step_s, rel=0.1)


@pytest.mark.parametrize(
    "tags",
    [
        {CAPTURE_KEYS[0]: "30.000000"},
        {CAPTURE_KEYS[0]: "29.97"},
        {"com.apple.quicktime.full-frame-rate-playback-intent": "0"},
    ],
)
def test_ordinary_videos_keep_their_clock(
    tags: dict[str, str], tmp_path: Path, patches: Make
) -> None:
    t, said = times(tagged(tmp_path / "a.mov", patches(9), 30, tags))
    np.testing.assert_allclose(t, np.arange(9) / 30, atol=1e-4)
    assert said == []


@pytest.mark.parametrize("stated", ["40.0", "soon", "0", "-30", "nan", "inf"])
def test_a_capture_rate_that_says_too_little_is_no_clock(
    stated: str, tmp_path: Path, patches: Make
) -> None:
    path = tagged(tmp_path / "a.mp4", patches(9), 30, {CAPTURE_KEYS[0]: stated})
    assert not probe(path).clock_known


def test_dim_light_is_no_slow_motion() -> None:
    """A camera states 30, and took 20 or 14 frames a second, unevenly."""
    assert clock_of_capture("30.0", 20.3, constant=False) == Clock()
    assert clock_of_capture("30.0", 14.2, constant=False) == Clock()
    assert clock_of_capture("60.0", 43.0, constant=False) == Clock()
    assert not clock_of_capture("30.0", 20.0, constant=True).known
    assert clock_of_capture("240.0", 29.4, constant=False).scale == pytest.approx(29.4 / 240)


def test_key_frames_are_noted(tmp_path: Path, write_video: Make, patches: Make) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (40, 64, 96, 3), dtype=np.uint8)
    path = write_video(tmp_path / "a.mp4", rgb, options={"g": "10", "sc_threshold": "0"})
    coding = Coding()
    for _ in read(path, coding=coding):
        pass
    assert coding.key_frames_s == pytest.approx((0, 1 / 3, 2 / 3, 1), abs=1e-4)
    assert coding.n_frames == 40
    intra = Coding()
    for _ in read(
        write_video(tmp_path / "a.avi", patches(9), codec="mjpeg", pix_fmt="yuvj420p"), coding=intra
    ):
        pass
    assert intra.key_frames_s == ()
