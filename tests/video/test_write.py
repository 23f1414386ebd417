from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from sspd.errors import OutputError, UsageError
from sspd.types import Frames
from sspd.video.write import roundtrip_h264, write_h264


def _video(n: int = 12, side: int = 64, seed: int = 0) -> Frames:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 255, (n, side, side, 3), dtype=np.uint8)
    t = np.cumsum(rng.uniform(0.01, 0.09, n))
    return Frames(rgb, t - t[0])


def test_each_frame_keeps_its_own_timestamp(tmp_path: Path) -> None:
    video = _video()
    write_h264(tmp_path / "a.mp4", [video], fps=25)
    with av.open(str(tmp_path / "a.mp4")) as container:
        timestamps = [float(f.pts * f.time_base) for f in container.decode(video=0)]
    np.testing.assert_allclose(np.array(timestamps) - timestamps[0], video.t, atol=1 / 90_000)


def test_chunks_make_one_video(tmp_path: Path) -> None:
    video = _video()
    halves = [Frames(video.rgb[:5], video.t[:5]), Frames(video.rgb[5:], video.t[5:])]
    write_h264(tmp_path / "a.mp4", [video], fps=25)
    write_h264(tmp_path / "b.mp4", halves, fps=25)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("bit_rate", [200_000, 1_000_000])
def test_bit_rate_is_met(tmp_path: Path, bit_rate: int) -> None:
    rng = np.random.default_rng(1)
    rgb = (rng.normal(120, 12, (120, 128, 128, 3))).clip(0, 255).astype(np.uint8)
    video = Frames(rgb, np.arange(120) / 30)
    write_h264(tmp_path / "a.mp4", [video], fps=30, bit_rate=bit_rate)
    bits_s = 8 * (tmp_path / "a.mp4").stat().st_size / 4
    assert 0.5 * bit_rate < bits_s < 1.6 * bit_rate


def test_quality_follows_crf(tmp_path: Path) -> None:
    for crf in (5, 40):
        write_h264(tmp_path / f"{crf}.mp4", [_video()], fps=25, crf=crf)
    assert (tmp_path / "5.mp4").stat().st_size > 3 * (tmp_path / "40.mp4").stat().st_size


def test_a_failure_leaves_nothing_and_keeps_the_old(tmp_path: Path) -> None:
    def breaks() -> Iterator[Frames]:
        yield _video()
        raise RuntimeError("camera unplugged")

    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="unplugged"):
        write_h264(tmp_path / "a.mp4", breaks(), fps=25)
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(
    ("frames", "options", "message"),
    [
        ([_video(side=63)], {}, "even sides, got 63x63"),
        ([_video(side=64), _video(side=32)], {}, "64x64, but a later frame is 32x32"),
        ([], {}, "at least one frame"),
        ([_video()], {"bit_rate": 100_000, "crf": 20}, "not both"),
        ([Frames(np.zeros((1, 8, 8, 3), np.uint16), np.zeros(1), 65280)], {}, "must be uint8"),
    ],
)
def test_wrong_use_is_named(
    tmp_path: Path, frames: list[Frames], options: dict[str, int], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        write_h264(tmp_path / "a.mp4", frames, fps=25, **options)
    assert not list(tmp_path.iterdir())


def test_unwritable_place_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_h264(tmp_path / "file" / "a.mp4", [_video()], fps=25)


def test_roundtrip_gives_each_picture_back_in_order() -> None:
    levels = np.arange(20, 220, 10, dtype=np.uint8)
    rgb = np.broadcast_to(levels[:, None, None, None], (20, 32, 32, 3))
    video = Frames(np.ascontiguousarray(rgb), np.arange(20) / 30)
    back = list(roundtrip_h264(video, fps=30, bit_rate=100_000))
    assert len(back) == 20
    assert np.all(np.diff([picture.mean() for picture in back]) > 5)
