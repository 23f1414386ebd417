from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sspd.containers import FIXED_POINT_MAX, Frames
from sspd.datasets.faces import (
    FaceEntry,
    is_store,
    open_store,
    still_entries,
    store_films,
    write_entry,
)
from sspd.errors import OutputError, SourceError, SSPDError
from sspd.face.follow import FOLLOW_PX, still_faces
from sspd.face.track import face_segments
from sspd.video.read import read
from sspd.video.simulate import FilmSpec, write_film


def faces(n: int = 6, size: int = 8, seed: int = 0) -> Frames:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, FIXED_POINT_MAX, (n, size, size, 3), dtype=np.uint16)
    return Frames(rgb, 1.5 + np.arange(n) / 25, FIXED_POINT_MAX)


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    stored = faces()
    write_entry(tmp_path / "store", "film-0001", stored, "film.mp4", box=[1, 2, 3, 4])
    assert is_store(tmp_path / "store")
    (entry,) = open_store(tmp_path / "store")
    assert (entry.name, entry.film, entry.size) == ("film-0001", "film.mp4", 8)
    np.testing.assert_array_equal(entry.times(), stored.t)
    read = entry.read(2, 5)
    assert read.max_value == FIXED_POINT_MAX
    np.testing.assert_array_equal(read.rgb, stored.rgb[2:5])
    np.testing.assert_array_equal(read.t, stored.t[2:5])
    card = json.loads((tmp_path / "store" / "film-0001.json").read_text())
    assert card == {"film": "film.mp4", "size": 8, "n_frames": 6, "box": [1, 2, 3, 4]}


def test_entries_are_sorted_and_written_over(tmp_path: Path) -> None:
    for name in ("b", "a", "ü-2"):
        write_entry(tmp_path, name, faces(), f"{name}.mp4")
    write_entry(tmp_path, "a", faces(4), "other.mp4")
    entries = open_store(tmp_path)
    assert [e.name for e in entries] == ["a", "b", "ü-2"]
    assert entries[0].film == "other.mp4"
    assert len(entries[0].times()) == 4


@pytest.mark.parametrize("missing", ["faces.npy", "times.npy", "json"])
def test_half_written_entries_are_ignored(tmp_path: Path, missing: str) -> None:
    write_entry(tmp_path, "whole", faces(), "a.mp4")
    write_entry(tmp_path, "half", faces(), "b.mp4")
    (tmp_path / f"half.{missing}").unlink()
    assert [e.name for e in open_store(tmp_path)] == ["whole"]


def test_other_files_are_ignored(tmp_path: Path) -> None:
    write_entry(tmp_path, "whole", faces(), "a.mp4")
    for name, text in (("x", "[]"), ("y", '{"film": 1}'), ("z", "{"), (".part", "{}")):
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    assert [e.name for e in open_store(tmp_path)] == ["whole"]


def test_an_empty_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no stored faces"):
        open_store(tmp_path)
    with pytest.raises(SourceError, match="no stored faces"):
        open_store(tmp_path / "absent")
    assert not is_store(tmp_path)


@pytest.mark.parametrize("name", ["", "a/b", "../a", "..", ".hidden", "a b", "a\n", "/a"])
def test_names_that_would_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
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

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match="No space left"):
        write_entry(tmp_path / "store", "a", faces(), "a.mp4")
    with pytest.raises(SourceError):
        open_store(tmp_path / "store")


class _Evil:
    def __init__(self, ran: Path) -> None:
        self.ran = ran

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.ran,))


@pytest.mark.parametrize("kind", ["faces", "times"])
def test_a_pickled_array_is_refused_and_not_run(tmp_path: Path, kind: str) -> None:
    write_entry(tmp_path, "a", faces(), "a.mp4")
    (entry,) = open_store(tmp_path)
    evil = np.array([_Evil(tmp_path / "ran")], dtype=object)
    np.save(tmp_path / f"a.{kind}.npy", evil, allow_pickle=True)
    with pytest.raises(SourceError, match=f"a.{kind}.npy"):
        entry.read(0, 2)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "array",
    [np.zeros((6, 8, 8)), np.zeros((6, 8, 8, 3)), np.zeros((3, 8, 8, 3), np.uint16)],
)
def test_arrays_of_another_kind_are_refused(tmp_path: Path, array: Any) -> None:
    write_entry(tmp_path, "a", faces(), "a.mp4")
    np.save(tmp_path / "a.faces.npy", array)
    with pytest.raises(SourceError, match="damaged"):
        open_store(tmp_path)[0].read(0, 6)


def test_a_torn_array_is_refused(tmp_path: Path) -> None:
    write_entry(tmp_path, "a", faces(), "a.mp4")
    for kind in ("faces", "times"):
        file = tmp_path / f"a.{kind}.npy"
        whole = file.read_bytes()
        for n in (0, 5, 100, len(whole) - 3):
            file.write_bytes(whole[:n])
            with pytest.raises(SourceError, match="damaged"):
                open_store(tmp_path)[0].read(0, 6)
        file.write_bytes(whole)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for seed in (1, 2):
        spec = FilmSpec(seed=seed, duration_s=0.8, fps=15, width=320, height=240, face_px=120)
        write_film(spec, folder / f"film {seed}.mp4")
    (folder / "bad.mp4").write_text("not a film")
    return folder


def test_films_are_stored_once_and_bad_ones_told(films: Path, tmp_path: Path) -> None:
    skipped: list[tuple[str, SSPDError]] = []
    paths = sorted(films.glob("*.mp4"))

    def store() -> list[Path]:
        told = lambda film, error: skipped.append((film.name, error))  # noqa: E731
        return list(store_films(paths, tmp_path, 113, told))

    assert store() == paths
    assert [name for name, _ in skipped] == ["bad.mp4"]
    entries = open_store(tmp_path)
    assert [Path(e.film).name for e in entries] == ["film 1.mp4", "film 2.mp4"]
    assert entries[0].read(0, 99).rgb.shape[1:] == (113, 113, 3)
    written = {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.npy")}
    store()
    assert {p: p.stat().st_mtime_ns for p in tmp_path.glob("*.npy")} == written
    assert len(skipped) == 2
    skipped.clear()
    list(store_films([films / "absent.mp4"], tmp_path, 113, lambda f, e: skipped.append((f, e))))
    assert "absent.mp4" in str(skipped[0][1])


def _not_skipped(film: Path, error: SSPDError) -> None:
    raise AssertionError(f"{film} was skipped: {error}")


def test_films_are_stored_with_their_heads_held_still(films: Path, tmp_path: Path) -> None:
    def store(follow: bool) -> list[FaceEntry]:
        list(store_films([films / "film 1.mp4"], tmp_path, 32, _not_skipped, follow))
        return [entry for entry in open_store(tmp_path) if entry.still == follow]

    (loose,), (still,) = store(follow=False), store(follow=True)
    assert still.size == loose.size == 32
    assert not np.array_equal(still.read(0, 99).rgb, loose.read(0, 99).rgb)
    seen = next(face_segments(read(films / "film 1.mp4"), size=FOLLOW_PX))
    np.testing.assert_array_equal(still.read(0, 99).rgb, still_faces(seen.faces, 32).rgb)


def test_stored_faces_are_held_still_once(tmp_path: Path) -> None:
    write_entry(tmp_path / "a", "one", faces(5, 48), "one.mp4")
    write_entry(tmp_path / "a", "two", faces(5, 48, seed=1), "two.mp4")
    given = open_store(tmp_path / "a")
    held = list(still_entries(given, tmp_path / "b", 16))
    assert held == open_store(tmp_path / "b")
    assert [(entry.name, entry.film, entry.still) for entry in held] == [
        ("one", "one.mp4", True),
        ("two", "two.mp4", True),
    ]
    expected = still_faces(given[1].read(0, 5), 16)
    np.testing.assert_array_equal(held[1].read(0, 5).rgb, expected.rgb)
    written = {p: p.stat().st_mtime_ns for p in (tmp_path / "b").glob("*.npy")}
    assert list(still_entries(given, tmp_path / "b", 16)) == held
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "b").glob("*.npy")} == written
    assert list(still_entries(held, tmp_path / "c", 16)) == held
    assert not (tmp_path / "c").exists()
    # of changed faces, another size, or another store, they are made anew
    write_entry(tmp_path / "a", "one", faces(3, 48, seed=2), "one.mp4")
    changed = list(still_entries(given, tmp_path / "b", 16))
    assert changed[0].times().size == 3
    larger = list(still_entries(given, tmp_path / "b", 24))
    assert larger[0].read(0, 1).rgb.shape[1] == 24
    write_entry(tmp_path / "d", "one", faces(4, 48), "one.mp4")
    other = list(still_entries(open_store(tmp_path / "d"), tmp_path / "b", 24))
    assert other[0].times().size == 4


@pytest.mark.parametrize("name", ["-.x.mp4", ".mp4.mp4", "é ü!.mp4"])
def test_odd_names_of_films_give_entries_that_are_found(
    films: Path, tmp_path: Path, name: str
) -> None:
    film = tmp_path / name
    film.write_bytes((films / "film 1.mp4").read_bytes())
    told: list[SSPDError] = []
    list(store_films([film], tmp_path / "store", 113, lambda _, error: told.append(error)))
    assert told == []
    assert [e.film for e in open_store(tmp_path / "store")] == [str(film)]
