"""iBVP: samples of low quality leave, time stays; pictures in the order of their numbers."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from sspd.errors import SourceError
from sspd.research.datasets.ibvp import read_contact, read_frames


def _csv(path: Path, quality: list[float]) -> Path:
    rows = [f"{n},1,1,{sq},0" for n, sq in enumerate(quality)]
    path.write_text("\n".join(["BVP,SQPhysMD,SQ1,SQ2,Perfusion_Value", *rows]))
    return path


def test_the_others_keep_their_times(tmp_path: Path) -> None:
    bvp = read_contact(_csv(tmp_path / "a.csv", [1, 0.3, 0, 0.31, 1])).bvp
    assert bvp is not None
    assert bvp.values.tolist() == [0, 3, 4]
    np.testing.assert_allclose(bvp.t, [0, 0.1, 4 / 30])


def test_a_waveform_that_is_nowhere_good_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="SQ2"):
        read_contact(_csv(tmp_path / "a.csv", [0, 0.2]))


def test_frames_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for n in range(12):
        cv2.imwrite(str(tmp_path / f"{n}.bmp"), np.full((4, 4, 3), (0, 0, 20 * n), np.uint8))
    rgb = np.concatenate([chunk.rgb for chunk in read_frames(tmp_path, chunk=5)])
    assert rgb[:, 0, 0].tolist() == [[20 * n, 0, 0] for n in range(12)]
