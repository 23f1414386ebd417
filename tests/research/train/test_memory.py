"""How much memory a step is thought to need; freed memory is kept, its gaps are given back."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from sspd.accel.switch import VARIABLE
from sspd.research.train import memory

#: Frees every other one of many blocks, which leaves gaps, then takes a step's way back.
GAPS = """
import sspd.research.train.memory as memory
assert memory.prepare_memory()
import torch
memory.HELD_SHARE = {}
layer = torch.nn.Linear(4, 4)
assert memory.hold_memory(layer, needed=float(memory.machine_bytes()))
blocks = [torch.ones(1 << 20) for _ in range(100)]
del blocks[::2]
print(memory.held_bytes())
layer(torch.ones(1, 4)).sum().backward()
print(memory.held_bytes())
"""


@pytest.fixture(autouse=True)
def tricks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def run(source: str) -> list[str]:
    """In a process of its own: what it sets cannot be taken back."""
    command = [sys.executable, "-c", source]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_memory_is_kept_where_there_is_enough() -> None:
    ask = "from sspd.research.train.memory import prepare_memory; print(prepare_memory({}))"
    assert run(ask.format(0.0)) == ["True"]
    assert run(ask.format(1e15)) == ["False"]


@pytest.mark.slow
def test_gaps_of_kept_memory_are_given_back_where_it_is_scarce() -> None:
    before, after = (int(line) for line in run(GAPS.format(1.0)))
    assert after > 0.9 * before
    before, after = (int(line) for line in run(GAPS.format(0.0)))
    assert before - after > 0.8 * 50 * (4 << 20)


def test_where_there_is_plenty_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not memory.hold_memory(torch.nn.Linear(2, 2), needed=1e6)
    monkeypatch.setattr(memory, "c_function", lambda name: None)
    assert not memory.hold_memory(torch.nn.Linear(2, 2), needed=1e15)
