"""A store of cropped faces, memory-mapped, from which training draws its clips.

A folder of entries, each one stretch of film with one face box::

    <store>/<name>.faces.npy   uint16 (time, size, size, 3), 256 times the 8-bit level
    <store>/<name>.times.npy   float64 (time,), seconds
    <store>/<name>.json        film, box, size: written last, so an entry with it is whole

Entries are found by their ``.json``; half-written ones are written again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sspd.containers import FIXED_POINT_MAX, Frames, Recording
from sspd.errors import OutputError, SourceError, SSPDError


@dataclass(frozen=True)
class FaceEntry:
    """One stored stretch; opening it reads nothing but the times."""

    name: str
    film: str
    """Entries of one film share this; an epoch draws one clip a film."""
    path: Path
    size: int
    still: bool = False
    """Whether the head is held still in them."""

    def times(self) -> NDArray[np.float64]:
        """Seconds of each face, shape (time,)."""
        return self._load("times", None)

    def _load(self, kind: str, mmap_mode: Literal["r"] | None) -> NDArray[Any]:
        file = self.path / f"{self.name}.{kind}.npy"
        try:
            array: NDArray[Any] = np.load(file, mmap_mode=mmap_mode, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise SourceError(f"{file}: damaged, or not stored faces") from error
        return array

    def read(self, first: int, last: int) -> Frames:
        """Faces ``first`` to ``last`` (exclusive), read from the disk and no others."""
        faces, times = self._load("faces", "r"), self.times()
        try:
            return Frames(np.array(faces[first:last]), times[first:last], FIXED_POINT_MAX)
        except ValueError as error:
            raise SourceError(f"{self.path / self.name}: damaged faces ({error})") from error


def write_entry(store: Path, name: str, faces: Frames, film: str, **facts: Any) -> None:
    """Store one stretch of faces whole, or not at all.

    Parameters
    ----------
    store : Path
        The folder; made if absent.
    name : str
        Of the entry; letters, digits, ``-``, ``_`` and ``.``.
    faces : Frames
        With `FIXED_POINT_MAX`.
    film : str
        Which film it comes from.
    facts
        More for the ``.json``: box, seed...
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise OutputError(f"{name!r} cannot name a store entry: letters, digits, - _ . only")
    try:
        store.mkdir(parents=True, exist_ok=True)
        for kind, array in (("faces", faces.rgb), ("times", faces.t)):
            temporary = store / f".{name}.{kind}.{os.getpid()}.npy"
            np.save(temporary, array)
            temporary.replace(store / f"{name}.{kind}.npy")
        size = int(faces.rgb.shape[1])
        card = json.dumps({"film": film, "size": size, "n_frames": len(faces), **facts})
        temporary = store / f".{name}.{os.getpid()}.json"
        temporary.write_text(card)
        temporary.replace(store / f"{name}.json")
    except OSError as error:
        raise OutputError(f"{store}: faces cannot be stored ({error.strerror})") from error


def open_store(store: str | Path) -> list[FaceEntry]:
    """The whole entries of a store, sorted by name.

    Raises
    ------
    SourceError
        If there is none.
    """
    store = Path(store)
    entries = []
    for card_file in sorted(store.glob("[!.]*.json")):
        try:
            card = json.loads(card_file.read_text())
            size, still = int(card["size"]), card.get("still") is True
            entry = FaceEntry(card_file.stem, str(card["film"]), store, size, still)
        except (ValueError, KeyError, TypeError):
            continue  # some other JSON file
        if all((store / f"{entry.name}.{kind}.npy").is_file() for kind in ("faces", "times")):
            entries.append(entry)
    if not entries:
        raise SourceError(f"{store}: no stored faces in this folder")
    return entries


def is_store(folder: Path) -> bool:
    """Whether a folder holds stored faces (and no films are to be looked for)."""
    return any(folder.glob("[!.]*.faces.npy"))


def store_films(
    films: Iterable[Path | Recording],
    store: Path,
    size: int,
    skipped: Callable[[Path, SSPDError], None],
    follow: bool = False,
) -> Iterator[Path]:
    """Crop the faces of films into a store; yields each film when it is done.

    A film that was stored before is not read again; one that cannot be read or shows
    no face is told to `skipped` and the others go on.

    Parameters
    ----------
    films : iterable of Path or Recording
        Films, or recordings of a dataset: their pictures alone are read.
    store : Path
        The folder of the store.
    size : int
        Height and width of a stored face, pixels.
    skipped : callable
        Is given the film and the error.
    follow : bool
        Hold the head still (`sspd.face.follow`).
    """
    for source in films:
        film = source.film if isinstance(source, Recording) else source
        stem = source.name if isinstance(source, Recording) else film.stem
        try:
            prefix = _entry_prefix(film, stem, size, follow)
            done = store / f".{prefix}.whole"
            if not done.exists():
                _store_film(source, film, store, prefix, size, follow)
                done.touch()
        except SSPDError as error:
            skipped(film, error)
        yield film


def still_entries(entries: Sequence[FaceEntry], store: Path, size: int) -> Iterator[FaceEntry]:
    """Hold the heads of stored faces still; yields each entry of the new store when it is done.

    Entries that are still already are yielded as they are, and so are those that a run
    before has written of the same faces. Several are made at a time.

    Parameters
    ----------
    entries : sequence of FaceEntry
    store : Path
        Where the new ones go.
    size : int
        Height and width of a face there, pixels.
    """
    from sspd.face.follow import still_faces

    def hold(entry: FaceEntry) -> FaceEntry:
        if entry.still:
            return entry
        faces_file = entry.path / f"{entry.name}.faces.npy"
        source = f"{faces_file.resolve()}|{faces_file.stat().st_mtime_ns}"
        if not _is_made_of(store / f"{entry.name}.json", source, size):
            faces = still_faces(entry.read(0, entry.times().size), size)
            write_entry(store, entry.name, faces, entry.film, still=True, source=source)
        return replace(entry, path=store, size=size, still=True)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(hold, entries)


def _is_made_of(card_file: Path, source: str, size: int) -> bool:
    try:
        card = json.loads(card_file.read_text())
        return bool(card["source"] == source and card["size"] == size)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _entry_prefix(film: Path, stem: str, size: int, follow: bool) -> str:
    """The film's name and a hash of what its faces depend on: a changed film is read anew."""
    try:
        changed = film.stat().st_mtime_ns
    except OSError as error:
        raise SourceError(f"{film}: {error.strerror}") from error
    facts = f"{film.resolve()}|{size}|{'still|' if follow else ''}{changed}"
    digest = hashlib.sha256(facts.encode()).hexdigest()[:10]
    plain = re.sub(r"[^\w.-]+", "_", stem)[:60].lstrip(".-")
    return f"{plain or 'film'}-{digest}"


def _store_film(
    source: Path | Recording, film: Path, store: Path, prefix: str, size: int, follow: bool
) -> None:
    from sspd.face.follow import crop_px, network_faces
    from sspd.face.track import face_segments
    from sspd.video.read import probe, read

    if isinstance(source, Recording):
        pictures, end_s = source.frames(), None
    else:
        pictures, end_s = read(film), probe(film).duration_s
    found = 0
    for segment in face_segments(pictures, size=crop_px(size, follow), end_s=end_s):
        if segment.box is None or len(segment.faces) == 0:
            continue
        faces = network_faces(segment.faces, size, follow)
        facts = {"box": list(segment.box), "still": follow}
        write_entry(store, f"{prefix}-{found:04d}", faces, str(film), **facts)
        found += 1
    if not found:
        raise SourceError(f"{film}: no face was found in this film")
