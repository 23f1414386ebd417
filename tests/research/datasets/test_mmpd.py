"""MMPD: MATLAB files whose labels are read at once and whose video is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from sspd.errors import SourceError
from sspd.research.datasets import mmpd

VIDEO = np.linspace(0, 1, 40 * 8 * 6 * 3, dtype=np.float32).reshape(40, 8, 6, 3)
WHOLE = {
    "video": VIDEO,
    "GT_ppg": np.sin(np.arange(40.0))[None],
    "light": "Nature",
    "motion": "Watching Videos",
    "exercise": "True",
}


def _write(root: Path, **changes: Any) -> Path:
    path = root / "subject3" / "p3_7.mat"
    path.parent.mkdir(exist_ok=True)
    values = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    savemat(path, values, do_compression=True)
    return path


def test_the_condition_is_reported_in_words(tmp_path: Path) -> None:
    _write(tmp_path)
    (one,) = mmpd.recordings(tmp_path)
    assert (one.name, one.subject) == ("p3_7", "subject3")
    assert one.condition == "Nature, Walking, after exercise"


@pytest.mark.parametrize("changes", [{"light": None}, {"motion": "a\nb"}, {"exercise": ""}])
def test_labels_that_cannot_be_read_hide_no_video(tmp_path: Path, changes: dict[str, Any]) -> None:
    _write(tmp_path, **changes)
    (one,) = mmpd.recordings(tmp_path)
    assert one.condition == "unknown"
    assert sum(len(chunk) for chunk in one.frames()) == 40


def test_levels_and_order_are_kept(tmp_path: Path) -> None:
    path = _write(tmp_path)
    chunks = list(mmpd.read_frames(path, start_s=0.5, chunk=10))
    rgb = np.concatenate([chunk.rgb for chunk in chunks])
    assert [len(chunk) for chunk in chunks] == [10, 10, 5]
    np.testing.assert_array_equal(rgb, np.rint(255 * VIDEO[15:]).astype(np.uint8))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"video": None}, "no video in it"),
        ({"video": VIDEO[..., 0]}, "not [(]time"),
        ({"video": 255 * VIDEO}, "between 0.0 and 1.0"),
        ({"video": VIDEO.astype(np.int32)}, "int32"),
    ],
)
def test_other_videos_are_rejected(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SourceError, match=told):
        list(mmpd.read_frames(_write(tmp_path, **changes)))


def test_a_large_video_is_rejected_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path)
    monkeypatch.setattr(mmpd, "MAX_VARIABLE_BYTES", VIDEO.nbytes - 1)
    with pytest.raises(SourceError, match="larger than any video"):
        list(mmpd.read_frames(path))
    assert mmpd.condition(path).startswith("Nature")


@pytest.mark.parametrize("kept", [0, 100, 300, -200])
def test_damaged_files_are_reported_in_one_line(tmp_path: Path, kept: int) -> None:
    path = _write(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    (one,) = mmpd.recordings(tmp_path)
    with pytest.raises(SourceError, match=r"p3_7\.mat: (not a MATLAB file|no )"):
        list(one.frames())
        one.references()
