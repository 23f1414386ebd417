from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sspd.errors import OutputError, SourceError
from sspd.research.datasets.faces import (
    FaceEntry,
    entry_facts,
    is_store,
    open_store,
    store_bytes,
    write_entry,
)
from sspd.types import FIXED_POINT_MAX, Frames
from sspd.utils.files import whole_folder
from sspd.utils.partials import remove_all_parts


def faces(n: int = 6, size: int = 8, seed: int = 0) -> Frames:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, FIXED_POINT_MAX, (n, size, size, 3), dtype=np.uint16)
    return Frames(rgb, 1.5 + np.arange(n) / 25, FIXED_POINT_MAX)


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    stored = faces()
    write_entry(tmp_path / "store", "video-0001", stored, "video.mp4", box=[1, 2, 3, 4])
    assert is_store(tmp_path / "store")
    (entry,) = open_store(tmp_path / "store")
    assert (entry.name, entry.video, entry.size) == ("video-0001", "video.mp4", 8)
    np.testing.assert_array_equal(entry.times(), stored.t)
    read = entry.read(2, 5)
    assert read.max_value == FIXED_POINT_MAX
    np.testing.assert_array_equal(read.rgb, stored.rgb[2:5])
    np.testing.assert_array_equal(read.t, stored.t[2:5])
    facts = entry_facts(tmp_path / "store", "video-0001")
    assert facts == {"film": "video.mp4", "size": 8, "n_frames": 6, "box": [1, 2, 3, 4]}
    assert store_bytes(tmp_path / "store") > 6 * 8 * 8 * 3


@pytest.mark.parametrize(("first", "last"), [(0, 32), (31, 33), (64, 99), (5, 5), (0, 100)])
def test_any_segment_across_chunks_comes_back(tmp_path: Path, first: int, last: int) -> None:
    stored = faces(70)
    write_entry(tmp_path, "a", stored, "a.mp4")
    read = open_store(tmp_path)[0].read(first, last)
    np.testing.assert_array_equal(read.rgb, stored.rgb[first:last])
    np.testing.assert_array_equal(read.t, stored.t[first:last])


def test_entries_are_sorted_and_written_over(tmp_path: Path) -> None:
    for name in ("b", "a", "ü-2"):
        write_entry(tmp_path, name, faces(), f"{name}.mp4")
    write_entry(tmp_path, "a", faces(4), "other.mp4")
    entries = open_store(tmp_path)
    assert [e.name for e in entries] == ["a", "b", "ü-2"]
    assert entries[0].video == "other.mp4"
    assert len(entries[0].times()) == 4


def test_half_written_entries_are_ignored_and_removed(tmp_path: Path) -> None:
    write_entry(tmp_path, "whole", faces(), "a.mp4")
    torn = tmp_path / f".half.{16 * 'a'}.part.zarr"
    with whole_folder(tmp_path / "other.zarr") as living:
        for part in (torn, living):
            shutil.copytree(tmp_path / "whole.zarr", part, dirs_exist_ok=True)
        assert [e.name for e in open_store(tmp_path)] == ["whole"]
        remove_all_parts(tmp_path)
        assert not torn.exists() and living.exists()
    assert [e.name for e in open_store(tmp_path)] == ["other", "whole"]


def test_a_flipped_bit_in_a_card_is_no_entry_or_the_same(tmp_path: Path) -> None:
    write_entry(tmp_path, "a", faces(), "a.mp4", still=True)
    wanted, card = entry_facts(tmp_path, "a"), tmp_path / "a.zarr" / "zarr.json"
    whole, rng = card.read_bytes(), np.random.default_rng(6)
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(8))
        card.write_bytes(broken)
        assert entry_facts(tmp_path, "a") in ({}, wanted) or b'"crc32"' not in broken


def test_other_files_are_ignored(tmp_path: Path) -> None:
    write_entry(tmp_path, "whole", faces(), "a.mp4")
    for name, text in (("x", "[]"), ("y", '{"attributes": {"film": 1}}'), ("z", "{")):
        (tmp_path / f"{name}.zarr").mkdir()
        (tmp_path / f"{name}.zarr" / "zarr.json").write_text(text)
    (tmp_path / "empty.zarr").mkdir()
    (tmp_path / "latin.zarr").write_bytes(b"\xff\xfe")
    assert [e.name for e in open_store(tmp_path)] == ["whole"]


def test_a_store_of_an_older_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.faces.npy").write_bytes(b"")
    assert is_store(tmp_path)
    with pytest.raises(SourceError, match="older version"):
        open_store(tmp_path)


def test_an_empty_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no stored faces"):
        open_store(tmp_path)
    with pytest.raises(SourceError, match="no stored faces"):
        open_store(tmp_path / "absent")
    assert not is_store(tmp_path)


@pytest.mark.parametrize("name", ["", "a/b", "../a", "..", ".hidden", "a b", "a\n", "/a"])
def test_names_that_would_lead_elsewhere_are_rejected(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="cannot name a store entry"):
        write_entry(tmp_path / "store", name, faces(), "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be stored"):
        write_entry(tmp_path / "file" / "store", "a", faces(), "a.mp4")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OutputError, match="No space left"):
        write_entry(tmp_path / "store", "a", faces(), "a.mp4")
    assert list((tmp_path / "store").iterdir()) == []
    with pytest.raises(SourceError):
        open_store(tmp_path / "store")


def changed_card(tmp_path: Path, kind: str, **change: Any) -> FaceEntry:
    write_entry(tmp_path, "a", faces(), "a.mp4")
    file = tmp_path / "a.zarr" / kind / "zarr.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    return open_store(tmp_path)[0]


@pytest.mark.parametrize(
    "change",
    [
        {"data_type": "float64"},
        {"shape": [1 << 40, 8, 8, 3]},
        {"shape": [6, 9, 8, 3]},
        {"shape": "many"},
        {"codecs": [{"name": "bytes"}, {"name": "numcodecs.pickle"}]},
        {"chunk_grid": {"configuration": {"chunk_shape": [1 << 30, 8, 8, 3]}}},
        {"chunk_grid": {"configuration": {"chunk_shape": [0, 8, 8, 3]}}},
        {"chunk_grid": None},
    ],
    ids=str,
)
def test_arrays_of_another_kind_are_rejected(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="damaged"):
        changed_card(tmp_path, "faces", **change).read(0, 6)


@pytest.mark.parametrize("kind", ["faces", "times"])
def test_a_torn_or_missing_chunk_is_rejected(tmp_path: Path, kind: str) -> None:
    write_entry(tmp_path, "a", faces(40), "a.mp4")
    pieces = sorted(
        file for file in (tmp_path / "a.zarr" / kind / "c").rglob("*") if file.is_file()
    )
    assert len(pieces) == (2 if kind == "faces" else 1)
    whole = pieces[0].read_bytes()
    broken = [whole[:n] for n in (0, 5, len(whole) - 3)]
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 4
    for data in (*broken, bytes(flipped)):
        pieces[0].write_bytes(data)
        with pytest.raises(SourceError, match=r"a\.zarr.*damaged"):
            open_store(tmp_path)[0].read(0, 6)
    pieces[0].unlink()
    with pytest.raises(SourceError, match="chunk 0 is missing"):
        open_store(tmp_path)[0].read(0, 6)
    pieces[0].write_bytes(whole)
    assert len(open_store(tmp_path)[0].read(0, 6)) == 6
