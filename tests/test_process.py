from __future__ import annotations

import subprocess
import sys

import pytest

from sspd.accel.switch import VARIABLE

TUNE = """
import atexit, gc, os, sys
atexit.register(lambda: print(gc.get_freeze_count() > 10_000))  # the first asked is the last done
import sspd.cli.main
from sspd.accel.process import tune_process
assert "numpy" not in sys.modules, "whose library of sums has counted the cores by then"
print(tune_process() or sys.platform != "linux")
import cv2
print(cv2.getNumThreads(), os.environ["OPENBLAS_NUM_THREADS"])
"""


@pytest.fixture(autouse=True)
def tricks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_measuring_process_works_on_small_things_where_they_are() -> None:
    found = subprocess.run([sys.executable, "-c", TUNE], capture_output=True, text=True)
    assert found.stdout.split() == ["True", "1", "1", "True"], found.stderr


GAPS = """
import resource, sys
from pathlib import Path
from sspd.accel.process import trim_heap

def held_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

blocks = [bytearray(60_000) for _ in range(2000)]
worst_mb = held_mb()
del blocks[:-1]  # the last one stands at the heap's end, which can go back by itself
left_mb = held_mb()
print(trim_heap(), worst_mb - left_mb < 30, worst_mb - held_mb() > 90)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_gaps_between_things_in_use_are_given_back() -> None:
    found = subprocess.run([sys.executable, "-c", GAPS], capture_output=True, text=True)
    assert found.stdout.split() == ["True"] * 3, found.stderr
