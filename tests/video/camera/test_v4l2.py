"""Cameras of Linux through FFmpeg's own V4L2 code, before a device that answers as one does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "helpers" / "fake_v4l2.c"
#: Reads a number of frames, then until a state; prints what it saw.
_READER = """
import json, sys, time
import sspd
from sspd.errors import CameraError

n, wanted = int(sys.argv[1]), sys.argv[2]
camera, seen, told = sspd.open_camera(0), [], {}
try:
    told["info"] = [camera.info.width, camera.info.height, camera.info.fps]
    last = time.monotonic()
    for frames in camera.frames():
        for rgb, t in zip(frames.rgb, frames.t):
            seen.append([int(rgb[50, 50, 1]), float(t)])
            last = time.monotonic()
        if len(seen) >= n and (wanted == "any" or camera.state == wanted):
            told["after_s"] = time.monotonic() - last
            break
        if time.monotonic() - last > 8:
            break
    told |= {"state": camera.state, "late_s": camera.time_s - seen[-1][1]}
except CameraError as error:
    told |= {"state": error.state, "error": str(error)}
camera.close()
print(json.dumps(told | {"frames": seen, "warnings": camera.warnings}))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("cc") is None or Path("/dev/video0").exists(),
        reason="needs Linux, a C compiler, and no camera of its own",
    ),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("v4l2") / "fake_v4l2.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(path), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return path


def _read(library: Path, script: str, n: int, wanted: str, log: Path) -> dict[str, Any]:
    own = {"LD_PRELOAD": str(library), "FAKE_V4L2": script, "FAKE_V4L2_LOG": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", _READER, str(n), wanted],
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_frames_with_the_times_of_the_kernel_and_controls_that_stand_still(
    library: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    told = _read(library, "100000", 60, "any", log)
    assert told["info"] == [160, 120, 50.0]
    steps = [b[1] - a[1] for a, b in pairwise(told["frames"])]
    values = [b[0] - a[0] for a, b in pairwise(told["frames"])]
    whole = [(step, value) for step, value in zip(steps, values, strict=True) if 0 < value < 3]
    assert len(whole) > 40
    # frames that are numbered one after the other are a fiftieth of a second apart
    assert [step for step, value in whole if value == 1] == pytest.approx(
        [0.02] * sum(value == 1 for _, value in whole), abs=2e-5
    )
    assert told["warnings"] == []
    # exposure: no slowing, manual, the time that was automatic; white balance off, as it was
    lines = log.read_text().split("\n")[:-1]
    assert lines[:5] == ["0x9a0903 0", "0x9a0901 1", "0x9a0902 156", "0x98090c 0", "0x98091a 4600"]
    assert sorted(lines[-2:]) == ["0x98090c 1", "0x9a0901 3"]  # given back at the end


@pytest.mark.parametrize(
    ("script", "n", "wanted"),
    [("120", 20, "stalled"), ("120-gone", 20, "unplugged")],
)
def test_trouble_has_a_name(
    script: str, n: int, wanted: str, library: Path, tmp_path: Path
) -> None:
    told = _read(library, script, n, wanted, tmp_path / "log")
    assert told["state"] == wanted
    assert told["after_s"] < 2.0


def test_a_camera_that_another_program_streams_from_is_busy(library: Path, tmp_path: Path) -> None:
    told = _read(library, "busy", 1, "any", tmp_path / "log")
    assert told["state"] == "busy"
    assert "camera 0: another program uses the camera (busy" in told["error"]


def test_it_goes_on_when_it_is_plugged_in_again(library: Path, tmp_path: Path) -> None:
    told = _read(library, "120-gone 100000", 80, "running", tmp_path / "log")
    times = [t for _, t in told["frames"]]
    assert told["state"] == "running"
    assert max(b - a for a, b in pairwise(times)) > 1.0
