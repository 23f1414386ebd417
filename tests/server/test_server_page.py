"""The page of the server in the documentation is true: its lines are run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers.beating_faces import beating_frames
from helpers.servers import Caller
from sspd.server.service import Service
from sspd.server.settings import ServerSettings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "server.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_calls_of_the_page_work(call: Caller, beating_video: Path, tmp_path: Path) -> None:
    shutil.copy(beating_video, tmp_path / "face.mp4")
    lines = [line for block in _blocks("bash") for line in block.splitlines()]
    calls = [line for line in lines if line.startswith("curl") and "127.0.0.1:8000" in line]
    (promised,) = (json.loads(block) for block in _blocks("json"))
    assert len(calls) == 6

    def ran(line: str) -> str:
        words = shlex.split(line.replace(":8000", f":{call.port}").partition(" > ")[0])
        done = subprocess.run(
            [*words, "-sS", "--fail-with-body"], cwd=tmp_path, capture_output=True, check=True
        )
        return done.stdout.decode()

    promise = json.loads(ran(calls[0]))
    assert promise.keys() == promised.keys()
    call.wait(promise["id"])
    state, csv, waveform, report, gone = (
        ran(line.replace(promised["id"], promise["id"])) for line in calls[1:]
    )
    assert json.loads(state)["results"][0]["hr_bpm"] == pytest.approx(72.0, abs=1.0)
    assert csv.startswith("source,face_id") and waveform.startswith("time_s,rppg")
    assert report.lower().startswith("<!doctype html>") and gone == ""


@pytest.mark.slow
def test_the_live_example_of_the_page_works(
    call: Caller, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = _blocks("python")
    found: dict[str, object] = {}
    exec(compile(code.replace(":8000", f":{call.port}"), "server.md", "exec"), found)
    pictures = beating_frames(np.arange(270) / 30, 1.2)
    images = [bytes(cv2.imencode(".png", rgb[:, :, ::-1])[1]) for rgb in pictures]
    measure = found["measure"]
    assert callable(measure)
    measure(images, 30.0)
    *updates, rate = capsys.readouterr().out.splitlines()
    assert float(rate) == pytest.approx(72.0, abs=1.5)
    assert len(updates) == 8


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    settings = ServerSettings(Path("state"))
    bounds = settings.bounds
    for text in (
        f"`--max-mb` ({settings.max_video_bytes >> 20}); it must come at"
        f" {bounds.slowest_bytes_per_s / 1024:g} kB/s on average, after the first"
        f" {bounds.free_s:g} s",
        f"`--limit` ({settings.limit_s:g} s)",
        f"`--store-mb` ({settings.max_stored_bytes >> 20}), {settings.max_waiting} jobs,"
        f" {settings.max_waiting_each} of one caller",
        f"`--keep-fetched` seconds ({settings.keep_fetched_s:g})",
        f"ends after {bounds.silence_s:g} s of silence or an hour",
        f"falls {bounds.behind_s:g} s behind",
        f"a request head within {bounds.head_s:g} s, 16 kB",
        f"gives running measurements {settings.stop_s:g} s",
    ):
        assert text in PAGE, text
    assert (settings.keep_s, bounds.live_s, bounds.tries, bounds.frame_bytes) == (
        *(3600.0, 3600.0, 3),
        1 << 20,
    )
