from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sspd
from helpers.beating_faces import SKIN_BOX
from helpers.terminals import in_terminal
from sspd.cli.main import app

BOX = ",".join(str(edge) for edge in SKIN_BOX)
COMMAND = [sys.executable, "-m", "sspd.cli.main", "measure", "--method", "pos", "--box", BOX]


def test_simulate_tells_how_far_it_is_off_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sspd.utils.progress.EVERY_S", 0.0)
    small = ["--n", "2", "--seconds", "0.2", "--size", "160x120"]
    ran = CliRunner().invoke(app, ["simulate", str(tmp_path / "videos"), *small])
    assert ran.exit_code == 0
    assert "sspd: Simulating: 1/2 videos" in ran.stderr
    assert "Simulating" not in ran.stdout


@pytest.mark.slow
def test_a_terminal_sees_phases_and_frames_of_one_video(videos: Path) -> None:
    code, shown = in_terminal([*COMMAND, videos / "b.mp4"])
    assert code == 0
    assert "b.mp4: reading" in shown
    assert "0/None" not in shown
    (row,) = [line for line in shown.splitlines() if re.search(r"b\.mp4 .* bpm", line)]
    assert len(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", row).rstrip()) <= 80


@pytest.mark.slow
def test_standard_output_is_for_results_alone(videos: Path) -> None:
    ran = subprocess.run(
        [*COMMAND, str(videos), "--jobs", "2"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert ran.stderr == ""
    assert ran.stdout.startswith("video") or ran.stdout.splitlines()[1].startswith("video")


@pytest.mark.slow
def test_measure_tells_its_phases(videos: Path) -> None:
    told: list[tuple[str, float]] = []
    box = sspd.Box(*SKIN_BOX)
    sspd.measure(
        videos / "b.mp4", method="pos", box=box, end_s=9.0,
        progress=lambda phase, done: told.append((phase, done)),
    )  # fmt: skip
    phases = [phase for phase, _ in told]
    assert list(dict.fromkeys(phases)) == ["reading", "network", "vitals"]
    read = [done for phase, done in told if phase == "reading"]
    assert len(read) > 50
    assert all(0 <= a <= b <= 1 for a, b in pairwise(read))
    assert read[0] < 0.05 and read[-1] > 0.98


@pytest.mark.slow
def test_workers_tell_how_far_their_videos_are(videos: Path) -> None:
    told: list[tuple[int, str, float]] = []
    run = sspd.measure_many(
        [videos / "b.mp4", videos / "deeper" / "b.MP4"], jobs=2, method="pos",
        box=sspd.Box(*SKIN_BOX), progress=lambda *words: told.append(words),
    )  # fmt: skip
    assert [done.vitals.error for done in run] == [None, None]
    for index in (0, 1):
        phases = list(dict.fromkeys(phase for at, phase, _ in told if at == index))
        assert phases == ["reading", "network", "vitals"]
    assert all(0 <= done <= 1 for _, _, done in told)
