"""Files that name other files: none of those is ever opened, whatever the name in front.

A secret video lies beside each playlist, watched by the kernel (inotify), and addresses
on a network are those of a socket that listens: neither may hear anything.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from sspd.errors import DecodeError, SSPDError
from sspd.pipeline.batch import measure_many
from sspd.video.allowed import CONTAINERS, VIDEO_CODECS, open_options
from sspd.video.read import probe, read

Make = Callable[..., Any]
IN_OPEN, O_NONBLOCK = 0x20, os.O_NONBLOCK if hasattr(os, "O_NONBLOCK") else 0
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs inotify")

DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
    ' profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT1S"'
    ' minBufferTime="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1"'
    ' bandwidth="1000"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>'
)
HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{target}\n"
#: What is written into a hostile file; {target} is what it would have read.
SCRIPTS = {
    "a.m3u8": f"{HLS}#EXT-X-ENDLIST\n",
    "hls.mp4": f"{HLS}#EXT-X-ENDLIST\n",
    "live.mkv": HLS,  # never ends: new parts are waited for
    "map.mp4": HLS.replace("#EXTINF", '#EXT-X-MAP:URI="{target}"\n#EXTINF'),
    "key.mp4": HLS.replace("#EXTINF", '#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF'),
    "concat.mp4": "ffconcat version 1.0\nfile '{target}'\n",
    "concat.avi": "ffconcat version 1.0\nfile '{target}'\nfile '{target}'\nduration 1\n",
    "concat.ffconcat": "ffconcat version 1.0\nfile {target}\n",
    "dash.mpd": DASH,
    "dash.mov": DASH,
    "cast.asx": '<ASX version="3.0"><Entry><Ref href="{target}"/></Entry></ASX>',
    "list.pls": "[playlist]\nFile1={target}\nNumberOfEntries=1\n",
    "list.m3u": "#EXTM3U\n{target}\n",
    "ref.smil": '<smil><body><video src="{target}"/></body></smil>',
    "graph.lavfi": "movie={target}",
    "title.mp4": "1\n00:00:00,000 --> 00:00:01,000\n{target}\n\n" * 9,
    "drawn.nfo": "{target}\n" * 200,
    "call.sdp": (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    ),
}


@contextmanager
def watched(file: Path) -> Iterator[Callable[[], bool]]:
    """Whether the kernel saw anybody open a file since."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(O_NONBLOCK)
    assert watch >= 0
    assert libc.inotify_add_watch(watch, os.fsencode(file), IN_OPEN) >= 0
    try:
        yield lambda: bool(select.select([watch], [], [], 0)[0])
    finally:
        os.close(watch)


@pytest.fixture
def secret(tmp_path: Path, write_video: Make, patches: Make) -> Path:
    return Path(write_video(tmp_path / "secret.ts", patches(30)))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def refused(path: Path) -> str:
    """The one line of a file that is not opened, by each way in."""
    for attempt in (probe, lambda p: list(read(p))):
        with pytest.raises(DecodeError) as caught:
            attempt(path)  # type: ignore[operator]
        assert str(caught.value).startswith(f"{path}: not a video that can be decoded")
        assert "\n" not in str(caught.value)
    return str(caught.value)


@linux
@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("how", ["beside", "absolute", "file", "http", "tcp"])
def test_what_a_playlist_names_is_never_opened(
    name: str, how: str, tmp_path: Path, secret: Path, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    target = {
        "beside": secret.name,
        "absolute": str(secret),
        "file": f"file:{secret}",
        "http": f"http://127.0.0.1:{port}/{secret.name}",
        "tcp": f"tcp://127.0.0.1:{port}",
    }[how]
    path = tmp_path / name
    path.write_text(SCRIPTS[name].replace("{target}", target).replace("{port}", str(port)))
    with watched(secret) as was_opened:
        refused(path)
        assert not was_opened()
    with pytest.raises(BlockingIOError):
        listener.accept()


@linux
@pytest.mark.parametrize("name", ["img%03d.png", "img%d.bmp", "img*.png", "img%3d.jpg", "img?.png"])
def test_names_that_are_patterns_read_no_other_picture(
    name: str, tmp_path: Path, patches: Make
) -> None:
    names = ["img000.png", "img001.png", "img1.bmp", "img001.jpg", "img1.png"]
    for beside in names:
        picture = cv2.imencode(Path(beside).suffix, patches(1)[0])[1]
        (tmp_path / beside).write_bytes(picture.tobytes())
    path = tmp_path / name
    path.write_bytes((tmp_path / "img000.png").read_bytes())
    for beside in names:
        with watched(tmp_path / beside) as was_opened:
            assert "images" in refused(path)
            assert not was_opened()


def test_the_watch_sees_what_ffmpeg_would_open(tmp_path: Path, secret: Path) -> None:
    """Without the lists the playlists above work: the tests could fail."""
    path = tmp_path / "a.mp4"
    path.write_text(SCRIPTS["concat.mp4"].replace("{target}", secret.name))
    with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30


def _boxes(data: bytes, path: list[bytes]) -> list[int]:
    """Where each box of a path begins in an MP4."""
    places, start, end = [], 0, len(data)
    for name in path:
        while data[start + 4 : start + 8] != name:
            start += struct.unpack(">I", data[start : start + 4])[0]
            assert start < end, name
        places.append(start)
        end, start = start + struct.unpack(">I", data[start : start + 4])[0], start + 8
    return places


def with_outside_track(mp4: bytes, target: Path) -> bytes:
    """An MP4 whose pictures lie, by its ``dref`` (an alias, QTFF), in another file."""
    places = _boxes(mp4, [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"])
    name = target.name.encode()
    way = str(target).encode()
    record = bytes(10) + bytes([3]) + b"vol".ljust(27, b"\0") + bytes(12)
    record += bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16)
    record += struct.pack(">HH", 1, 1) + bytes(16)
    record += struct.pack(">HH", 18, len(way)) + way + bytes(len(way) % 2)
    record += struct.pack(">HH", 2, len(way)) + way + bytes(len(way) % 2) + b"\xff\xff\0\0"
    entry = struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record
    old = places[-1] + 16  # after the box's head, version and number of entries
    size = struct.unpack(">I", mp4[old : old + 4])[0]
    out = bytearray(mp4[:old] + entry + mp4[old + size :])
    for place in places:
        (length,) = struct.unpack(">I", out[place : place + 4])
        out[place : place + 4] = struct.pack(">I", length + len(entry) - size)
    return bytes(out)


@linux
def test_tracks_of_an_mp4_in_another_file_are_not_followed(tmp_path: Path, video: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(video.read_bytes())
    path = tmp_path / "outside.mov"
    path.write_bytes(with_outside_track(video.read_bytes(), secret))
    with watched(secret) as was_opened:
        options = {"enable_drefs": "1", "use_absolute_path": "1"}
        with av.open(str(path), options=options) as container:
            assert container.streams.video
        assert was_opened()  # so it would be, if asked for
    with watched(secret) as was_opened:
        try:
            list(read(path))
        except SSPDError as error:
            assert "\n" not in str(error)
        assert not was_opened()


@pytest.mark.slow
@linux
def test_a_folder_under_a_limit_reads_no_secret(tmp_path: Path, secret: Path) -> None:
    """By the command line, in a worker of its own: one line for the file, exit code 1."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    hidden = secret.rename(tmp_path / "secret.bin")
    for name in ("concat.mp4", "live.mkv", "hls.mp4"):
        (folder / name).write_text(SCRIPTS[name].replace("{target}", str(hidden)))
    (folder / "a.m3u8").write_text(SCRIPTS["a.m3u8"].replace("{target}", str(hidden)))
    command = [sys.executable, "-m", "sspd.cli.main", "measure", str(folder), "--method", "pos"]
    with watched(hidden) as was_opened:
        done = subprocess.run(
            [*command, "--limit", "60"], capture_output=True, text=True, check=False
        )
        assert not was_opened()
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert len(lines) == 3
    assert all("not a video that can be decoded" in line for line in lines)
    assert ".m3u8" not in done.stdout + done.stderr  # not counted as a video at all


def test_a_playlist_among_videos_is_an_error_of_its_own(tmp_path: Path, secret: Path) -> None:
    path = tmp_path / "concat.mp4"
    path.write_text(SCRIPTS["concat.mp4"].replace("{target}", secret.name))
    (done,) = measure_many([path], method="pos")
    assert done.vitals.error is not None
    assert "not a video" in done.vitals.error


def test_every_name_in_the_lists_is_known_to_ffmpeg() -> None:
    known = {name for full in av.formats_available for name in full.split(",")}
    assert set(CONTAINERS) <= known
    # other builds of FFmpeg come without some decoders: a list may name them all the same
    assert len(set(VIDEO_CODECS) - av.codecs_available) <= 8
    for text in ("hls", "concat", "image2", "dash", "lavfi", "sdp", "tty", "mlv", "vobsub"):
        assert text not in open_options()["format_whitelist"].split(",")


@pytest.mark.parametrize(
    ("suffix", "container", "codec", "pix_fmt"),
    [
        ("3gp", "3gp", "h263", "yuv420p"),
        ("mpg", "mpeg", "mpeg1video", "yuv420p"),
        ("flv", "flv", "flv", "yuv420p"),
        ("wmv", "asf", "wmv2", "yuv420p"),
        ("mxf", "mxf", "mpeg2video", "yuv420p"),
        ("mov", "mov", "prores", "yuv422p10le"),
        ("avi", "avi", "huffyuv", "yuv422p"),
        ("nut", "nut", "ffv1", "yuv420p"),
        ("ivf", "ivf", "libvpx", "yuv420p"),
        ("y4m", "yuv4mpegpipe", "wrapped_avframe", "yuv420p"),
        ("gif", "gif", "gif", "rgb8"),
        ("apng", "apng", "apng", "rgb24"),
        ("hevc", "hevc", "libx265", "yuv420p"),
        ("m2v", "mpeg2video", "mpeg2video", "yuv420p"),
    ],
)
def test_real_containers_and_codecs_are_read(
    suffix: str, container: str, codec: str, pix_fmt: str, tmp_path: Path
) -> None:
    path = tmp_path / f"film.{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (12, 144, 176, 3), np.uint8)
    with av.open(str(path), "w", format=container) as out:
        quiet = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        stream: Any = out.add_stream(codec, rate=30, options=quiet)
        stream.width, stream.height, stream.pix_fmt = 176, 144, pix_fmt
        for picture in noise:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert sum(len(chunk) for chunk in read(path)) >= 11
