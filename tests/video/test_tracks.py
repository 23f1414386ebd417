"""Files with several video tracks, and folders with links."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from sspd.cli.inputs import list_videos
from sspd.errors import NoVideoError
from sspd.video.folder import videos_in
from sspd.video.read import probe, read
from sspd.video.restamp import read_with_timestamps

Make = Callable[..., Any]
DEFAULT, NONE = Disposition.default, Disposition(0)
#: Width of each track and its disposition -> the width of the one that is read.
FILES = {
    "the default one": ([(64, NONE), (32, DEFAULT), (96, NONE)], 32),
    "the largest of several defaults": ([(64, DEFAULT), (96, DEFAULT)], 96),
    "the largest, where none is default": ([(32, NONE), (64, NONE), (48, NONE)], 64),
    "the first of equals": ([(64, NONE), (64, NONE)], 64),
}


def with_tracks(path: Path, tracks: list[tuple[int, Disposition]]) -> Path:
    """Five pictures a track, whose level is the track's place times ten."""
    with av.open(str(path), "w") as container:
        streams = []
        for width, disposition in tracks:
            stream: Any = container.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, 32, "bgr0"
            stream.disposition = disposition
            streams.append(stream)
        for _ in range(5):
            for k, stream in enumerate(streams):
                grey = np.full((32, stream.width, 3), 10 * k, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", FILES)
def test_which_track_is_read(name: str, tmp_path: Path) -> None:
    tracks, width = FILES[name]
    path = with_tracks(tmp_path / "several.mkv", tracks)
    place = next(k for k, (wide, _) in enumerate(tracks) if wide == width)
    told: list[str] = []
    chunks = list(read(path, warn=told.append))
    assert probe(path).width == width
    assert {(c.rgb.shape[2], int(c.rgb.max())) for c in chunks} == {(width, 10 * place)}
    said = f"{path}: {len(tracks)} video tracks; track {1 + place} is read"
    assert told == [f"{said} ({width}x32, ffv1)"]
    again: list[str] = []
    list(read_with_timestamps(path, 25.0, warn=again.append))
    assert again == told


@pytest.mark.parametrize("videos", [0, 1, 2])
def test_a_cover_is_no_track(videos: int, tmp_path: Path) -> None:
    path = tmp_path / "video.mp4"
    with av.open(str(path), "w") as container:
        kinds = [("mjpeg", "yuvj420p", 320)] + [("libx264", "yuv420p", 64)] * videos
        streams: list[Any] = []
        for codec, pix_fmt, width in kinds:
            streams.append(container.add_stream(codec, rate=25))
            streams[-1].width, streams[-1].height, streams[-1].pix_fmt = width, 64, pix_fmt
        streams[0].disposition = Disposition.attached_pic
        for stream in streams:
            for _ in range(1 if stream is streams[0] else 5):
                grey = av.VideoFrame(stream.width, 64, stream.pix_fmt)
                container.mux(stream.encode(grey))
            container.mux(stream.encode(None))
    if not videos:
        with pytest.raises(NoVideoError, match="1 other streams"):
            probe(path)
        return
    told: list[str] = []
    assert sum(len(chunk) for chunk in read(path, warn=told.append)) == 5
    assert probe(path).width == 64
    assert [line.split(": ")[1] for line in told if "tracks" in line] == (
        ["2 video tracks; track 1 is read (64x64, h264)"] if videos == 2 else []
    )


@pytest.mark.slow
def test_links_are_followed_once(tmp_path: Path, video: Path) -> None:
    inbox, away = tmp_path / "inbox", tmp_path / "away"
    (inbox / "sub").mkdir(parents=True)
    (away / "deep").mkdir(parents=True)
    (away / "deep" / "far.mp4").write_bytes(video.read_bytes())
    (inbox / "sub" / "near.mp4").write_bytes(video.read_bytes())
    (inbox / "a.mp4").symlink_to(away / "deep" / "far.mp4")
    (inbox / "to").symlink_to(away)
    (inbox / "twice").symlink_to(away)
    (inbox / "again").symlink_to(inbox / "sub")  # its videos are found without a link
    (inbox / "sub" / "up").symlink_to(inbox)
    (away / "self").symlink_to(away / "self")
    (inbox / "gone.mp4").symlink_to(tmp_path / "nothing.mp4")
    (inbox / "ring.mp4").symlink_to(inbox / "ring.mp4")
    (inbox / ".hidden").symlink_to(away)
    names = ["a.mp4", "gone.mp4", "ring.mp4", "sub/near.mp4", "to/deep/far.mp4"]
    assert [path.relative_to(inbox).as_posix() for path in videos_in(inbox)] == names
    problems = {path.name: problem for path, problem in list_videos([inbox])}
    assert problems["a.mp4"] is None
    for name in ("gone.mp4", "ring.mp4"):
        assert problems[name] == f"{inbox / name}: a link to a file that does not exist"
    command = [sys.executable, "-m", "sspd.cli.main", "measure", "--method", "pos", str(inbox)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 2
