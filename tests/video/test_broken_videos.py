"""Videos broken at random: pictures, or one line that says why not (benchmarks/fuzz.py)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from sspd.errors import SSPDError
from sspd.video.read import probe, read

FUZZ = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz.py"


@pytest.mark.slow
def test_broken_videos_are_read_or_refused(tmp_path: Path) -> None:
    command = [sys.executable, str(FUZZ), str(tmp_path), "--videos", "160", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = {line.split()[1]: int(line.split()[0]) for line in done.stdout.splitlines()}
    assert sum(outcomes.values()) == 160
    assert outcomes["read"] > 50
    assert outcomes["DecodeError"] > 10
    assert not list((tmp_path / "defects").iterdir())
    # of each kind of benchmarks/fuzz_videos.py ten: no playlist or pattern is opened
    assert outcomes["playlist:DecodeError"] == outcomes["pattern:DecodeError"] == 10
    assert outcomes["name:shown"] == outcomes["growing:read"] == 10
    assert outcomes["clock:measured"] > 2
    assert outcomes["tracks:told"] > 2


def test_a_stream_that_begins_late_is_left_alone(tmp_path: Path) -> None:
    """As in television; PyAV raises IndexError for its packets (benchmarks/fuzz.py)."""
    noise = np.random.default_rng(0).integers(0, 255, (24, 64, 96, 3), np.uint8)
    path = tmp_path / "late.ts"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for picture in noise:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    video = path.read_bytes()
    packets = [bytearray(video[i : i + 188]) for i in range(0, len(video), 188)]
    known = [p for p in packets if (p[1] & 31, p[2]) == (1, 0)]  # of the pictures alone
    late = [bytearray(p) for p in known]
    for packet in late:
        packet[1:3] = bytes([packet[1] & 0xE0 | 1, 0x23])
    # so long that the second stream is not among those that are found at the beginning
    times = -(-6_000_000 // (188 * len(known)))
    path.write_bytes(b"".join(known * times + late + known))
    assert sum(len(chunk) for chunk in read(path)) >= 20


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gone.mp4", "no such file"),
        ("a.mp4/b.mp4", "no such file"),
        (300 * "a" + ".mp4", "file name too long"),
        ("a\0b.mp4", "no such file"),
        ("folder", "not a file; a video is expected here"),
        ("pipe.mp4", "a video is not read from a pipe"),
        ("empty.mp4", "an empty file"),
    ],
)
def test_what_is_no_file_is_a_line(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SSPDError) as error:
        probe(tmp_path / name)
    assert str(error.value).startswith(f"{tmp_path / name}: {told}")


def test_a_device_is_a_line() -> None:
    with pytest.raises(SSPDError, match=r"^/dev/zero: a video is not read from a pipe"):
        probe("/dev/zero")
