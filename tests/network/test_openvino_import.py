"""Nobody is told that somebody measures a video."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOAD = """
import sys, threading
from sspd.network import load_network
load_network(backend="openvino")
print("openvino_telemetry" in sys.modules, threading.active_count())
import openvino_telemetry
"""
#: Whoever imported OpenVINO for himself keeps what he has.
AFTER = """
import openvino, openvino.tools.ovc
from sspd.network.openvino_import import import_without_telemetry
print(import_without_telemetry() is openvino)
"""
#: Two threads that look into a graph at once; with OpenVINO alone three in four never end.
AT_ONCE = """
import sys, threading
from sspd.network.openvino_import import import_without_telemetry
sys.setswitchinterval(1e-6)
openvino = import_without_telemetry()
one = openvino.op.Constant(openvino.Type.f32, openvino.Shape([1]), [0.0])
together = threading.Barrier(2)
def look():
    together.wait()
    one.get_data()
threads = [threading.Thread(target=look) for _ in range(2)]
for each in threads: each.start()
for each in threads: each.join()
print("done")
"""


def _python(code: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return found.stdout.strip()


def test_openvino_is_imported_without_its_report() -> None:
    pytest.importorskip("openvino_telemetry")
    assert _python(LOAD) == "False 1"


def test_an_openvino_that_is_there_is_taken() -> None:
    assert _python(AFTER) == "True"


@pytest.mark.slow
def test_two_threads_may_look_into_graphs_at_once() -> None:
    assert [_python(AT_ONCE) for _ in range(3)] == ["done"] * 3
