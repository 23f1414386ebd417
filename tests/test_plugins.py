"""Methods and datasets of another package (tests/foreign), found by its entry points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sspd.simulation import VideoSpec, write_video

FOREIGN = Path(__file__).parent / "foreign"
SOURCE = Path(__file__).resolve().parents[1] / "src"
SPEC = VideoSpec(seed=2, duration_s=10.0, hr_bpm=75.0, width=200, height=200, face_px=120)


def run(*command: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(FOREIGN), str(SOURCE)])}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def sspd(*arguments: object) -> subprocess.CompletedProcess[str]:
    return run("-m", "sspd.cli.main", *arguments)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("foreign") / "a.mp4"
    write_video(SPEC, path)
    return path


@pytest.mark.slow
def test_a_method_of_another_package_measures(video: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.json"
    done = sspd("measure", video, "--method", "green-red", "--json", out)
    assert done.returncode in (0, 3), done.stderr
    record = json.loads(out.read_text())
    found = record[0] if isinstance(record, list) else record
    assert found["method"] == "green-red"
    code = f"import sspd; print(sspd.measure({str(video)!r}, method='green-red').estimate_bpm)"
    assert float(run("-c", code).stdout) == pytest.approx(75, abs=3)


def test_methods_are_listed_and_broken_ones_named() -> None:
    done = sspd("methods")
    assert done.returncode == 1
    assert "green-red" in done.stdout
    assert "Somebody, Green over red" in done.stdout
    assert "physnet" in done.stdout
    errors = done.stderr.splitlines()
    assert len(errors) == 2, done.stderr
    assert "'half-there', which the package 'foreign-rppg' adds" in errors[0]
    assert "ImportError: libfoo.so.7: cannot open shared object file" in errors[0]
    assert "is a function, not a MethodEntry; update or remove foreign-rppg" in errors[1]


def test_a_broken_plugin_that_is_asked_for_is_one_line(video: Path) -> None:
    done = sspd("measure", video, "--method", "half-there")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "cannot be imported: ImportError: libfoo.so.7" in line


def test_a_plugin_takes_the_place_of_no_method_of_ours() -> None:
    code = "import sspd; print(sspd.get_method('pos').citation)"
    assert run("-c", code).stdout.startswith("W. Wang")


@pytest.mark.slow
def test_a_dataset_of_another_package_is_checked_and_evaluated(tmp_path: Path) -> None:
    root = tmp_path / "copy"
    root.mkdir()
    code = (
        "from foreign_rppg.dataset import DATASET; from sspd.simulation import VideoSpec;"
        "from pathlib import Path\n"
        f"for k in (1, 2): DATASET.write(Path({str(root)!r}), k, VideoSpec(seed=k, duration_s=10.0,"
        " hr_bpm=60 + 9 * k, width=200, height=200, face_px=120))"
    )
    made = run("-c", code)
    assert made.returncode == 0, made.stderr
    checked = sspd("check", f"foreign:{root}", "--quick")
    assert checked.returncode == 0, checked.stderr + checked.stdout
    out = tmp_path / "run"
    done = sspd("evaluate", f"foreign:{root}", "--method", "green-red,pos", "--out", out)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "green-red" in (out / "table.md").read_text() + done.stdout


def test_datasets_are_listed_and_broken_ones_named() -> None:
    done = sspd("datasets")
    assert done.returncode == 1
    assert "foreign" in done.stdout
    assert "UBFC-rPPG" in done.stdout
    (line,) = done.stderr.splitlines()
    assert "'torn', which the package 'foreign-rppg' adds" in line
