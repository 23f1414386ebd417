"""Whatever holds a video gives the same frames at the same times; what cannot be is named."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import sspd
from sspd.errors import DecodeError, SourceError, UsageError
from sspd.types import Frames, Recording, References, VideoInfo, VideoSource
from sspd.video import file as file_module
from sspd.video.read import read
from sspd.video.sources import open_source

FS = 20.0
N = 30


def pixels(n: int = N) -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.integers(0, 255, (n, 48, 64, 3), np.uint8)


class Camera:
    """A source of somebody else's."""

    def __init__(self, rgb: np.ndarray) -> None:
        self._rgb = rgb
        self.info = VideoInfo(64, 48, FS, None, "raw", name="camera 1")
        self.closed = False

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        for k, frame in enumerate(self._rgb):
            t = k / FS
            if start_s <= t < (np.inf if end_s is None else end_s):
                yield Frames(frame[None], np.array([t]))

    def close(self) -> None:
        self.closed = True


def image_folder(folder: Path, rgb: np.ndarray) -> Path:
    folder.mkdir()
    for k, frame in enumerate(rgb):
        cv2.imwrite(str(folder / f"frame{k}.png"), frame[:, :, ::-1])
    (folder / "notes.txt").write_text("not an image")
    return folder


def recording(rgb: np.ndarray) -> Recording:
    def frames(**options: Any) -> Iterator[Frames]:
        end_s = options.get("end_s")
        return Camera(rgb).frames(options.get("start_s", 0.0), end_s)

    return Recording("01", "01", "rest", Path("01.avi"), frames, References, ())


def all_of(source: VideoSource, start_s: float = 0.0, end_s: float | None = None) -> Frames:
    found = list(source.frames(start_s, end_s))
    rgb = np.concatenate([chunk.rgb for chunk in found])
    return Frames(rgb, np.concatenate([chunk.t for chunk in found]), found[0].max_value)


Make = Callable[[Path, np.ndarray], VideoSource]
KINDS: dict[str, Make] = {
    "array": lambda _, rgb: open_source(rgb, fs=FS),
    "array with timestamps": lambda _, rgb: open_source(rgb, timestamps_s=7 + np.arange(N) / FS),
    "iterable": lambda _, rgb: open_source(iter(rgb), fs=FS),
    "list with timestamps": lambda _, rgb: open_source(
        list(rgb), timestamps_s=(np.arange(N) / FS).tolist()
    ),
    "iterable of Frames": lambda _, rgb: open_source(Camera(rgb).frames()),
    "image folder": lambda path, rgb: open_source(image_folder(path / "images", rgb), fs=FS),
    "recording": lambda _, rgb: open_source(recording(rgb)),
    "source": lambda _, rgb: open_source(Camera(rgb)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_the_same_frames_at_the_same_times(kind: str, tmp_path: Path) -> None:
    rgb = pixels()
    source = KINDS[kind](tmp_path, rgb)
    assert isinstance(source, VideoSource)
    assert (source.info.width, source.info.height) == (64, 48)
    assert source.info.name
    found = all_of(source)
    np.testing.assert_array_equal(found.rgb, rgb)
    np.testing.assert_allclose(found.t, np.arange(N) / FS, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_a_span(kind: str, tmp_path: Path) -> None:
    found = all_of(KINDS[kind](tmp_path, pixels()), 0.5, 1.0)
    assert found.t.tolist() == pytest.approx((np.arange(10, 20) / FS).tolist())


def test_a_binary_file_is_read_like_its_path(
    tmp_path: Path, write_video: Callable[..., Path]
) -> None:
    path = write_video(tmp_path / "a.mp4", pixels())
    expected = np.concatenate([chunk.rgb for chunk in read(path)])
    with path.open("rb") as file:
        source = open_source(file)
        assert source.info.name == str(path)
        np.testing.assert_array_equal(all_of(source).rgb, expected)
    memory = open_source(io.BytesIO(path.read_bytes()))
    np.testing.assert_array_equal(all_of(memory).rgb, expected)
    memory.close()  # type: ignore[attr-defined]


def test_a_broken_binary_file_is_named_as_the_caller_knows_it(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match=r"^stream: "):
        _ = open_source(io.BytesIO(b"not a video at all")).info
    (tmp_path / "b.mp4").write_bytes(b"no")
    with (tmp_path / "b.mp4").open("rb") as file, pytest.raises(DecodeError, match=r"b\.mp4: "):
        _ = open_source(file).info
    with pytest.raises(UsageError, match="opened as text; open the video with 'rb'"):
        open_source(io.StringIO("text"))


def test_a_video_file_is_opened_once(
    tmp_path: Path, write_video: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mp4", pixels(40))
    opened = []
    original = file_module.opened

    def counted(place: Path) -> Any:
        opened.append(place)
        return original(place)

    monkeypatch.setattr(file_module, "opened", counted)
    sspd.measure(path, method="pos", box=(0, 0, 64, 48))
    assert len(opened) == 1


BAD: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "no time": (lambda: open_source(pixels()), UsageError, "give fs= .* got neither"),
    "two times": (
        lambda: open_source(pixels(), fs=FS, timestamps_s=np.arange(N)),
        UsageError,
        "not both",
    ),
    "rate": (lambda: open_source(pixels(), fs=0.0), UsageError, "1 to 1000"),
    "nan rate": (lambda: open_source(pixels(), fs=float("nan")), UsageError, "got nan"),
    "few times": (
        lambda: open_source(pixels(), timestamps_s=[0.0, 1.0]),
        UsageError,
        r"shape \(30,\), one per frame, got shape \(2,\)",
    ),
    "falling times": (
        lambda: open_source(pixels(3), timestamps_s=[0.0, 2.0, 1.0]),
        UsageError,
        r"timestamp 2 \(1 s\) follows 2 s",
    ),
    "text times": (
        lambda: open_source(pixels(3), timestamps_s=["a", "b", "c"]),
        UsageError,
        "numbers, in seconds",
    ),
    "grey array": (lambda: open_source(pixels()[..., 0], fs=FS), UsageError, "RGB|time, height"),
    "four channels": (
        lambda: open_source(np.zeros((9, 48, 64, 4), np.uint8), fs=FS),
        UsageError,
        "RGB",
    ),
    "floats": (
        lambda: open_source(pixels().astype(np.float32) / 255, fs=FS),
        UsageError,
        r"uint8 \(0-255\) or uint16 \(0-65535\), got float32",
    ),
    "empty array": (lambda: open_source(pixels(0), fs=FS), SourceError, "holds no frames"),
    "flat": (lambda: open_source(np.zeros((9, 0, 64, 3), np.uint8), fs=FS), UsageError, "shape"),
    "large": (
        lambda: open_source(np.broadcast_to(np.uint8(0), (2, 9000, 9000, 3)), fs=FS),
        SourceError,
        "9000x9000",
    ),
    "empty iterable": (lambda: open_source([], fs=FS), SourceError, "holds no frames"),
    "words": (lambda: open_source(["a"], fs=FS), UsageError, "RGB"),
    "sizes": (
        lambda: list(open_source([pixels(1)[0], pixels(1)[0, :40]], fs=FS).frames()),
        UsageError,
        r"after \(48, 64, 3\) of uint8 came \(40, 64, 3\)",
    ),
    "fewer times than frames": (
        lambda: list(open_source(iter(pixels(3)), timestamps_s=[0.0, 1.0]).frames()),
        UsageError,
        "fewer times than there are frames",
    ),
    "times for Frames": (
        lambda: open_source(Camera(pixels()).frames(), fs=FS),
        UsageError,
        "give neither fs nor timestamps_s",
    ),
    "times for a file": (lambda: open_source("a.mp4", fs=FS), UsageError, "has its own times"),
    "fps for an array": (lambda: open_source(pixels(), fps=FS), UsageError, "give fs="),
    "number": (lambda: open_source(7), UsageError, "got int"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_measured_is_named(case: str) -> None:
    make, error, words = BAD[case]
    with pytest.raises(error, match=words):
        make()


def test_an_iterable_is_read_once() -> None:
    source = open_source(iter(pixels()), fs=FS)
    assert len(all_of(source)) == N
    with pytest.raises(UsageError, match="only once"):
        next(source.frames())


def test_images_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "images", pixels(12))
    (folder / ".hidden.png").write_bytes(b"")
    found = all_of(open_source(folder, fs=FS))
    np.testing.assert_array_equal(found.rgb, pixels(12))
    with pytest.raises(UsageError, match="frames need a time"):
        open_source(folder)
    assert open_source(folder, fps=10.0).info.duration_s == pytest.approx(1.2)


def test_sixteen_bits_keep_their_range() -> None:
    rgb = pixels().astype(np.uint16) * 257
    assert all_of(open_source(rgb, fs=FS)).max_value == 65535
