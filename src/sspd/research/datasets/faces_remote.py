"""Stores of faces in object stores: cropped there, and read clip by clip while a network trains.

The layout and the bytes are those of a store on the disk (`sspd.research.datasets.faces`); each
chunk of about a second is an object. An entry is complete when its own metadata is there, which
is written last. A chunk that is missing is an error, never zeros.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.errors import SourceError, SSPDError
from sspd.research.datasets.faces import FaceEntry, write_entry
from sspd.research.datasets.faces_cards import (
    MAX_CARD_BYTES,
    MAX_SIZE,
    SUFFIX,
    checked_card,
    checked_facts,
    checked_name,
)
from sspd.types import Frames
from sspd.utils.packages import require
from sspd.utils.stores import Stores

#: Objects that are asked for at the same time: a clip of 10 s is eleven chunks.
ASKING = 8
#: Bytes of a checksum behind each chunk.
_CRC_BYTES = 4


@dataclass(frozen=True)
class StoreAddress:
    """The address of a store of faces, such as ``s3://bucket/faces``.

    >>> str(StoreAddress("s3://bucket/faces/"))
    's3://bucket/faces'
    """

    address: str
    stores: Stores = field(default_factory=Stores, compare=False, repr=False)

    def __str__(self) -> str:
        return self.address.rstrip("/")


@dataclass(frozen=True)
class RemoteEntry(FaceEntry):
    """One stored segment of faces in an object store; metadata and times are read once."""

    store: StoreAddress = field(default_factory=lambda: StoreAddress(""))
    _kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def address(self) -> str:
        """Address of the entry."""
        return f"{self.store}/{self.name}{SUFFIX}"

    def times(self) -> NDArray[np.float64]:
        """Return the time of each face, seconds, shape (time,)."""
        if "times" not in self._kept:
            self._kept["times"] = self._read("times", 0, None)
        times: NDArray[np.float64] = self._kept["times"]
        return times

    def _read(self, kind: str, first: int, last: int | None) -> NDArray[Any]:
        folder, stores = f"{self.address}/{kind}", self.store.stores
        try:
            card = self._card(folder)
            shape, chunk = checked_card(json.loads(card), kind, self.size)
            stop = shape if last is None else max(last, first)
            inside = "/0/0/0" if kind == "faces" else ""
            keys = [f"c/{k}{inside}" for k in range(first // chunk, -(-stop // chunk))]
            item = self.size**2 * 6 if kind == "faces" else 8
            most = chunk * item + _CRC_BYTES

            def get(key: str) -> bytes:
                return stores.get(f"{folder}/{key}", most)

            with ThreadPoolExecutor(ASKING, "sspd-faces") as pool:
                parts = dict(zip(keys, pool.map(get, keys), strict=True))
            return _decoded({"zarr.json": card} | parts, first, stop)
        except SSPDError:
            raise
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, IndexError) as error:
            raise SourceError(f"{folder}: damaged, or not stored faces ({error})") from error

    def _card(self, folder: str) -> bytes:
        if folder not in self._kept:
            found = self.store.stores.get(f"{folder}/zarr.json", MAX_CARD_BYTES)
            self._kept[folder] = found
        card: bytes = self._kept[folder]
        return card


def _decoded(files: dict[str, bytes], first: int, stop: int) -> NDArray[Any]:
    """A part of an array from the files that hold it, decoded and checked by zarr."""
    zarr = require("zarr", extra="train", purpose="the store of faces")
    from zarr.core.buffer import default_buffer_prototype
    from zarr.storage import MemoryStore

    buffer = default_buffer_prototype().buffer
    store = MemoryStore({name: buffer.from_bytes(data) for name, data in files.items()})
    return np.asarray(zarr.open_array(store, mode="r", zarr_format=3)[first:stop])


def open_remote(store: StoreAddress) -> list[FaceEntry]:
    """List the complete entries of a store, sorted by name.

    Parameters
    ----------
    store : StoreAddress

    Returns
    -------
    list of FaceEntry

    Raises
    ------
    SourceError
        There are none, or the store cannot be read.
    """
    root, cards = f"{store}/", []
    for address, _ in store.stores.list(root):
        place = PurePosixPath(address.removeprefix(root))
        named = len(place.parts) == 2 and place.name == "zarr.json"
        if named and place.parts[0].endswith(SUFFIX) and not place.parts[0].startswith("."):
            cards.append((place.parts[0].removesuffix(SUFFIX), address))

    def facts(address: str) -> dict[str, Any]:
        return checked_facts(json.loads(store.stores.get(address, MAX_CARD_BYTES)))

    entries: list[FaceEntry] = []
    with ThreadPoolExecutor(ASKING, "sspd-faces") as pool:
        for name, found in zip(
            [name for name, _ in cards],
            pool.map(facts, [address for _, address in cards]),
            strict=True,
        ):
            size, video = found.get("size"), found.get("film")
            if isinstance(size, int) and 0 < size <= MAX_SIZE and isinstance(video, str):
                still = found.get("still") is True
                entries.append(RemoteEntry(name, video, Path(str(store)), size, still, store))
    if not entries:
        raise SourceError(f"{store}: no stored faces under this address")
    return sorted(entries, key=lambda entry: entry.name)


def write_remote(store: StoreAddress, name: str, faces: Frames, video: str, **facts: Any) -> None:
    """Store one segment of faces in an object store; it is there whole or not at all.

    Parameters
    ----------
    store : StoreAddress
    name, faces, video, **facts
        See `sspd.research.datasets.faces.write_entry`.

    Raises
    ------
    OutputError
        The name would lead elsewhere, or the store cannot be written.
    """
    checked_name(name)
    with tempfile.TemporaryDirectory(prefix="sspd-") as folder:
        write_entry(Path(folder), name, faces, video, **facts)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        card = Path(folder) / f"{name}{SUFFIX}" / "zarr.json"
        for path in [*(path for path in files if path != card), card]:
            place = path.relative_to(folder).as_posix()
            store.stores.write(f"{store}/{place}", path)


def is_marked(store: StoreAddress, prefix: str) -> bool:
    """Return whether all faces of a video are stored.

    Parameters
    ----------
    store : StoreAddress
    prefix : str
        Of the names of the video's entries.

    Returns
    -------
    bool
    """
    return store.stores.exists(f"{store}/.{prefix}.whole")


def mark(store: StoreAddress, prefix: str) -> None:
    """Write down that all faces of a video are stored.

    Parameters
    ----------
    store : StoreAddress
    prefix : str

    Raises
    ------
    OutputError
    """
    store.stores.write(f"{store}/.{prefix}.whole", b"whole")


def upload(folder: Path, store: StoreAddress) -> Iterator[str]:
    """Copy a store of the disk to an object store, and yield the name of each entry.

    Parameters
    ----------
    folder : Path
    store : StoreAddress

    Yields
    ------
    str

    Raises
    ------
    SourceError
        It holds no faces.
    OutputError
        The object store cannot be written.
    """
    from sspd.research.datasets.faces import open_store

    for entry in open_store(folder):
        place = folder / f"{entry.name}{SUFFIX}"
        files = sorted(path for path in place.rglob("*") if path.is_file())
        card = place / "zarr.json"
        for path in [*(path for path in files if path != card), card]:
            store.stores.write(f"{store}/{path.relative_to(folder).as_posix()}", path)
        yield entry.name
