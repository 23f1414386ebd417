from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sspd.errors import SourceError, UsageError
from sspd.types import Frames
from sspd.video import sequence
from sspd.video.sequence import numbered, read_images
from sspd.video.still import BAYER_CONVERSIONS, read_still

RGB = np.random.default_rng(0).integers(0, 256, (5, 24, 32, 3), dtype=np.uint8)
T = np.arange(5) / 10


def save(folder: Path, rgb: np.ndarray = RGB, suffix: str = ".png") -> list[Path]:
    files = [folder / f"Image{k}{suffix}" for k in range(len(rgb))]
    for file, picture in zip(files, rgb, strict=True):
        assert cv2.imwrite(str(file), picture[..., ::-1] if picture.ndim == 3 else picture)
    return files


def pgm(path: Path, levels: np.ndarray, white: int, comment: str = "") -> Path:
    """As cameras write it: big-endian above 255."""
    height, width = levels.shape
    data = levels.astype(">u2" if white > 255 else "u1").tobytes()
    path.write_bytes(f"P5\n{comment}{width} {height}\n{white}\n".encode() + data)
    return path


def whole(frames: list[Frames]) -> np.ndarray:
    return np.concatenate([chunk.rgb for chunk in frames])


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm"])
@pytest.mark.parametrize("scale", [1, 257])
def test_colour_comes_back(tmp_path: Path, suffix: str, scale: int) -> None:
    if suffix == ".bmp" and scale > 1:
        pytest.skip("BMP has 8 bits")
    rgb = RGB if scale == 1 else RGB.astype(np.uint16) * scale
    chunks = list(read_images(save(tmp_path, rgb, suffix), T, chunk=2))
    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert {chunk.max_value for chunk in chunks} == {255 * scale}
    np.testing.assert_array_equal(whole(chunks), rgb)


def test_jpeg_and_grey(tmp_path: Path) -> None:
    smooth = np.full((1, 24, 32, 3), (200, 120, 40), np.uint8)
    (chunk,) = read_images(save(tmp_path, smooth, ".jpg"), T[:1])
    np.testing.assert_allclose(chunk.rgb, smooth, atol=3)
    (grey,) = read_images(save(tmp_path, RGB[..., 0], ".png"), T)
    np.testing.assert_array_equal(grey.rgb, RGB[..., :1].repeat(3, axis=3))


def test_a_pgm_states_its_white(tmp_path: Path) -> None:
    levels = RGB[0, ..., 0].astype(np.uint16) * 4
    rgb, white = read_still(pgm(tmp_path / "a.pgm", levels, 1023, "# a camera\n"))
    assert (rgb.dtype, white) == (np.uint16, 1023)
    np.testing.assert_array_equal(rgb[..., 1], levels)
    file = pgm(tmp_path / "b.pgm", levels, 65535)
    assert next(read_images([file], T[:1])).max_value == 65535
    assert next(read_images([file], T[:1], max_value=1023)).max_value == 1023


@pytest.mark.parametrize("pattern", BAYER_CONVERSIONS)
@pytest.mark.parametrize("white", [255, 65535])
def test_the_mosaic_is_as_stated(tmp_path: Path, pattern: str, white: int) -> None:
    colour = np.array([200, 120, 40]) * (white // 255)
    mosaic = np.empty((24, 32))
    for k, name in enumerate(pattern):
        mosaic[k // 2 :: 2, k % 2 :: 2] = colour["RGB".index(name)]
    (chunk,) = read_images([pgm(tmp_path / "0.pgm", mosaic, white)], T[:1], bayer=pattern)
    np.testing.assert_array_equal(chunk.rgb, np.broadcast_to(colour, chunk.rgb.shape))


def test_only_the_stretch_is_opened(tmp_path: Path) -> None:
    files = save(tmp_path)
    for k in (0, 1, 4):
        files[k].unlink()
    said: list[str] = []
    (chunk,) = read_images(files, T, start_s=0.2, end_s=0.4, warn=said.append)
    assert chunk.t.tolist() == [0.2, T[3]]
    assert said == []


def test_damaged_and_missing_pictures_are_left_out_and_told_of(tmp_path: Path) -> None:
    files = save(tmp_path)
    files[0].write_bytes(files[0].read_bytes()[:300])
    files[3].unlink()
    said: list[str] = []
    (chunk,) = read_images(files, T, warn=said.append)
    np.testing.assert_array_equal(chunk.rgb, RGB[[1, 2, 4]])
    assert chunk.t.tolist() == T[[1, 2, 4]].tolist()
    (line,) = said
    assert "Image0.png" in line and "2 of 5" in line and "\n" not in line
    with pytest.raises(SourceError, match=r"Image0\.png: damaged"):
        list(read_images(files[:1], T[:1]))


def test_sizes_and_depths_must_agree(tmp_path: Path) -> None:
    files = save(tmp_path)
    cv2.imwrite(str(files[3]), RGB[3, :20])
    with pytest.raises(SourceError, match=r"Image3.png: 32x20 .* Image0.png has 32x24"):
        list(read_images(files, T))
    cv2.imwrite(str(files[3]), RGB[3].astype(np.uint16))
    with pytest.raises(SourceError, match="uint16/65535"):
        list(read_images(files, T))


def test_chunks_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequence, "MAX_CHUNK_BYTES", 3 * RGB[0].nbytes)
    assert [len(chunk) for chunk in read_images(save(tmp_path), T)] == [3, 2]


def test_hostile_pictures_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("was decoded"))
    huge = {
        "a.pgm": b"P5 60000 60000 255\n",
        "a.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0",
        "a.bmp": b"BM" + bytes(16) + (1 << 20).to_bytes(4, "little") + b"\xff\xff\xff\xff",
        "a.jpg": b"\xff\xd8\xff\xe0\0\4ab\xff\xff\xc2\0\x11\x08\xff\xff\xff\xff\3",
    }
    for name, data in huge.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError, match=rf"{name}.*larger than 8192"):
            read_still(tmp_path / name)
    others = (b"", b"text", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"II*\0", b"P5 4 4 99999999 ")
    for data in others:
        (tmp_path / "b").write_bytes(data)
        with pytest.raises(SourceError, match=r"b: not a PNG"):
            read_still(tmp_path / "b")


def test_a_colour_picture_is_no_mosaic(tmp_path: Path) -> None:
    (file,) = save(tmp_path, RGB[:1])
    with pytest.raises(SourceError, match="mosaic"):
        read_still(file, "RGGB")
    with pytest.raises(UsageError, match="RGGB, BGGR"):
        read_still(file, "RG")


def test_what_cannot_be_is_said_at_once(tmp_path: Path) -> None:
    files = save(tmp_path)
    with pytest.raises(UsageError, match="chunk"):
        read_images(files, T, chunk=0)
    with pytest.raises(UsageError, match="0 <= start < end"):
        read_images(files, T, start_s=2, end_s=1)
    with pytest.raises(UsageError, match="5 images"):
        read_images(files, T[:4])
    with pytest.raises(UsageError, match="ascending"):
        read_images(files, T[::-1])


def test_numbers_give_the_order(tmp_path: Path) -> None:
    for name in ("Image10.png", "image9.PNG", "._Image3.png", "notes.txt"):
        (tmp_path / name).touch()
    found = numbered(tmp_path, r"Image([0-9]+)[.]png")
    assert [(n, file.name) for n, file in found] == [(9, "image9.PNG"), (10, "Image10.png")]
    (tmp_path / "Image09.png").touch()
    with pytest.raises(SourceError, match="number of Image09"):
        numbered(tmp_path, r"Image([0-9]+)[.]png")
    with pytest.raises(SourceError, match="no image"):
        numbered(tmp_path, r"Frame([0-9]+)[.]pgm")
    (tmp_path / "RGB.zip").touch()
    with pytest.raises(SourceError, match=r"RGB: no such folder; unzip RGB\.zip"):
        numbered(tmp_path / "RGB", "")
