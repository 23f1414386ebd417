from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SourceError
from sspd.research.datasets.folder import recordings
from sspd.simulation import VideoSpec, truth, write_truth, write_video
from sspd.types import Recording

SPEC = VideoSpec(seed=4, duration_s=3.0, fps=15, width=128, height=96, face_px=60)


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "video.mp4"
    write_video(SPEC, path)
    return path


@pytest.fixture
def root(tmp_path: Path, video: Path) -> Path:
    """Three videos, one in a deeper folder and one of another container's suffix."""
    (tmp_path / "deeper").mkdir()
    for name in ("a.mp4", "deeper/b.mov", "b.MP4"):
        shutil.copy(video, tmp_path / name)
    return tmp_path


def by_name(root: Path) -> dict[str, Recording]:
    return {recording.name: recording for recording in recordings(root)}


def test_videos_alone_are_recordings_of_a_person_each(root: Path) -> None:
    found = by_name(root)
    assert list(found) == ["a", "b", "deeper-b"]
    assert [one.subject for one in found.values()] == list(found)
    assert {one.condition for one in found.values()} == {"not told"}
    known = found["a"].references()
    assert (known.bvp, known.hr_bpm, known.beats_s) == (None, None, None)
    assert sum(len(chunk) for chunk in found["deeper-b"].frames()) == 45


def test_the_table_tells_subjects_conditions_and_rates(root: Path) -> None:
    (root / "truth.csv").write_text(
        "hr_bpm,video,subject,condition,mood\r\n61.5,a.mp4,ann,after lunch,good\r\n"
        ",./deeper/b.mov,ann,,\r\n70,gone.mp4,ben,,\r\n"
    )
    found = by_name(root)
    assert list(found) == ["a", "b", "deeper-b", "gone"]
    assert [one.subject for one in found.values()] == ["ann", "b", "ann", "ben"]
    assert found["a"].condition == "after lunch"
    rate = found["a"].references().hr_bpm
    assert rate is not None
    assert (rate.t.tolist(), rate.values.tolist()) == ([0.0, 1.0, 2.0], [61.5, 61.5, 61.5])
    assert found["deeper-b"].references().hr_bpm is None
    with pytest.raises(SourceError, match=r"gone.mp4: no such file"):
        next(found["gone"].frames())


def test_simulated_truth_is_read_and_ones_own_waveform_preferred(root: Path) -> None:
    (root / "deeper" / "truth").mkdir()
    write_truth(SPEC, root / "deeper" / "truth" / "b.mov")
    known = by_name(root)["deeper-b"].references()
    assert known.bvp is not None and known.beats_s is not None and known.hr_bpm is not None
    np.testing.assert_allclose(known.bvp.values, truth(SPEC).bvp, atol=1e-6)
    np.testing.assert_allclose(known.beats_s, truth(SPEC).beats_s, atol=1e-6)
    assert known.hr_bpm.values[0] == pytest.approx(truth(SPEC).hr_bpm, abs=1e-3)
    (root / "deeper" / "b.csv").write_text("time_s,bvp\n0,1\n0.5,2\n")
    own = by_name(root)["deeper-b"]
    assert root / "deeper" / "b.csv" in own.files
    assert own.references().bvp is not None
    assert own.references().bvp.values.tolist() == [1.0, 2.0]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("video\n../a.mp4\n", "leads out of"),
        ("video\n/etc/passwd\n", "leads out of"),
        ("video\na\0.mp4\n", "leads out of"),
        ("video\n.\n", "is not a video"),
        ("video,hr_bpm\n,3\n", "row 2 names no video"),
        ("video\na.mp4\na.mp4\n", "a second time"),
        ("name\na.mp4\n", "no column video"),
        ("", "no column video"),
        ("video,hr_bpm\na.mp4,fast\n", "not a number"),
        ("video,hr_bpm\na.mp4,nan\n", "not finite"),
        ("video,hr_bpm\na.mp4,-3\n", "is not a heart rate"),
        ("video\n" + 200_000 * "a", "not a table"),
    ],
)
def test_a_table_that_is_wrong_is_named(root: Path, table: str, message: str) -> None:
    (root / "truth.csv").write_text(table)
    with pytest.raises(SourceError, match=message):
        recordings(root)


def test_linked_videos_and_folders_are_taken(
    root: Path, video: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    away = tmp_path_factory.mktemp("another disk")
    (away / "more").mkdir()
    shutil.copy(video, away / "other.mp4")
    shutil.copy(video, away / "more" / "third.mp4")
    (root / "again.mp4").symlink_to(root / "a.mp4")
    (root / "out.mp4").symlink_to(away / "other.mp4")
    (root / "linked").symlink_to(away / "more")
    (root / "linked" / "ring").symlink_to(root)
    (root / "truth.csv").write_text("video,hr_bpm\nout.mp4,61\n")
    found = by_name(root)
    assert {"again", "out", "linked-third"} <= set(found)
    assert not any("ring" in name for name in found)
    assert found["out"].references().hr_bpm is not None
    (chunk, *_) = found["linked-third"].frames()
    assert len(chunk) > 0


def test_a_link_to_a_video_that_is_not_there_is_named(root: Path) -> None:
    (root / "gone.mp4").symlink_to(root / "nowhere.mp4")
    (root / "ring.mp4").symlink_to(root / "ring.mp4")
    for name, told in (("gone", "no such file"), ("ring", "too many levels of symbolic links")):
        with pytest.raises(SourceError, match=f"{name}.mp4: {told}"):
            next(iter(by_name(root)[name].frames()))


def test_names_differ_whatever_the_videos_are_called(root: Path, video: Path) -> None:
    for name in ("a.mov", "deeper-b.mov", "a:b.mp4", "a_b.mp4", "a\\b.mp4"):
        shutil.copy(video, root / name)
    names = [recording.name for recording in recordings(root)]
    assert len(set(names)) == len(names) == 8
    assert {"a.mp4", "a.mov", "a_b", "a_b~2", "a_b~3"} <= set(names)


def test_a_video_named_as_the_table_has_no_waveform(root: Path) -> None:
    (root / "a.mp4").rename(root / "truth.mp4")
    (root / "truth.csv").write_text("video\ntruth.mp4\n")
    assert by_name(root)["truth"].references().bvp is None


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "time_s,rppg\n0,1\n", "first line must be time_s,bvp"),
        ("a.csv", "time_s,bvp\n0,x\n", "not a number"),
        ("a.csv", "time_s,bvp\n", "0 values"),
        ("truth/a.json", "{", "not JSON"),
        ("truth/a.json", 5000 * "[", "not"),
        ("truth/a.json", "[]", "not the truth"),
        ("truth/a.json", '{"beats_s": [2, 1]}', "times that rise"),
        ("truth/a.json", '{"beats_s": {"a": 1}}', "a.json"),
        ("truth/a.json", '{"hr_bpm": "quick"}', "not a number"),
    ],
)
def test_damaged_truth_is_named(root: Path, name: str, text: str, message: str) -> None:
    (root / "truth").mkdir()
    write_truth(SPEC, root / "truth" / "a.mp4")
    (root / name).write_text(text)
    with pytest.raises(SourceError, match=message):
        by_name(root)["a"].references()


def test_a_table_of_before_calls_its_videos_films(root: Path) -> None:
    (root / "truth.csv").write_text("film,hr_bpm\na.mp4,61\n")
    assert by_name(root)["a"].references().hr_bpm is not None
