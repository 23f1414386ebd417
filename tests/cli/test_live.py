"""`sspd live`: in a real terminal and in a pipe, with a video that stands in for a camera."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sspd
import sspd.video.sources
from helpers.beating_faces import SKIN_BOX, beating_frames
from helpers.terminals import in_terminal

LIVE = [sys.executable, "-m", "sspd.cli.main", "live"]
BOX = ["--method", "pos", "--box", ",".join(str(edge) for edge in SKIN_BOX)]


@pytest.fixture(scope="module")
def skin(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """Twelve seconds of skin that beats 75 times a minute."""
    pictures = beating_frames(np.arange(360) / 30, 1.25)
    path = tmp_path_factory.mktemp("skin") / "skin.mp4"
    return write_video(path, pictures, options={"crf": "4"})


def _run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [*LIVE, *(str(word) for word in words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_a_session_of_some_seconds_with_all_outputs(skin: Path, tmp_path: Path) -> None:
    """Lines of JSON, a recording with the same result, an annotated video, a table."""
    outputs = ["--json-lines", "-", "--record", "a.mkv", "--overlay", "a.mp4"]
    done = _run(tmp_path, "--source", skin, "--seconds", 11, *BOX, *outputs)
    assert done.returncode in (0, 3), done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told[0] == {"type": "ready"}
    assert [each["type"] for each in told[1:]] == ["update"] * (len(told) - 2) + ["final"]
    assert len(told) > 8
    for each in told[1:-1]:
        if each["shown_bpm"] is not None:
            assert each["phase"] == "tracking"
            assert each["shown_bpm"] == pytest.approx(each["hr_bpm"], abs=1e-3)
    (live,) = told[-1]["results"]
    assert done.returncode == (0 if live["accepted"] else 3)
    later = sspd.measure(tmp_path / "a.mkv", method="pos", box=SKIN_BOX).to_dict()
    assert later["reasons"] == live["reasons"]
    assert later["hr_bpm"] == pytest.approx(live["hr_bpm"], abs=0.05)
    assert "skin.mp4" in done.stderr  # the table, beside the lines
    assert sspd.video.sources.open_source(tmp_path / "a.mp4").info.height > 64
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mkv", "a.mp4"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sends", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_the_terminal_is_left_as_it_was(sends: int, code: int, skin: Path, tmp_path: Path) -> None:
    """Ctrl-C ends with a result; both give the cursor and the lines back."""
    record = tmp_path / "a.mkv"
    command = [*LIVE, "--source", skin, *BOX, "--record", record]
    ended, shown = in_terminal(command, 80, interrupt_at="measuring, no rate yet", sends=sends)
    assert ended == code, shown
    assert "\x1b[?25l" in shown
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l")
    assert "\x1b[?1049h" not in shown
    assert "light" in shown
    assert "Traceback" not in shown
    assert record.exists() == (sends == signal.SIGINT)
    assert ("skin.mp4" in shown.rpartition("\x1b[?25h")[2]) == (sends == signal.SIGINT)
    assert [p.name for p in tmp_path.iterdir()] == (["a.mkv"] if record.exists() else [])


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no FIFOs")
def test_a_video_through_a_pipe(skin: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    stream = tmp_path / "skin.mkv"
    subprocess.run([sys.executable, "-c", _REMUX, skin, stream], check=True)

    def feed() -> None:
        with pipe.open("wb") as file, stream.open("rb") as data:
            file.write(data.read())

    writer = threading.Thread(target=feed)
    writer.start()
    done = _run(tmp_path, "--source", pipe, *BOX)
    writer.join()
    assert done.returncode == 3, done.stderr  # all at once: its times are not those of a camera
    assert "pipe" in done.stdout


_REMUX = """
import sys, av
with av.open(sys.argv[1]) as a, av.open(sys.argv[2], "w", format="matroska") as b:
    s = b.add_stream_from_template(a.streams.video[0])
    for p in a.demux(a.streams.video[0]):
        if p.dts is not None:
            p.stream = s
            b.mux(p)
"""


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/video77").exists(), reason="has very many cameras")
def test_a_camera_that_is_not_there(tmp_path: Path) -> None:
    done = _run(tmp_path, "--camera", 77, "--method", "pos", "--record", "a.mkv")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("sspd: camera 77: there is no such camera (missing")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_source_is_never_written_over(skin: Path, tmp_path: Path) -> None:
    done = _run(tmp_path, "--source", skin, *BOX, "--overlay", skin)
    assert done.returncode == 1
    assert "would be lost" in done.stderr
