"""What is particular to PURE: two layouts, and clocks that begin apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sspd.datasets.pure import DATASET, recordings, write
from sspd.errors import DecodeError, SourceError
from sspd.video.simulate import FilmSpec


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pure")
    for number in (1, 8):
        spec = FilmSpec(
            seed=number, duration_s=1.0, jitter_s=0.01, width=128, height=96, face_px=60
        )
        write(folder, number, spec)
    return folder


def test_both_layouts_are_read_side_by_side(root: Path) -> None:
    found = recordings(root)
    assert [(r.name, r.subject, r.condition) for r in found] == [
        ("01-02", "01", "talking"),
        ("02-03", "02", "slow translation"),
    ]
    assert found[0].film.parent.name == "01-02" and found[1].film.parent == root


def test_the_finger_clip_keeps_its_own_clock(root: Path) -> None:
    """It begins before the first picture, and is not stretched to the film."""
    known = recordings(root)[0].references()
    assert known.bvp is not None
    assert known.bvp.t[0] == pytest.approx(-1 / 3, abs=1e-6)
    assert known.bvp.fs == pytest.approx(60.0, abs=1e-6)


def test_uneven_stamps_are_kept(root: Path) -> None:
    t = np.concatenate([chunk.t for chunk in recordings(root)[0].frames()])
    assert t[0] == 0.0 and np.ptp(np.diff(t)) > 1e-3


def test_broken_files_are_named(root: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    first, second = recordings(copy)
    (copy / "02-03.json").write_text(json.dumps({"/FullPackage": [{"Timestamp": 1}]}))
    with pytest.raises(SourceError, match=r"02-03\.json: not a PURE recording"):
        second.references()
    picture = sorted(first.film.iterdir())[3]
    picture.write_bytes(b"not a picture")
    with pytest.raises(DecodeError, match=picture.name):
        list(first.frames())
    for file in first.film.iterdir():
        file.unlink()
    with pytest.raises(SourceError, match="no pictures named Image"):
        first.frames()


def test_the_card_counts_sixty_and_names_the_one_that_nobody_has() -> None:
    assert len(DATASET.expected) == 60
    assert [d.recording for d in DATASET.defects if d.excluded] == ["06-02"]
