"""SCAMPS: MATLAB's axes in reverse, read a block of time at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from sspd.errors import SourceError
from sspd.research.datasets import hdf5, scamps

VIDEO = np.random.default_rng(4).integers(0, 256, (40, 8, 6, 3), dtype=np.uint8)


def _write(root: Path, video: Any, **options: Any) -> Path:
    path = root / "P000012.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("Xsub", data=video, **options)
        file["d_ppg"] = np.sin(np.arange(40.0))[:, None]
    return path


@pytest.mark.parametrize("depth", [1, 7, 40])
def test_blocks_join_to_the_video(tmp_path: Path, depth: int) -> None:
    levels = VIDEO.transpose().astype(np.float64) / 255
    path = _write(tmp_path, levels, chunks=(1, 6, 8, depth), compression="gzip")
    rgb = np.concatenate([chunk.rgb for chunk in scamps.read_frames(path, start_s=0.1, chunk=4)])
    np.testing.assert_array_equal(rgb, VIDEO[3:])


def test_no_more_is_read_than_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path, VIDEO.transpose(), chunks=(3, 6, 8, 10))
    read, blocks = hdf5.read_part, []

    def seen(path: Path, found: Any, part: Any) -> Any:
        blocks.append((part[1].start, part[1].stop))
        return read(path, found, part)

    monkeypatch.setattr(hdf5, "read_part", seen)
    frames = scamps.read_frames(path, start_s=0.5, end_s=1.0, chunk=4)
    assert len(next(frames)) == 4
    assert blocks == [(15, 20)]
    assert sum(len(chunk) for chunk in frames) == 11
    assert blocks == [(15, 20), (20, 30)]


def test_axes_in_another_order_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"not \(time"):
        list(scamps.read_frames(_write(tmp_path, VIDEO)))


def test_chunks_too_large_to_unpack_are_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, VIDEO.transpose(), chunks=(3, 6, 8, 10))
    monkeypatch.setattr(hdf5, "MAX_UNPACKED_BYTES", 1439)
    with pytest.raises(SourceError, match="too large"):
        list(scamps.read_frames(path))


def test_breath_is_no_must(tmp_path: Path) -> None:
    path = _write(tmp_path, VIDEO.transpose())
    assert scamps.read_contact(path).respiration is None
    with h5py.File(path, "a") as file:
        file["d_br"] = np.ones(40)
    known = scamps.read_contact(path)
    assert known.respiration is not None and len(known.respiration) == 40
