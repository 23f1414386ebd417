"""Videos whose clock or frames are not what they seem, whole way through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import sspd
from helpers.beating_faces import SKIN_BOX, beating_frames
from sspd.errors import UsageError
from sspd.pipeline.batch import measure_many
from sspd.types import MeasureOptions, Vitals
from sspd.video.clock import CAPTURE_KEYS

#: 95.9 beats a minute.
HZ = 95.9 / 60


def write(
    path: Path, rgb: np.ndarray, rate: int, *, capture: str | None = None, crf: int = 16
) -> Path:
    options = {"movflags": "use_metadata_tags"} if capture else {}
    with av.open(str(path), "w", options=options) as container:
        if capture:
            container.metadata[CAPTURE_KEYS[0]] = capture
        coding = {"crf": str(crf), "preset": "ultrafast"}
        stream: Any = container.add_stream("libx264", rate=rate, options=coding)
        stream.width, stream.height, stream.pix_fmt = rgb.shape[2], rgb.shape[1], "yuv420p"
        for picture in rgb:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def measured(path: Path, **options: Any) -> Vitals:
    return sspd.measure(path, method="pos", box=SKIN_BOX, **options)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds at 30 frames per second, without a clock."""
    t = np.arange(360) / 30
    return write(tmp_path_factory.mktemp("raw") / "a.h264", beating_frames(t, 1.6), 30)


@pytest.mark.slow
def test_a_raw_stream_has_no_rate_unless_its_frame_rate_is_stated(raw: Path) -> None:
    vitals = measured(raw)
    assert vitals.hr_bpm is None
    assert "clock_unknown" in vitals.reasons
    assert any("--fps" in line for line in vitals.warnings)
    stated = measured(raw, fps=30.0)
    assert stated.hr_bpm == pytest.approx(96, abs=1)
    assert (stated.stated_fps, stated.warnings) == (30.0, ())
    other = measured(raw, fps=24.0)
    assert other.hr_bpm == pytest.approx(96 * 24 / 30, abs=1)


@pytest.mark.slow
def test_the_command_line_takes_a_frame_rate(raw: Path, tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", "from sspd.cli.main import run; run()", "measure", str(raw)]
    command += ["--method", "pos", "--box", ",".join(map(str, SKIN_BOX))]
    out = tmp_path / "a.json"
    done = subprocess.run(
        [*command, "--fps", "30", "--json", str(out)], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(out.read_text())
    assert row["hr_bpm"] == pytest.approx(96, abs=1)
    assert row["stated_fps"] == 30
    bad = subprocess.run([*command, "--fps", "0"], env=env, capture_output=True, text=True)
    assert bad.returncode == 2
    assert "fps must be 1 to 1000" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_a_stated_rate_reaches_workers_and_the_journal(raw: Path) -> None:
    (done,) = measure_many([raw], method="pos", box=SKIN_BOX, fps=30.0)
    assert done.vitals.hr_bpm == pytest.approx(96, abs=1)
    assert MeasureOptions(fps=30.0).to_dict() != MeasureOptions().to_dict()
    assert MeasureOptions.from_dict(MeasureOptions(fps=30.0).to_dict()).fps == 30.0
    with pytest.raises(UsageError, match="fps must be"):
        MeasureOptions(fps=float("nan"))


@pytest.mark.slow
@pytest.mark.parametrize("capture", [60, 120])
def test_slow_motion_is_read_by_the_capture_clock(capture: int, tmp_path: Path) -> None:
    t = np.arange(10 * capture) / capture
    path = write(tmp_path / "slow.mp4", beating_frames(t, HZ), 30, capture=f"{capture}.0")
    vitals = measured(path)
    assert vitals.hr_bpm == pytest.approx(95.9, abs=1)
    assert (vitals.fps, vitals.container_fps) == (pytest.approx(capture), pytest.approx(30))
    assert any("slow motion" in line for line in vitals.warnings)


def test_a_time_lapse_has_too_few_frames(tmp_path: Path) -> None:
    t = np.arange(300) / 5
    path = write(tmp_path / "lapse.mp4", beating_frames(t, HZ), 30, capture="5.0")
    vitals = measured(path)
    assert vitals.hr_bpm is None
    assert "frame_rate_too_low" in vitals.reasons


@pytest.mark.parametrize("times", [6, 8, 10])
@pytest.mark.parametrize("crf", [0, 16])
def test_frames_shown_several_times_are_no_frames(crf: int, times: int, tmp_path: Path) -> None:
    """174.8 bpm at 5 new frames per second would be read as 125.2."""
    t = np.arange(360) // times * times / 30
    rgb = beating_frames(np.unique(t), 174.8 / 60)[np.arange(360) // times]
    vitals = measured(write(tmp_path / "held.mp4", rgb, 30, crf=crf))
    assert vitals.hr_bpm is None
    assert "frame_rate_too_low" in vitals.reasons
    assert vitals.fps is not None and vitals.fps < 12
    if crf == 0:
        assert vitals.fps == pytest.approx(30 / times, abs=0.15)
    assert vitals.container_fps == pytest.approx(30)
    assert any("of 360 frames repeat" in line for line in vitals.warnings)


def test_fifteen_new_frames_in_thirty_are_enough(tmp_path: Path) -> None:
    rgb = beating_frames(np.arange(180) / 15, 1.2)[np.arange(360) // 2]
    vitals = measured(write(tmp_path / "twice.mp4", rgb, 30, crf=0))
    assert vitals.hr_bpm == pytest.approx(72, abs=1)
    assert vitals.fps == pytest.approx(15, abs=0.1)


@pytest.mark.parametrize("period", [30, 50])
def test_a_gif_that_loops_has_no_pulse(period: int, tmp_path: Path) -> None:
    """A photo with noise, 25 frames per second, shown again and again for 20 s."""
    rgb = beating_frames(np.arange(period) / 25, 1.0, depth=0.0)
    memory = tmp_path / "loop.gif"
    with av.open(str(memory), "w") as container:
        stream: Any = container.add_stream("gif", rate=25)
        stream.width, stream.height, stream.pix_fmt = rgb.shape[2], rgb.shape[1], "rgb8"
        for k in range(500):
            frame = av.VideoFrame.from_ndarray(rgb[k % period], format="rgb24")
            container.mux(stream.encode(frame.reformat(format="rgb8")))
        container.mux(stream.encode())
    vitals = measured(memory)
    assert vitals.hr_bpm is None
    assert "frame_rate_too_low" in vitals.reasons
    assert any(f"every {period / 25:.1f} s: a loop" in line for line in vitals.warnings)
