"""Each trick's plain twin, and the switch between them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from sspd.accel.buffers import recycling_allocator
from sspd.accel.prefetch import import_in_background, prefetch, run_in_background
from sspd.accel.process import keep_freed_memory, trim_heap, tune_process
from sspd.accel.switch import VARIABLE, enabled
from sspd.errors import UsageError
from sspd.research.train.memory import hold_memory, machine_bytes, prepare_memory


@pytest.fixture
def off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")


def test_it_is_read_when_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert enabled()
    for value, on in (("off", False), ("1", True), (" No ", False), ("", True), ("0", False)):
        monkeypatch.setenv(VARIABLE, value)
        assert enabled() is on


@pytest.mark.parametrize("value", ["of", "true", "2", "\x1b[2J"])
def test_what_it_cannot_be_is_said(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(UsageError, match="SSPD_ACCEL is on or off") as caught:
        enabled()
    assert str(caught.value).isprintable()


def test_the_command_refuses_it_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "fast")
    run = "import sys; sys.argv[1:] = ['measure', 'a.mp4']; from sspd.cli.main import run; run()"
    ran = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True)
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 1
    assert "SSPD_ACCEL is on or off" in ran.stderr


@pytest.mark.usefixtures("off")
def test_arrays_are_numpys_own() -> None:
    array = recycling_allocator()((2, 3), np.uint16)
    assert (array.shape, array.dtype, array.flags.owndata) == ((2, 3), np.uint16, True)


@pytest.mark.usefixtures("off")
def test_items_are_made_here_when_they_are_asked_for() -> None:
    made: list[int] = []
    closed: list[bool] = []

    def items() -> Iterator[int]:
        try:
            for k in range(3):
                made.append(threading.get_ident())
                yield k
            raise ValueError("torn")
        finally:
            closed.append(True)

    some = prefetch(items(), depth=9)
    assert next(some) == 0
    assert made == [threading.get_ident()]
    some.close()
    assert closed == [True]
    with pytest.raises(ValueError, match="torn"):
        list(prefetch(items(), depth=9))
    assert set(made) == {threading.get_ident()}


@pytest.mark.usefixtures("off")
def test_preparations_are_made_at_once_and_imports_by_their_users() -> None:
    done: list[bool] = []

    def fail() -> None:
        done.append(True)
        raise ValueError("of whoever wants it")

    assert not run_in_background(fail).is_alive()
    assert done == [True]
    sys.modules.pop("wave", None)
    assert import_in_background("wave") is None
    assert "wave" not in sys.modules


@pytest.mark.usefixtures("off")
def test_no_process_is_tuned() -> None:
    assert not (tune_process() or trim_heap() or keep_freed_memory() or prepare_memory())
    assert not hold_memory(torch.nn.Linear(2, 2), needed=float(machine_bytes()))
