"""A store of cropped faces in zarr, from which training draws its clips.

A folder of entries, each one video segment with one face box:

    <store>/<name>.zarr/faces   uint16 (time, size, size, 3), 256 times the 8-bit pixel value
    <store>/<name>.zarr/times   float64 (time,), seconds
    <store>/<name>.zarr         attributes: film (the video), size, number of frames, box, key...

An entry is written under another name and renamed when it is complete, so every entry with its
final name is complete. Each chunk of `STORED_FRAMES` faces has a checksum.
`sspd.research.datasets.faces_build` makes entries from videos. They are not compressed: averaged
pixels have so much noise in their low bits that LZ4 or Zstandard saves an eighth and doubles the
time of a read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import OutputError, SourceError
from sspd.research.datasets.faces_cards import (
    MAX_CARD_BYTES,
    MAX_SIZE,
    STORED_FRAMES,
    SUFFIX,
    checked_card,
    checked_facts,
    checked_name,
    crc32_of,
)
from sspd.types import FIXED_POINT_MAX, Frames
from sspd.utils.files import whole_folder
from sspd.utils.packages import require


@dataclass(frozen=True)
class FaceEntry:
    """One stored segment of faces; opening it reads only its metadata."""

    name: str
    video: str
    """Path of the video, which all its entries share; an epoch draws one clip for each video."""
    path: Path
    """The store."""
    size: int
    still: bool = False
    """True if the faces are stabilized."""

    def times(self) -> NDArray[np.float64]:
        """Return the time of each face, seconds, shape (time,)."""
        return self._read("times", 0, None)

    def read(self, first: int, last: int) -> Frames:
        """Read faces ``first`` to ``last`` (exclusive); only the chunks that hold them are read.

        Parameters
        ----------
        first, last : int

        Returns
        -------
        Frames
        """
        times = self.times()
        faces = self._read("faces", first, min(last, times.size))
        try:
            return Frames(faces, times[first:last], FIXED_POINT_MAX)
        except ValueError as error:
            raise SourceError(f"{self.path / self.name}: damaged faces ({error})") from error

    def _read(self, kind: str, first: int, last: int | None) -> NDArray[Any]:
        folder = self.path / (self.name + SUFFIX) / kind
        try:
            shape, chunk = _checked_array(folder, kind, self.size)
            stop = shape if last is None else max(last, first)
            # zarr reads a missing chunk as zeros
            for k in range(first // chunk, -(-stop // chunk)):
                inside = "/".join([str(k), *("0",) * (3 if kind == "faces" else 0)])
                if not (folder / "c" / inside).is_file():
                    raise ValueError(f"chunk {k} is missing")
            array = _zarr().open_array(folder, mode="r", zarr_format=3)
            found: NDArray[Any] = np.asarray(array[first:stop])
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, IndexError) as error:
            raise SourceError(f"{folder}: damaged, or not stored faces ({error})") from error
        return found


def _zarr() -> Any:
    return require("zarr", extra="train", purpose="the store of faces")


def _checked_array(folder: Path, kind: str, size: int) -> tuple[int, int]:
    """Return length and chunk size of one of our arrays, from its metadata alone."""
    return checked_card(_card(folder / "zarr.json"), kind, size)


def _card(file: Path) -> dict[str, Any]:
    if file.stat().st_size > MAX_CARD_BYTES:
        raise ValueError("its metadata is too large")
    card = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(card, dict):
        raise TypeError("its metadata is not a JSON object")
    return card


def entry_facts(store: Path, name: str) -> dict[str, Any]:
    """Read the attributes of a complete entry; empty if there is none.

    Parameters
    ----------
    store : Path
    name : str

    Returns
    -------
    dict
    """
    try:
        return checked_facts(_card(store / (name + SUFFIX) / "zarr.json"))
    except (OSError, ValueError, TypeError):
        return {}


def write_entry(store: Path, name: str, faces: Frames, video: str, **facts: Any) -> None:
    """Store one segment of faces, whole or not at all.

    Parameters
    ----------
    store : Path
        The folder; created if missing.
    name : str
        Name of the entry: letters, digits, ``-``, ``_`` and ``.``.
    faces : Frames
        With `FIXED_POINT_MAX`.
    video : str
        Path of the video that it comes from.
    **facts
        More attributes: box, seed...

    Raises
    ------
    OutputError
        The name would lead elsewhere, or the store cannot be written.
    """
    checked_name(name)
    size = int(faces.rgb.shape[1])
    card = {"film": video, "size": size, "n_frames": len(faces), **facts}
    card["crc32"] = crc32_of(json.loads(json.dumps(card)))
    try:
        store.mkdir(parents=True, exist_ok=True)
        with whole_folder(store / (name + SUFFIX)) as part:
            _write_arrays(part, faces, card)
    except OSError as error:
        raise OutputError(f"{store}: faces cannot be stored ({error.strerror or error})") from error


def _write_arrays(folder: Path, faces: Frames, card: dict[str, Any]) -> None:
    zarr = _zarr()
    from zarr.codecs import Crc32cCodec

    with zarr.config.set({"array.write_empty_chunks": True}):
        group = zarr.create_group(folder, zarr_format=3, attributes=card)
        for name, values, chunk in (
            ("faces", faces.rgb, STORED_FRAMES),
            ("times", faces.t, 1 << 16),
        ):
            array = group.create_array(
                name,
                shape=values.shape,
                dtype=values.dtype,
                chunks=(chunk, *values.shape[1:]),
                compressors=[Crc32cCodec()],  # finds flipped bits
            )
            array[:] = values


def open_store(store: str | Path) -> list[FaceEntry]:
    """List the complete entries of a store, sorted by name.

    Parameters
    ----------
    store : path

    Returns
    -------
    list of FaceEntry

    Raises
    ------
    SourceError
        There are none.
    """
    store = Path(store)
    entries = []
    for folder in sorted(store.glob(f"[!.]*{SUFFIX}")):
        facts = entry_facts(store, folder.stem)
        size, video = facts.get("size"), facts.get("film")
        if isinstance(size, int) and 0 < size <= MAX_SIZE and isinstance(video, str):
            entries.append(FaceEntry(folder.stem, video, store, size, facts.get("still") is True))
    if not entries:
        if any(store.glob("[!.]*.faces.npy")):
            raise SourceError(
                f"{store}: faces stored by an older version, which this one cannot read;"
                " give the videos, and they are cropped again"
            )
        raise SourceError(f"{store}: no stored faces in this folder")
    return entries


def is_store(folder: Path) -> bool:
    """Return whether a folder holds stored faces, and not videos.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    bool
    """
    return any(folder.glob(f"[!.]*{SUFFIX}/faces")) or any(folder.glob("[!.]*.faces.npy"))


def store_bytes(store: Path) -> int:
    """Return the size of a store on disk.

    Parameters
    ----------
    store : Path

    Returns
    -------
    int
        Bytes.
    """
    return sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
