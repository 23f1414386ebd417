from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sspd.errors import SourceError, SSPDError
from sspd.research.datasets import ubfc_rppg, vipl_hr
from sspd.research.datasets.card import Dataset, Defect
from sspd.research.datasets.check import Finding, absent, check, check_recording, summarise
from sspd.research.datasets.checksums import checksums, compare, files_of, read_index, write_index
from sspd.simulation import VideoSpec
from sspd.types import Recording, References

SPEC = VideoSpec(seed=6, duration_s=5.0, fps=15, width=128, height=96, face_px=60)
KINDS = {"ubfc-rppg": replace(ubfc_rppg.DATASET, expected=("subject1", "subject3"))}
KINDS["vipl-hr"] = vipl_hr.DATASET


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole")
    for name, dataset in KINDS.items():
        (root / name).mkdir()
        for number in range(2):
            dataset.write(root / name, number, SPEC.replace(seed=number))
    return root


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Callable[[str], tuple[Dataset, Path]]:
    def make(name: str) -> tuple[Dataset, Path]:
        shutil.copytree(written / name, tmp_path / name)
        return KINDS[name], tmp_path / name

    return make


Copy = Callable[[str], tuple[Dataset, Path]]


def all_found(dataset: Dataset, root: Path, **options: bool) -> list[Finding]:
    recordings = dataset.recordings(root)
    lost = absent(dataset, recordings)
    return lost + [one for some in check(dataset, recordings, **options) for one in some]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KINDS)
def test_a_whole_copy_gives_nothing(name: str, copy: Copy) -> None:
    dataset, root = copy(name)
    assert all_found(dataset, root) == all_found(dataset, root, quick=True) == []


@pytest.mark.slow
def test_two_at_a_time_find_the_same(copy: Copy) -> None:
    dataset, root = copy("ubfc-rppg")
    (root / "DATASET_2" / "subject3" / "ground_truth.txt").write_text("garbage")
    recordings = dataset.recordings(root)
    plain = replace(dataset, recordings=ubfc_rppg.recordings)
    assert list(check(plain, recordings, jobs=2)) == list(check(plain, recordings))


def cut_video(folder: Path, share: float) -> None:
    video = folder / "vid.avi"
    whole = video.read_bytes()
    video.write_bytes(whole[: int(share * len(whole))])


def cut_reference(folder: Path, keep: int) -> None:
    file = folder / "ground_truth.txt"
    rows = [line.split()[:keep] for line in file.read_text().splitlines()]
    file.write_text("\n".join(" ".join(row) for row in rows))


def late_reference(folder: Path) -> None:
    """Samples and video are equally many, but the contact's clock runs on."""
    file = folder / "ground_truth.txt"
    lines = file.read_text().splitlines()
    lines[2] = " ".join(str(1.5 * float(t)) for t in lines[2].split())
    file.write_text("\n".join(lines))


FAULTS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "removed video": (lambda f: (f / "vid.avi").unlink(), "missing", r"vid\.avi: missing"),
    "removed reference": (
        lambda f: (f / "ground_truth.txt").unlink(),
        "missing",
        r"ground_truth\.txt: missing",
    ),
    "no video": (lambda f: (f / "vid.avi").write_text("none"), "film", r"vid\.avi: not a video"),
    "cut short": (partial(cut_video, share=0.5), "film", r"vid\.avi: 1 damaged parts left out"),
    "cut a little": (
        partial(cut_video, share=0.9),
        "out of step",
        "contact samples, must be one per frame",
    ),
    "garbage": (
        lambda f: (f / "ground_truth.txt").write_text("1 2\n3 x\n5 6\n"),
        "reference",
        r"ground_truth\.txt: holds text that is not a number",
    ),
    "no text": (
        lambda f: (f / "ground_truth.txt").write_bytes(b"\xff\xfe\0"),
        "reference",
        "not a text file",
    ),
    "3 s short": (
        partial(cut_reference, keep=30),
        "out of step",
        r"contact waveform: runs from 0\.0 s to 2\.0 s, the video from 0\.0 s to 5\.0 s",
    ),
    "ten samples short": (partial(cut_reference, keep=65), "out of step", "75 frames and 65"),
    "late": (late_reference, "out of step", r"heart rate: runs from 0\.0 s to 7\.5 s"),
    "removed all": (shutil.rmtree, "missing", "this recording of UBFC-rPPG is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(fault: str, copy: Copy) -> None:
    dataset, root = copy("ubfc-rppg")
    plant, kind, text = FAULTS[fault]
    plant(root / "DATASET_2" / "subject3")
    found = all_found(dataset, root)
    assert {finding.recording for finding in found} == {"subject3"}
    assert kind in {finding.kind for finding in found}
    assert any(one.kind == kind and re.search(text, one.text) for one in found), found
    assert all(one.is_fault for one in found)


def test_quick_sees_the_first_frame_alone(copy: Copy) -> None:
    dataset, root = copy("ubfc-rppg")
    cut_video(root / "DATASET_2" / "subject1", 0.5)
    cut_video(root / "DATASET_2" / "subject3", 0.01)
    (found,) = all_found(dataset, root, quick=True)
    assert (found.recording, found.kind) == ("subject3", "film")


def test_gaps_and_unequal_numbers_are_reported(copy: Copy) -> None:
    dataset, root = copy("vipl-hr")
    file = root / "data" / "p1" / "v1" / "source1" / "time.txt"
    ms = np.array(file.read_text().split(), float)
    ms[40:] += 700
    file.write_text("\n".join(f"{t:.0f}" for t in ms[:-4]))
    found = {one.kind: one.text for one in all_found(dataset, root)}
    assert found.keys() == {"gap", "film"}
    assert found["gap"].startswith("no frame for 0.8 s after 2.6 s")
    assert "75 frames and 71 times" in found["film"]


def test_known_defects_are_reported_and_are_no_fault(copy: Copy) -> None:
    dataset, root = copy("ubfc-rppg")
    shutil.rmtree(root / "DATASET_2" / "subject3")
    defects = tuple(Defect(f"subject{n}", "it is noisy", "its makers") for n in (1, 3))
    found = all_found(replace(dataset, defects=defects), root)
    assert [(one.recording, one.kind, one.is_fault) for one in found] == [
        ("subject3", "defect", False),
        ("subject1", "defect", False),
    ]
    assert found[0].text == "not there, as known: it is noisy (its makers)"
    assert found[1].text == "known: it is noisy (its makers)"
    summary = summarise(dataset.recordings(root), found[:1], found[1:])
    assert (summary.n, summary.whole, summary.amiss) == (1, 0, 1)


def _broken() -> References:
    raise ZeroDivisionError("a fault of ours")


def _dies() -> References:
    import os

    os._exit(9)


def one_more(like: Recording, references: Callable[[], References]) -> Recording:
    return replace(like, name="other", references=references)


def test_a_fault_of_ours_is_loud(copy: Copy) -> None:
    dataset, root = copy("ubfc-rppg")
    bad = one_more(dataset.recordings(root)[0], _broken)
    with pytest.raises(RuntimeError, match="other cannot be checked: ZeroDivisionError"):
        list(check(dataset, [bad]))


def test_a_process_that_dies_is_loud(copy: Copy) -> None:
    dataset, root = copy("ubfc-rppg")
    bad = one_more(dataset.recordings(root)[0], _dies)
    with pytest.raises(SSPDError, match=r"^other: its worker process ended by itself"):
        list(check(dataset, [bad], jobs=2))


def test_the_index_tells_what_changed_went_and_came(copy: Copy, tmp_path: Path) -> None:
    dataset, root = copy("vipl-hr")
    index = root / "index.json"

    def now() -> dict[str, str]:
        return dict(checksums(root, files_of(root, [index])))

    write_index(index, now())
    recordings, known = dataset.recordings(root), read_index(index)
    assert compare(root, recordings, known, now()) == []
    video = root / "data" / "p1" / "v1" / "source2" / "video.avi"
    data = bytearray(video.read_bytes())
    data[len(data) // 2] ^= 1
    video.write_bytes(data)
    (root / "fold" / "fold3.mat").unlink()
    (root / "note.txt").write_text("here")
    (root / ".hidden").write_text("not looked at")
    found = compare(root, recordings, known, now())
    assert [(one.recording, one.kind) for one in found] == [
        ("p1-v1-source2", "changed"),
        ("", "missing"),
        ("", "new"),
    ]
    assert str(video) in found[0].text


def test_a_frame_belongs_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    video = tmp_path / "one"
    recording = Recording("one", "a", "b", video, None, References, (video,))  # type: ignore[arg-type]
    (finding,) = compare(tmp_path, [recording], {"one/2.png": "a"}, {"one/2.png": "b"})
    assert finding.recording == "one"


@pytest.mark.parametrize(
    "text",
    [*("", "{", "[]", "{}", '{"sha256": [], "schema_version": 1}'), 9000 * "[", '{"sha256": {}}'],
)
def test_what_is_no_index_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(SourceError, match=r"index\.json: not an index of sspd check"):
        read_index(tmp_path / "index.json")
    (tmp_path / "index.json").write_text('{"sha256": {}, "schema_version": 7}')
    with pytest.raises(SourceError, match="of version 7"):
        read_index(tmp_path / "index.json")


def test_links_that_run_in_a_ring_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "ring").symlink_to(tmp_path)
    (tmp_path / "dead").symlink_to(tmp_path / "none")
    assert files_of(tmp_path) == [tmp_path / "a"]


def test_one_recording_alone(copy: Copy) -> None:
    dataset, root = copy("ubfc-rppg")
    assert check_recording(dataset, dataset.recordings(root)[0]) == []
