"""Films broken at random: pictures, or one line that says why not (benchmarks/fuzz.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FUZZ = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz.py"


def test_broken_films_are_read_or_refused(tmp_path: Path) -> None:
    command = [sys.executable, str(FUZZ), str(tmp_path), "--films", "150", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = {line.split()[1]: int(line.split()[0]) for line in done.stdout.splitlines()}
    assert sum(outcomes.values()) == 150
    assert outcomes["read"] > 50
    assert outcomes["DecodeError"] > 10
    assert not list((tmp_path / "defects").iterdir())
