"""UBFC-Phys: tasks in words, and what others leave out."""

from __future__ import annotations

from pathlib import Path

import pytest

from sspd.errors import SourceError
from sspd.research.datasets.ubfc_phys import DATASET, read_contact, recordings


def test_tasks_are_reported_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "s12"
    folder.mkdir()
    for name in ("vid_s12_T3.avi", "bvp_s12_T1.csv", "eda_s12_T2.csv"):
        (folder / name).touch()
    found = [(one.name, one.subject, one.condition) for one in recordings(tmp_path)]
    assert found == [("s12_T1", "s12", "rest"), ("s12_T3", "s12", "arithmetic")]


def test_a_waveform_of_words_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "bvp_s1_T1.csv"
    path.write_text("1.0\nhigh\n")
    with pytest.raises(SourceError, match=r"bvp_s1_T1\.csv: .*not a number"):
        read_contact(path)


def test_what_others_leave_out_is_named_and_kept() -> None:
    assert len(DATASET.expected) == 168
    assert len({defect.recording for defect in DATASET.defects}) == 67
    assert not any(defect.excluded for defect in DATASET.defects)
