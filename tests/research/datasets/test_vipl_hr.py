from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from sspd.errors import SourceError, UsageError
from sspd.research.datasets.vipl_folds import read_folds, write_folds
from sspd.research.datasets.vipl_hr import read_wave, recordings, write
from sspd.simulation import VideoSpec
from sspd.types import Recording
from sspd.video.read import probe
from sspd.video.restamp import read_with_timestamps

SPEC = VideoSpec(seed=9, duration_s=3.0, fps=20, width=128, height=96, face_px=60, hr_bpm=80)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in range(3):
        write(tmp_path, number, SPEC)
    return tmp_path


def by_name(root: Path) -> dict[str, Recording]:
    return {recording.name: recording for recording in recordings(root)}


def times(recording: Recording, told: list[str] | None = None) -> list[float]:
    warn = (told if told is not None else []).append
    return [t for chunk in recording.frames(chunk=16, warn=warn) for t in chunk.t.tolist()]


def test_tasks_repeats_and_cameras_are_distinguished(root: Path) -> None:
    person = root / "data" / "p1"
    (person / "v1" / "source3").rename(person / "v1" / "source4")
    (person / "v1").rename(person / "v1-2")
    for stray in ("v9/source1", "v0/source1", "v1/source5", "v3-x/source1", "v2/source1"):
        (person / stray).mkdir(parents=True)
        (person / stray / "gt_HR.csv").write_text("HR\r\n70\r\n")
    (person / "v2" / "source1" / "gt_HR.csv").unlink()
    found = by_name(root)
    assert {name: (one.subject, one.condition) for name, one in found.items()} == {
        "p1-v1-2-source1": ("p1", "stable"),
        "p1-v1-2-source2": ("p1", "stable"),
        "p1-v1-2-source4": ("p1", "stable, near infrared"),
        "p1-v9-source1": ("p1", "phone, motion"),
    }
    assert by_name(root / "data").keys() == found.keys()


def test_the_nine_tasks_are_those_of_the_databases_own_table(root: Path) -> None:
    """Fig. 5 of the SSPD paper names task 1 to 9 in this order: 4 is bright, 5 is dark."""
    stable = root / "data" / "p1" / "v1"
    for n in range(2, 10):
        shutil.copytree(stable, stable.with_name(f"v{n}"))
    told = {name.split("-")[1]: one.condition for name, one in by_name(root).items()}
    assert told == {
        "v1": "stable",
        "v2": "motion",
        "v3": "talking",
        "v4": "bright",
        "v5": "dark",
        "v6": "long distance",
        "v7": "after exercise",
        "v8": "phone, stable",
        "v9": "phone, motion",
    }


def test_frames_have_the_times_of_time_txt(root: Path) -> None:
    first = by_name(root)["p1-v1-source1"]
    folder = first.video.parent
    assert b"\r\n" in (folder / "time.txt").read_bytes()
    stated = np.array((folder / "time.txt").read_text().split(), float) / 1000
    assert times(first) == stated.tolist()
    assert np.diff(stated).std() > 0.004
    assert probe(first.video).fps != pytest.approx(1 / np.diff(stated).mean(), rel=0.1)


def test_the_second_camera_runs_at_30(root: Path) -> None:
    second = by_name(root)["p1-v1-source2"]
    assert not second.video.with_name("time.txt").exists()
    np.testing.assert_allclose(times(second), np.arange(90) / 30)


@pytest.mark.parametrize("change", [-7, 5])
def test_the_shorter_of_frames_and_times_is_used_and_reported(root: Path, change: int) -> None:
    first = by_name(root)["p1-v1-source1"]
    file = first.video.with_name("time.txt")
    lines = file.read_text().split()
    lines = lines[:change] if change < 0 else [*lines, *(str(4000 + n) for n in range(change))]
    file.write_text("\r\n".join(lines))
    told: list[str] = []
    used = min(60, 60 + change)
    assert len(times(first, told)) == used
    (line,) = told
    assert f"60 frames and {60 + change} times; {used} of both are used" in line
    told.clear()
    list(first.frames(end_s=1.0, warn=told.append))
    assert told == []


def test_times_that_do_not_rise_leave_their_frames_out(root: Path) -> None:
    first = by_name(root)["p1-v1-source1"]
    told: list[str] = []
    t = np.arange(60) / 20
    t[10], t[11] = t[9], t[8]
    chunks = list(read_with_timestamps(first.video, t, chunk=7, warn=told.append))
    assert np.concatenate([chunk.t for chunk in chunks]).tolist() == np.delete(t, [10, 11]).tolist()
    assert told == [f"{first.video}: 2 frames left out, their times do not rise"]
    with pytest.raises(UsageError):
        read_with_timestamps(first.video, t, chunk=0)


@pytest.mark.parametrize("text", ["0\r\nsoon\r\n", "0\r\nnan\r\n"])
def test_times_that_are_none_are_named(root: Path, text: str) -> None:
    first = by_name(root)["p1-v1-source1"]
    first.video.with_name("time.txt").write_text(text)
    with pytest.raises(SourceError, match=r"time.txt"):
        times(first)


def test_the_rate_is_the_reference_and_the_waveform_is_not(root: Path) -> None:
    first = by_name(root)["p1-v1-source1"]
    known = first.references()
    assert known.bvp is None  # it does not match the video in time
    assert known.hr_bpm is not None
    assert known.hr_bpm.t.tolist() == [0.0, 1.0, 2.0]
    wave = read_wave(first)
    assert (len(wave), round(wave.fs)) == (180, 60)
    first.video.with_name("wave.csv").write_text("Wave\r\n")
    with pytest.raises(SourceError, match=r"wave.csv"):
        read_wave(first)


def test_folds_come_back(tmp_path: Path) -> None:
    write_folds(tmp_path, [1, 2, 3, 5, 8, 13, 21])
    written = (tmp_path / "fold" / "fold1.mat").read_bytes()
    assert read_folds(tmp_path) == (("p1", "p13"), ("p2", "p21"), ("p3",), ("p5",), ("p8",))
    write_folds(tmp_path, [1, 2, 3, 5, 8, 13, 21])
    assert (tmp_path / "fold" / "fold1.mat").read_bytes() == written


def test_the_writer_deals_its_subjects_out(root: Path) -> None:
    (root / "data" / "notes").mkdir()
    write(root, 3, SPEC)
    assert read_folds(root) == (("p1",), ("p2",), (), (), ())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fold2": np.array([[1.0]])}, "twice"),
        ({"fold2": np.array([[7.0, 7.0]])}, "twice"),
        ({"fold2": np.array([[1.5]])}, "subject numbers"),
        ({"fold2": np.array([[np.nan]])}, "subject numbers"),
        ({"fold2": np.array([[-3]])}, "subject numbers"),
        ({"fold2": np.array([["p1"]])}, "subject numbers"),
        ({"fold2": {"a": 1}}, "subject numbers"),
        ({"fold": np.array([[7.0]])}, "not a .mat file with fold2"),
        (b"garbage", "not a .mat file"),
        (b"", "not a .mat file"),
        (b"x" * 100_000, "larger"),
        (None, "no such file"),
    ],
)
def test_folds_that_are_none_are_named(tmp_path: Path, values: object, message: str) -> None:
    write_folds(tmp_path, [1, 2])
    file = tmp_path / "fold" / "fold2.mat"
    file.unlink()
    if isinstance(values, bytes):
        file.write_bytes(values)
    elif values is not None:
        savemat(file, values)
    with pytest.raises(SourceError, match=message) as raised:
        read_folds(tmp_path)
    assert "fold2.mat" in str(raised.value)
