"""Playlists and patterns that name a secret file beside them, sometimes damaged.

No process may open the secret (checked with inotify) or connect to the address.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import socket
import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from sspd.errors import SSPDError
from sspd.video.read import probe, read

_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
    ' profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT1S">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000">'
    "<BaseURL>{t}</BaseURL></Representation></AdaptationSet></Period></MPD>"
)
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
SCRIPTS = (
    _HLS + "#EXTINF:1,\n{t}\n#EXT-X-ENDLIST\n",
    _HLS + "#EXTINF:1,\n{t}\n",
    _HLS + '#EXT-X-MAP:URI="{t}"\n#EXTINF:1,\n{t}\n',
    _HLS + '#EXT-X-KEY:METHOD=AES-128,URI="{t}"\n#EXTINF:1,\n{t}\n#EXT-X-ENDLIST\n',
    "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{t}\n",
    "ffconcat version 1.0\nfile '{t}'\n",
    "ffconcat version 1.0\nfile {t}\nduration 1\nfile {t}\n",
    "ffconcat version 1.0\noption safe 0\nfile '{t}'\ninpoint 0.1\n",
    _DASH,
    '<ASX version="3.0"><Entry><Ref href="{t}"/></Entry></ASX>',
    "[playlist]\nFile1={t}\nNumberOfEntries=1\n",
    '<smil><body><video src="{t}"/></body></smil>',
    "movie={t}",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {p} RTP/AVP 96\n",
    "[Reference]\nRef1={t}\n",
    "RTSPtext\nrtsp://127.0.0.1:{p}/x\n",
    "1\n00:00:00,000 --> 00:00:01,000\n{t}\n\n",
    "[Script Info]\nTitle: {t}\n[Events]\nDialogue: 0,0:00:00.00,0:00:01.00,,,,,,,{t}\n",
    "WEBVTT\n\n00:00.000 --> 00:01.000\n{t}\n",
    "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n# {t}\n",
    ";FFMETADATA1\ntitle={t}\n",
)
TARGETS = (
    *("{s}", "{n}", "./{n}", "file:{s}", "file://{s}", "concat:{s}|{s}", "cache:{s}", "async:{s}"),
    *("subfile,,start,0,end,0,,:{s}", "crypto:{s}", "http://127.0.0.1:{p}/{n}"),
    *("https://127.0.0.1:{p}/", "tcp://127.0.0.1:{p}", "tls://127.0.0.1:{p}", "hls+file:{s}"),
    *("ftp://127.0.0.1:{p}/{n}", "rtmp://127.0.0.1:{p}/x", "rtsp://127.0.0.1:{p}/x", "data:,x"),
)
SUFFIXES = (
    *(".m3u8", ".m3u", ".mp4", ".mkv", ".avi", ".mov", ".ts", ".mpd", ".ffconcat", ".concat"),
    *(".sdp", ".txt", ".webm", ".asx", ".pls", ".srt", ".sub", ".lavfi", ".h264", ".mjpeg", ""),
)
PATTERNS = ("img%03d.png", "img%d.jpg", "img*.png", "img%3d.bmp", "img?.png", "img[0-9].jpg")
IN_OPEN = 0x20
#: Clock ticks in a second; MPEG-4 has no finer clock.
TICKS = 50_000


def small_video(
    path: Path, times: Any, codec: str = "mpeg4", size: tuple[int, int] = (32, 32)
) -> Path:
    tick = Fraction(1, TICKS)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=30)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if path.suffix != ".avi":
            stream.codec_context.time_base = stream.time_base = tick
        for k, seconds in enumerate(times):
            level = np.full((size[1], size[0], 3), 90 + 5 * (k % 9), np.uint8)
            frame = av.VideoFrame.from_ndarray(level, format="rgb24")
            if path.suffix != ".avi":
                frame.pts, frame.time_base = round(float(seconds) * TICKS), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@cache
def _secret() -> bytes:
    path = Path(f"/tmp/fuzz-secret-{os.getpid()}.ts")
    try:
        return small_video(path, np.arange(30) / 30).read_bytes()
    finally:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _guarded(*files: Path) -> Iterator[int]:
    """Guard a port and some files: nothing may connect to or open them."""
    if not sys.platform.startswith("linux"):
        raise SystemExit("the kernel of Linux is asked who opens a file")
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        for file in files:
            if libc.inotify_add_watch(watch, os.fsencode(file), IN_OPEN) < 0:
                raise AssertionError("no watch")
        try:
            yield server.getsockname()[1]
            if select.select([watch], [], [], 0)[0]:
                raise AssertionError("a secret file was opened")
            if select.select([server], [], [], 0)[0]:
                raise AssertionError("an address was called")
        finally:
            os.close(watch)


def _refused(path: Path) -> str:
    for attempt in (probe, lambda p: sum(len(chunk) for chunk in read(p))):
        try:
            attempt(path)
        except SSPDError as error:
            one_line(str(error))
            outcome = type(error).__name__
        else:
            raise AssertionError(f"{path.name} was read")
    return outcome


def one_line(text: str) -> None:
    """Check that a message is one line that is not empty."""
    if "\n" in text or not text:
        raise AssertionError(f"not one line: {text!r}")


def playlist(folder: Path, seed: int) -> str:
    """Test a script that names a secret beside it, sometimes damaged."""
    rng = np.random.default_rng([seed, 1])
    secret = folder / "secret.ts"
    secret.write_bytes(_secret())
    path = folder / f"a{rng.choice(SUFFIXES)}"
    with _guarded(secret) as port:
        target = str(rng.choice(TARGETS))
        target = target.replace("{s}", str(secret)).replace("{n}", secret.name)
        text = str(rng.choice(SCRIPTS)).replace("{t}", target).replace("{p}", str(port))
        data = bytearray(text.replace("{p}", str(port)).encode() * int(rng.choice([1, 1, 1, 40])))
        front = (b"", b"", b"", b"\xef\xbb\xbf", b"\n", b" ", b"\0", b"\xff\xfe")
        data = bytearray(front[int(rng.integers(len(front)))]) + data
        if rng.random() < 0.3:
            for place in rng.integers(0, len(data), int(rng.integers(1, 4))):
                data[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(data if rng.random() < 0.8 else data.replace(b"\n", b"\r\n"))
        return _refused(path)


def pattern(folder: Path, seed: int) -> str:
    """Test an image whose name is a pattern for those beside it."""
    import cv2

    rng = np.random.default_rng([seed, 2])
    level = rng.integers(0, 255, (16, 16, 3), np.uint8)
    beside = []
    for name in ("img000.png", "img1.jpg", "img001.bmp", "img1.png", "img  1.bmp"):
        beside.append(folder / name)
        beside[-1].write_bytes(cv2.imencode(beside[-1].suffix, level)[1].tobytes())
    path = folder / str(rng.choice(PATTERNS))
    path.write_bytes(beside[int(rng.integers(len(beside)))].read_bytes())
    with _guarded(*beside):
        return _refused(path)
