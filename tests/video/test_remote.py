"""A video in a store gives what the file gives; what a store does wrong is an error, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from helpers.object_stores import Bucket, environment, serving
from sspd.errors import DecodeError, SourceError, UsageError
from sspd.video import remote
from sspd.video.remote import RemoteVideo
from sspd.video.sources import open_source

pytest.importorskip("obstore", reason="needs obstore, of the extra scale")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    found = Bucket()
    with serving(found) as port:
        for name, value in environment(port).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(remote, "WAITS_S", (0.0,))
        yield found


def pixels(source: object) -> tuple[np.ndarray, np.ndarray]:
    chunks = list(open_source(source).frames())  # type: ignore[arg-type]
    return np.concatenate([c.rgb for c in chunks]), np.concatenate([c.t for c in chunks])


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "flv"])
def test_a_stored_video_is_read_as_its_file(
    bucket: Bucket, tmp_path: Path, write_video: Callable[..., Path], suffix: str
) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (20, 64, 96, 3), np.uint8)
    codec = {"flv": "flv", "avi": "mjpeg"}.get(suffix, "libx264")
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_video(tmp_path / f"a.{suffix}", rgb, codec=codec, pix_fmt=pix_fmt)
    bucket.objects[f"a.{suffix}"] = path.read_bytes()
    ours, theirs = pixels(f"s3://bucket/a.{suffix}"), pixels(path)
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])
    assert open_source(f"s3://bucket/a.{suffix}").info.name == f"s3://bucket/a.{suffix}"


def test_a_video_is_read_by_ranges_and_not_twice(
    bucket: Bucket, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(remote, "KEPT_BLOCKS", 64)
    data = video.read_bytes()
    bucket.objects["a.mp4"] = data
    source = RemoteVideo("s3://bucket/a.mp4")
    pixels(source)
    ranges = [wanted for method, _, wanted in bucket.asked if method == "GET"]
    assert len(ranges) > 1 and len(set(ranges)) == len(ranges) and "" not in ranges
    assert source.bytes_read <= len(data)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (["gone*"], "no such file"),
        (["403*"], "may not be opened with these credentials"),
        (["", "changed*"], "changed while it was read"),
        (["", "403*"], "may not be opened"),
    ],
)
def test_what_a_store_refuses_is_an_error(
    bucket: Bucket, video: Path, faults: list[str], words: str
) -> None:
    bucket.objects["a.mp4"] = video.read_bytes()
    bucket.faults["a.mp4"] = faults
    with pytest.raises(SourceError, match=words) as error:
        pixels("s3://bucket/a.mp4")
    assert str(error.value).startswith("s3://bucket/a.mp4: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("fault", ["cut", "503"])
def test_what_can_help_is_tried_again(bucket: Bucket, video: Path, fault: str) -> None:
    bucket.objects["a.mp4"] = video.read_bytes()
    bucket.faults["a.mp4"] = ["", fault, fault]
    np.testing.assert_array_equal(pixels("s3://bucket/a.mp4")[0], pixels(video)[0])


def test_a_range_that_fails_in_the_middle_is_not_the_end_of_the_video(
    bucket: Bucket, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # FFmpeg takes a read that fails for the end of the file, and the frames so far for all
    monkeypatch.setattr(remote, "BLOCK_BYTES", 1 << 10)
    bucket.objects["a.mp4"] = video.read_bytes()
    n_blocks = -(-len(bucket.objects["a.mp4"]) // (1 << 10))
    for n in range(1, n_blocks):
        bucket.faults["a.mp4"] = [""] * n + ["gone*"]
        with pytest.raises(SourceError, match="no such file"):
            pixels("s3://bucket/a.mp4")


def test_a_file_cannot_send_its_reader_to_and_fro_without_end(bucket: Bucket) -> None:
    bucket.objects["a.mp4"] = bytes(100)
    video = RemoteVideo("s3://bucket/a.mp4")
    file = video.open()
    video.bytes_read = remote.FREE_BYTES + 4 * 100 - 50
    with pytest.raises(SourceError, match="to and fro"):
        file.read(10)
    with pytest.raises(SourceError, match="to and fro"):
        file.check()


def test_what_is_no_video_says_so_by_its_address(bucket: Bucket) -> None:
    bucket.objects |= {"a.mp4": b"not a video at all" * 100, "b.mp4": b""}
    bucket.objects["c.m3u8"] = b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    for name in "a.mp4", "c.m3u8":
        with pytest.raises(DecodeError, match=f"^s3://bucket/{name}: not a video"):
            pixels(f"s3://bucket/{name}")
    with pytest.raises(DecodeError, match="an empty file"):
        pixels("s3://bucket/b.mp4")


def test_web_servers_are_opened_only_where_asked_for(bucket: Bucket, video: Path) -> None:
    import os

    bucket.objects["a.mp4"] = video.read_bytes()
    address = f"{os.environ['AWS_ENDPOINT_URL']}/a.mp4"
    with pytest.raises(SourceError, match="download the video first"):
        pixels(address)
    with pytest.raises(UsageError, match="only where they are asked for"):
        pixels(RemoteVideo(address))
    rgb, _ = pixels(RemoteVideo(address, allow_http=True))
    np.testing.assert_array_equal(rgb, pixels(video)[0])


@pytest.mark.parametrize("key", ["a/../b.mp4", "//b.mp4", "x" * 3000])
def test_keys_that_cannot_be_addressed_are_refused(key: str) -> None:
    with pytest.raises(UsageError, match="s3://bucket"):
        open_source(f"s3://bucket/{key}").info  # noqa: B018
