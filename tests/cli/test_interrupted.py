"""Ctrl-C in a real terminal: what is kept, and how to go on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from helpers.terminals import in_terminal

SSPD = [sys.executable, "-m", "sspd.cli.main"]
SMALL = ["--n", "400", "--seconds", "0.2", "--size", "160x120"]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_simulate_says_what_is_kept_and_goes_on(tmp_path: Path, jobs: str) -> None:
    command = [*SSPD, "simulate", str(tmp_path / "videos"), *SMALL, "--jobs", jobs]
    code, shown = in_terminal(command, columns=120, interrupt_at="2/400 videos")
    assert code == 130
    assert "sspd: interrupted; complete videos are kept, the same command continues" in shown
    assert "Traceback" not in shown and "Aborted" not in shown
    kept = list((tmp_path / "videos").glob("*.mp4"))
    assert 2 <= len(kept) < 400
    assert not list((tmp_path / "videos").glob(".*part*"))


@pytest.mark.slow
def test_another_command_names_what_it_leaves(tmp_path: Path) -> None:
    made = [*SSPD, "simulate", str(tmp_path / "d"), "--layout", "ubfc-rppg", "--n", "2"]
    assert in_terminal([*made, "--seconds", "3", "--size", "160x120"])[0] == 0
    command = [*SSPD, "evaluate", f"ubfc-rppg:{tmp_path / 'd'}", "--method", "pos,chrom,ica"]
    code, shown = in_terminal([*command, "--out", str(tmp_path / "out")], 120, "Preparing")
    assert code == 130
    said = " ".join(shown.split())
    assert "interrupted; waveforms and networks are kept in" in said
    assert "the same command continues" in said
