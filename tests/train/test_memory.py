"""How much memory a step is thought to need, and when freed memory is kept."""

from __future__ import annotations

import subprocess
import sys

ASK = "from sspd.train.memory import prepare_memory; print(prepare_memory({}))"


def kept(needed: float) -> str:
    """In a process of its own: it cannot be taken back."""
    command = [sys.executable, "-c", ASK.format(needed)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_memory_is_kept_where_there_is_enough() -> None:
    assert kept(0.0) == "True"
    assert kept(1e15) == "False"
