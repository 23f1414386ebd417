from __future__ import annotations

import subprocess
import sys

SETTLE = """
import atexit, gc, os, sys
atexit.register(lambda: print(gc.get_freeze_count() > 10_000))  # the first asked is the last done
import sspd.cli.main
from sspd.process import settle_process
assert "numpy" not in sys.modules, "whose library of sums has counted the cores by then"
print(settle_process() or sys.platform != "linux")
import cv2
print(cv2.getNumThreads(), os.environ["OPENBLAS_NUM_THREADS"], gc.get_threshold()[0] > 700)
"""


def test_a_measuring_process_works_on_small_things_where_they_are() -> None:
    found = subprocess.run([sys.executable, "-c", SETTLE], capture_output=True, text=True)
    assert found.stdout.split() == ["True", "1", "1", "True", "True"], found.stderr
