"""Nobody is told that somebody measures a film."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOAD = """
import sys, threading
from sspd.runtime import load_network
load_network(backend="openvino")
print("openvino_telemetry" in sys.modules, threading.active_count())
import openvino_telemetry
"""
#: Whoever imported OpenVINO for himself keeps what he has.
AFTER = """
import openvino, openvino.tools.ovc
from sspd.runtime.quiet import import_openvino
print(import_openvino() is openvino)
"""


def _python(code: str) -> str:
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_openvino_is_imported_without_its_report() -> None:
    pytest.importorskip("openvino_telemetry")
    assert _python(LOAD) == "False 1"


def test_an_openvino_that_is_there_is_taken() -> None:
    assert _python(AFTER) == "True"
