"""Consoles without UTF-8, readers that leave, streams that are closed: the exit code stays."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helpers.beating_faces import SKIN_BOX, beating_frames

#: Every test starts a command of its own.
pytestmark = pytest.mark.slow

BOX = ",".join(str(edge) for edge in SKIN_BOX)
SSPD = [sys.executable, "-m", "sspd.cli.main"]
MEASURE = [*SSPD, "measure", "--method", "pos", "--box", BOX]
ASCII = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"PYTHONIOENCODING": "latin-1"},
]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    t = np.arange(270) / 30
    place = tmp_path_factory.mktemp("streams") / "größe_人.mp4"
    return write_video(place, beating_frames(t, 1.2), t, options={"crf": "16"})


def _ran(command: list[str], **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, env=os.environ | environment, check=False)


def _shell(line: str) -> tuple[int, str]:
    """Exit code of the first program of a pipe, and all that stood on standard error."""
    ran = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("environment", ASCII)
def test_a_console_without_utf_8_shows_the_table(video: Path, environment: dict[str, str]) -> None:
    good = _ran([*MEASURE, str(video)], **environment)
    assert good.returncode == 0, good.stderr
    assert b"bpm" in good.stdout and b"---" in good.stdout
    rejected = _ran([*MEASURE, str(video), "--end", "5"], **environment)
    assert rejected.returncode == 3
    assert b"less than 8 s" in rejected.stdout
    gone = _ran([*MEASURE, "fort_人.mp4"], **environment)
    assert gone.returncode == 1
    assert b"no such file" in gone.stderr
    for ran in (good, rejected, gone):
        assert b"Traceback" not in ran.stderr and b"unexpected" not in ran.stderr


@pytest.mark.parametrize("words", [["methods"], ["--help"], ["measure", "--help"]])
def test_other_commands_on_such_a_console(words: list[str]) -> None:
    ran = _ran([*SSPD, *words], **ASCII[0])
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.isascii() and len(ran.stdout) > 100


@pytest.mark.parametrize(("more", "code"), [("", 0), (" --end 5", 3), (" gone.mp4", 1)])
@pytest.mark.parametrize("away", ["| head -c 0", "| true", ">&-"])
def test_a_closed_standard_output_keeps_the_exit_code(
    video: Path, more: str, code: int, away: str
) -> None:
    found, errors = _shell(f"{shlex.join([*MEASURE, str(video)])}{more} {away}")
    assert found == code, errors
    assert all(line.startswith("sspd: ") for line in errors.splitlines())
    assert "unexpected" not in errors


@pytest.mark.parametrize("words", ["methods", "datasets", "--help", "--version", "check --help"])
def test_commands_with_a_reader_that_leaves(words: str) -> None:
    assert _shell(f"{shlex.join(SSPD)} {words} | true") == (0, "")


def test_closed_standard_error_too(video: Path) -> None:
    assert _shell(f"{shlex.join([*MEASURE, str(video)])} gone.mp4 2>&-") == (1, "")
    assert _shell(f"{shlex.join([*MEASURE, str(video)])} gone.mp4 2>&1 | true")[0] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
def test_a_full_standard_output_is_one_line_and_code_1(video: Path) -> None:
    code, errors = _shell(f"{shlex.join([*MEASURE, str(video)])} > /dev/full")
    assert code == 1
    assert errors == "sspd: standard output: cannot be written (No space left on device)\n"
