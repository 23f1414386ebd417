"""Stores of faces in an object store: the same faces as on the disk, or an error."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from helpers.object_stores import Bucket, environment, serving
from sspd.errors import OutputError, SourceError
from sspd.research.datasets.faces import open_store, write_entry
from sspd.research.datasets.faces_build import stored_faces
from sspd.research.datasets.faces_remote import StoreAddress, open_remote, upload, write_remote
from sspd.types import FIXED_POINT_MAX, Frames

pytest.importorskip("obstore", reason="needs obstore, of the extra scale")
pytest.importorskip("zarr", reason="needs zarr, of the extra train")

N = 70


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with serving(found := Bucket()) as port:
        for name, value in environment(port).items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two entries of 70 faces, three chunks each."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        rgb = rng.integers(0, FIXED_POINT_MAX, (N, 8, 8, 3)).astype(np.uint16)
        faces = Frames(rgb, np.arange(N) / 30, FIXED_POINT_MAX)
        write_entry(tmp_path / "faces", name, faces, f"{name}.mp4", still=name == "b")
    return tmp_path / "faces"


@pytest.fixture
def store(bucket: Bucket, folder: Path) -> StoreAddress:
    address = StoreAddress("s3://bucket/faces/")
    assert list(upload(folder, address)) == ["a", "b"]
    return address


def test_an_upload_has_the_files_of_the_disk(
    store: StoreAddress, bucket: Bucket, folder: Path
) -> None:
    files = {f"faces/{p.relative_to(folder).as_posix()}": p.read_bytes() for p in folder.rglob("*")
             if p.is_file()}  # fmt: skip
    assert bucket.objects == files


def test_an_entry_reads_as_on_the_disk(store: StoreAddress, bucket: Bucket, folder: Path) -> None:
    for here, there in zip(open_store(folder), open_remote(store), strict=True):
        assert (here.name, here.video, here.size, here.still) == (
            there.name,
            there.video,
            there.size,
            there.still,
        )
        np.testing.assert_array_equal(here.times(), there.times())
        for first, last in ((0, N), (31, 33), (64, N + 5), (10, 10)):
            one, other = here.read(first, last), there.read(first, last)
            np.testing.assert_array_equal(one.rgb, other.rgb)
            np.testing.assert_array_equal(one.t, other.t)


def test_only_the_chunks_of_a_clip_are_asked_for(store: StoreAddress, bucket: Bucket) -> None:
    entry = open_remote(store)[0]
    entry.read(0, 3)
    bucket.asked.clear()
    entry.read(33, 40)
    assert [key for _, key, _ in bucket.asked] == ["faces/a.zarr/faces/c/1/0/0/0"]
    again = pickle.loads(pickle.dumps(entry))  # as it goes to another process
    np.testing.assert_array_equal(again.read(33, 40).rgb, entry.read(33, 40).rgb)


def test_what_is_lost_or_damaged_is_an_error_never_zeros(
    store: StoreAddress, bucket: Bucket
) -> None:
    entry, key = open_remote(store)[0], "faces/a.zarr/faces/c/1/0/0/0"
    good = bucket.objects[key]
    for bad in (None, good[:-1], bytes([good[0] ^ 1]) + good[1:], good + bytes(1 << 16)):
        bucket.objects.pop(key)
        if bad is not None:
            bucket.objects[key] = bad
        with pytest.raises(SourceError, match=r"faces/a\.zarr"):
            entry.read(30, 40)
        bucket.objects[key] = good
    assert len(entry.read(30, 40)) == 10


def test_an_entry_without_its_metadata_is_not_there(store: StoreAddress, bucket: Bucket) -> None:
    del bucket.objects["faces/a.zarr/zarr.json"]
    assert [entry.name for entry in open_remote(store)] == ["b"]
    bucket.objects["faces/b.zarr/zarr.json"] = b"{}"
    with pytest.raises(SourceError, match="no stored faces"):
        open_remote(store)


def test_a_name_leads_nowhere_else(bucket: Bucket) -> None:
    faces = Frames(np.zeros((2, 8, 8, 3), np.uint16), np.arange(2) / 30, FIXED_POINT_MAX)
    with pytest.raises(OutputError, match="cannot name"):
        write_remote(StoreAddress("s3://bucket/faces"), "../a", faces, "a.mp4")


@pytest.mark.slow
def test_videos_are_cropped_into_an_object_store_once(bucket: Bucket, tmp_path: Path) -> None:
    from sspd.simulation import VideoSpec, write_video

    spec = VideoSpec(seed=3, duration_s=3.0, width=320, height=240, face_px=120)
    write_video(spec, video := tmp_path / "a.mp4")
    (broken := tmp_path / "broken.mp4").write_bytes(b"no video")
    lost: list[Path] = []
    address = StoreAddress("s3://bucket/faces")
    sources = [video, broken]
    there = stored_faces(sources, address, 24, False, skipped=lambda path, _: lost.append(path))
    here = stored_faces([video], tmp_path / "faces", 24, False)
    assert lost == [broken]
    assert [entry.name for entry in there] == [entry.name for entry in here]
    np.testing.assert_array_equal(there[0].read(0, 90).rgb, here[0].read(0, 90).rgb)
    written = [key for method, key, _ in bucket.asked if method == "PUT"]
    stored_faces([video], address, 24, False)
    assert [key for method, key, _ in bucket.asked if method == "PUT"] == written
