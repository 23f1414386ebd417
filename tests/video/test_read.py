from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from sspd.errors import DecodeError, NoVideoError, SourceError, SSPDError, UsageError
from sspd.types import Frames
from sspd.video import decode
from sspd.video.read import probe, read

Make = Callable[..., Any]

UNIT = 1 << 16
#: FFmpeg's layout (a, b, u, c, d, v, x, y, w) -> how numpy stands the stored picture upright.
MATRICES = {
    0: ((UNIT, 0, 0, 0, UNIT, 0, 0, 0, 1 << 30), lambda p: p),
    90: ((0, UNIT, 0, -UNIT, 0, 0, 64 * UNIT, 0, 1 << 30), lambda p: np.rot90(p, -1)),
    180: ((-UNIT, 0, 0, 0, -UNIT, 0, 96 * UNIT, 64 * UNIT, 1 << 30), lambda p: np.rot90(p, 2)),
    270: ((0, -UNIT, 0, UNIT, 0, 0, 0, 96 * UNIT, 1 << 30), lambda p: np.rot90(p, 1)),
}


def whole(path: Path, **options: object) -> Frames:
    chunks = list(read(path, **options))  # type: ignore[arg-type]
    return Frames(np.concatenate([c.rgb for c in chunks]), np.concatenate([c.t for c in chunks]))


def close(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference of levels in the middle of the four quarters."""
    h, w = a.shape[1:3]
    rows, columns = [h // 4, 3 * h // 4], [w // 4, 3 * w // 4]
    apart = a[:, rows][:, :, columns].astype(int) - b[:, rows][:, :, columns]
    return float(np.abs(apart).max())


def test_pictures_are_rgb_in_order_with_their_times(video: Path, patches: Make) -> None:
    frames = whole(video, chunk=7)
    assert frames.rgb.shape == (30, 64, 96, 3)
    assert frames.rgb.dtype == np.uint8
    np.testing.assert_allclose(frames.t, np.arange(30) / 30, atol=2e-5)
    assert close(frames.rgb, patches(30)) <= 3


def test_chunks_are_as_long_as_asked(video: Path) -> None:
    assert [len(c) for c in read(video, chunk=8)] == [8, 8, 8, 6]


def test_large_pictures_come_in_small_chunks(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_CHUNK_BYTES", 5 * 64 * 96 * 3)
    assert [len(c) for c in read(video)] == [5] * 6


def test_probe_tells_what_the_video_states(video: Path) -> None:
    info = probe(video)
    assert (info.width, info.height, info.codec, info.rotation) == (96, 64, "h264", 0)
    assert info.fps == pytest.approx(30)
    assert info.duration_s == pytest.approx(1, abs=0.04)
    assert info.bit_rate is not None
    assert info.bit_rate > 0


@pytest.mark.parametrize("rotation", MATRICES)
def test_rotation_is_obeyed(
    rotation: int, tmp_path: Path, write_video: Make, patches: Make
) -> None:
    matrix, upright = MATRICES[rotation]
    path = write_video(
        tmp_path / "phone.mp4", patches(4), prepare=lambda s: s.set_display_matrix(matrix)
    )
    frames = whole(path)
    assert close(frames.rgb, np.stack([upright(p) for p in patches(4)])) <= 6
    info = probe(path)
    assert info.rotation == rotation
    assert (info.height, info.width) == frames.rgb.shape[1:3]


def test_a_mirror_is_obeyed(tmp_path: Path, write_video: Make, patches: Make) -> None:
    matrix = (-UNIT, 0, 0, 0, UNIT, 0, 96 * UNIT, 0, 1 << 30)
    path = write_video(
        tmp_path / "selfie.mp4", patches(4), prepare=lambda s: s.set_display_matrix(matrix)
    )
    assert close(whole(path).rgb, patches(4)[:, :, ::-1]) <= 6


def test_uneven_timestamps_are_kept(tmp_path: Path, write_video: Make, patches: Make) -> None:
    t = np.cumsum([0, 0.02, 0.05, 0.033, 0.4, 0.01, 0.033])
    path = write_video(tmp_path / "uneven.mp4", patches(7), t)
    np.testing.assert_allclose(whole(path).t, t, atol=2e-5)


def test_time_counts_from_the_first_picture(
    tmp_path: Path, write_video: Make, patches: Make
) -> None:
    path = write_video(tmp_path / "late.mkv", patches(5), 7.5 + np.arange(5) / 25)
    np.testing.assert_allclose(whole(path).t, np.arange(5) / 25, atol=1.1e-3)


def test_a_stretch_is_exact(video: Path, patches: Make) -> None:
    frames = whole(video, start_s=0.2, end_s=0.5, chunk=4)
    np.testing.assert_allclose(frames.t, np.arange(6, 15) / 30, atol=2e-5)
    assert close(frames.rgb, patches(30)[6:15]) <= 3


@pytest.mark.parametrize("options", [{"chunk": 0}, {"start_s": -1.0}, {"start_s": 2, "end_s": 2}])
def test_what_cannot_be_asked_is_refused_at_once(video: Path, options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        read(video, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(49, 65), (31, 33)])
def test_lossless_odd_sizes_come_back_bit_for_bit(
    size: tuple[int, int], tmp_path: Path, write_video: Make
) -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (3, *size, 3), dtype=np.uint8)
    path = write_video(tmp_path / "odd.mkv", rgb, codec="ffv1", pix_fmt="bgr0")
    np.testing.assert_array_equal(whole(path).rgb, rgb)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "options"),
    [
        ("libx264", "yuvj420p", {"crf": "8"}),
        ("libx264", "yuv444p", {"crf": "8"}),
        ("libx265", "yuv420p10le", {"crf": "8", "x265-params": "log-level=none"}),
        ("mjpeg", "yuvj422p", {"qmin": "1", "qmax": "2"}),
    ],
)
def test_formats_give_the_same_colours(
    codec: str,
    pix_fmt: str,
    options: dict[str, str],
    tmp_path: Path,
    write_video: Make,
    patches: Make,
) -> None:
    rgb = patches(6, 128, 128)
    path = write_video(tmp_path / "video.mkv", rgb, codec=codec, pix_fmt=pix_fmt, options=options)
    assert close(whole(path).rgb, rgb) <= 5


def test_repeated_timestamps_are_left_out_with_a_warning(
    tmp_path: Path, write_video: Make, patches: Make
) -> None:
    t = [0, 0.04, 0.04, 0.08, 0.12]
    path = write_video(tmp_path / "twice.mkv", patches(5), t, codec="ffv1", pix_fmt="bgr0")
    said: list[str] = []
    frames = whole(path, warn=said.append)
    np.testing.assert_allclose(frames.t, [0, 0.04, 0.08, 0.12], atol=1e-6)
    np.testing.assert_array_equal(frames.rgb, patches(5)[[0, 1, 3, 4]])
    assert len(said) == 1
    assert "1 frames left out" in said[0]


def test_a_stream_without_timestamps_goes_by_its_rate(
    tmp_path: Path, write_video: Make, patches: Make
) -> None:
    path = write_video(tmp_path / "bare.h264", patches(9), rate=25)
    np.testing.assert_allclose(whole(path).t, np.arange(9) / 25, atol=1e-6)


def test_few_pictures_are_held_while_their_times_are_mended() -> None:
    class Picture:
        pts, time_base = 1, 1

        def __init__(self, time: float) -> None:
            self.time = time

    alive: weakref.WeakSet[Picture] = weakref.WeakSet()
    most = 0

    def pictures() -> Iterator[Picture]:
        for k in range(50):
            picture = Picture(k / 25)
            alive.add(picture)
            yield picture

    for _ in decode._seconds("film", pictures(), 25.0):  # type: ignore[arg-type]
        most = max(most, len(alive))
    assert 1 <= most <= 3


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_cut_video_is_read_as_far_as_it_goes(
    suffix: str, tmp_path: Path, write_video: Make
) -> None:
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (90, 64, 96, 3), dtype=np.uint8)
    path = write_video(
        tmp_path / f"whole.{suffix}",
        rgb,
        options={"g": "10", "crf": "20"},
        muxer={"movflags": "faststart"} if suffix == "mp4" else None,
    )
    complete = whole(path)
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(path.read_bytes()[: int(0.4 * path.stat().st_size)])
    said: list[str] = []
    frames = whole(cut, warn=said.append)
    assert 20 < len(frames) < 60
    np.testing.assert_array_equal(frames.rgb[:20], complete.rgb[:20])
    assert any("cut short" in line and "cut." in line for line in said)


def test_a_whole_video_gives_no_warning(video: Path) -> None:
    said: list[str] = []
    whole(video, warn=said.append)
    assert said == []


def bad(kind: str, folder: Path, write_video: Make, write_sound: Make, patches: Make) -> Path:
    path = folder / "bad.mp4"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("this is a diary, not a video\n" * 40)
    elif kind == "folder":
        path.mkdir()
    elif kind == "no end":  # an mp4 whose index, at its end, is lost
        write_video(path, patches(30))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "sound":
        path = write_sound(folder / "bad.wav")
    elif kind == "huge":
        path = folder / "bad.mkv"
        write_video(path, patches(1, 16, 8200), codec="ffv1", pix_fmt="bgr0")
    return path


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("missing", SourceError, "no such file"),
        ("empty", DecodeError, "empty"),
        ("text", DecodeError, "not a video"),
        ("folder", SourceError, "not a file"),
        ("no end", DecodeError, "not a video"),
        ("sound", NoVideoError, "no video stream"),
        ("huge", SourceError, "8200x16"),
    ],
)
def test_bad_sources_fail_with_one_line_that_names_them(
    kind: str,
    error: type[SSPDError],
    words: str,
    tmp_path: Path,
    write_video: Make,
    write_sound: Make,
    patches: Make,
) -> None:
    path = bad(kind, tmp_path, write_video, write_sound, patches)
    for attempt in (probe, lambda p: list(read(p))):
        with pytest.raises(error, match=words) as caught:
            attempt(path)  # type: ignore[operator]
        message = str(caught.value)
        assert type(caught.value) is error
        assert path.name in message
        assert "\n" not in message


def test_the_cover_of_a_song_is_no_video(tmp_path: Path, patches: Make) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=8000)
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(patches(1)[0], format="rgb24")
        frames = [(cover, picture.reformat(format="yuvj420p"))]
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 8000
        for stream, frame in [(sound, silence), *frames, (sound, None), (cover, None)]:
            container.mux(stream.encode(frame))
    with pytest.raises(NoVideoError):
        probe(path)


def test_real_videos(shared: Path) -> None:
    info = probe(shared / "data" / "face.mp4")
    assert (info.width, info.height, info.codec) == (528, 592, "h264")
    frames = whole(shared / "data" / "face.mp4", end_s=1.0)
    np.testing.assert_allclose(frames.t, np.arange(30) / 30, atol=1e-4)
