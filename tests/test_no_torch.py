"""The base install measures: a video is read in a process where importing torch fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sspd
from sspd.simulation import VideoSpec, truth, write_video

#: Packages of the extras; in the base install none of them is there.
ABSENT = (
    *("h5py", "lightning_fabric", "onnx", "pandas", "tensorboard", "torch", "zarr"),
    *("prometheus_client", "starlette", "uvicorn", "websockets"),
)
#: Put in front of every statement: whoever imports one of them, fails.
WITHOUT = f"""
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, Absent())
sys.path.insert(0, {str(Path(sspd.__file__).parents[1])!r})
"""
RUN = "from sspd.cli.main import run; sys.argv = ['sspd', *sys.argv[1:]]; run()"
SPEC = VideoSpec(seed=3, duration_s=12.0, hr_bpm=74.0, width=320, height=240, face_px=120)


def _python(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("without torch") / "face.mp4"
    write_video(SPEC, path)
    return path


def _read(path: Path) -> dict[str, Any]:
    (row,) = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(row, dict)
    return row


def test_torch_is_really_absent_there() -> None:
    ran = _python("import torch")
    assert ran.returncode == 1
    assert "No module named 'torch'" in ran.stderr


@pytest.mark.slow
def test_a_video_is_measured_by_the_command(face: Path, tmp_path: Path) -> None:
    ran = _python(RUN, "measure", face, "--json", tmp_path / "out.json")
    assert ran.returncode == 0, ran.stderr
    row = _read(tmp_path / "out.json")
    assert row["method"] == "sspd"
    assert row["hr_bpm"] == pytest.approx(truth(SPEC).hr_bpm, abs=2.0)


@pytest.mark.slow
def test_a_video_is_measured_from_python(face: Path) -> None:
    ran = _python("import sspd; print(sspd.measure(sys.argv[1]).hr_bpm)", face)
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) == pytest.approx(truth(SPEC).hr_bpm, abs=2.0)


def test_the_shipped_network_is_exported(tmp_path: Path) -> None:
    ran = _python(RUN, "export", tmp_path / "sspd.onnx")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "sspd.onnx").stat().st_size > 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "."),
        ("calibrate", "--out", "new"),
        ("import", "released.pth"),
        ("export", "out.onnx", "--weights", "a.safetensors"),
        ("benchmark",),
        ("explain", "a.mp4", "--plot", "a.png"),
    ],
)
def test_what_needs_torch_says_so_in_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ran = _python(f"import os; os.chdir({str(tmp_path)!r})\n{RUN}", *arguments)
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert " needs torch, which is not installed; install sspd[train] with `" in ran.stderr
    assert not list(tmp_path.iterdir())


def test_what_needs_the_server_says_so_in_one_line(tmp_path: Path) -> None:
    ran = _python(RUN, "serve", "--folder", tmp_path / "state")
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "sspd serve needs starlette, which is not installed; install sspd[serve]" in ran.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_checkpoint_says_how_to_be_read(face: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "a.safetensors"
    checkpoint.write_bytes(b"\0" * 64)
    ran = _python(RUN, "measure", face, "--weights", checkpoint)
    assert ran.returncode == 1
    assert "sspd[train]" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
