"""Crop faces from videos into a store, in several processes of which any may die."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from sspd.errors import OutputError, SourceError, SSPDError
from sspd.research.datasets.faces import FaceEntry, entry_facts, open_store, write_entry
from sspd.research.datasets.faces_remote import (
    StoreAddress,
    is_marked,
    mark,
    open_remote,
    write_remote,
)
from sspd.scale.mapping import MapOver
from sspd.types import Recording
from sspd.utils.content import file_facts, text_key
from sspd.utils.files import write_whole
from sspd.utils.partials import remove_all_parts
from sspd.utils.process_map import Words, process_map
from sspd.utils.progress import Counted

#: Part of the key; increased when the same video gives other faces.
STORE_VERSION = 1
#: A video, or a recording of a dataset, of which only the frames are read.
Source = Path | Recording
#: The folder of a store of faces, or its address.
FaceStore = Path | StoreAddress
Skipped = Callable[[Path, SSPDError], None]


def stored_faces(
    sources: Sequence[Source],
    store: FaceStore,
    size: int,
    follow: bool,
    *,
    jobs: int = 1,
    over: MapOver = process_map,
    progress: Counted = lambda done, total: None,
    skipped: Skipped = lambda video, error: None,
) -> list[FaceEntry]:
    """Return the stored faces of videos; faces that are missing are cropped first.

    Parameters
    ----------
    sources : sequence of Path or Recording
    store : Path or StoreAddress
        Its folder, which is created if missing, or its address.
    size : int
        Height and width of a stored face, pixels.
    follow : bool
        Stabilize the faces (`sspd.face.stabilize`).
    jobs : int
        Number of processes.
    over : callable
        See `sspd.scale.mapping.mapping_of`.
    progress : callable
        Called with the number of finished videos and their total.
    skipped : callable
        Called with a video that cannot be read or shows no face, and the error.

    Returns
    -------
    list of FaceEntry
        Of these videos only, sorted by name; empty if none can be used.

    Raises
    ------
    OutputError
        The store cannot be written.
    SSPDError
        A process died.
    """
    lost: set[str] = set()

    def skip(video: Path, error: SSPDError) -> None:
        lost.add(str(video))
        skipped(video, error)

    for done, _ in enumerate(store_videos(sources, store, size, skip, follow, jobs, over), 1):
        progress(done, len(sources))
    wanted = {str(_video(source)) for source in sources} - lost
    if not wanted:
        return []
    kind = (size, follow)
    every = open_remote(store) if isinstance(store, StoreAddress) else open_store(store)
    entries = [one for one in every if (one.size, one.still) == kind]
    return [one for one in entries if one.video in wanted]


def store_videos(
    videos: Iterable[Source],
    store: FaceStore,
    size: int,
    skipped: Skipped,
    follow: bool = False,
    jobs: int = 1,
    over: MapOver = process_map,
) -> Iterator[Path]:
    """Crop the faces of videos into a store, and yield each finished video.

    A video that was stored before is not read again. One that cannot be read or shows no face is
    reported to `skipped`, and the others continue.

    Parameters
    ----------
    videos : iterable of Path or Recording
        Videos, or recordings of a dataset, of which only the frames are read.
    store : Path or StoreAddress
        The folder or address of the store.
    size : int
        Height and width of a stored face, pixels.
    skipped : callable
        Called with the video and the error.
    follow : bool
        Stabilize the faces (`sspd.face.stabilize`).
    jobs : int
        Number of processes; each takes one video at a time.
    over : callable
        See `sspd.scale.mapping.mapping_of`.

    Yields
    ------
    Path

    Raises
    ------
    OutputError
        The store cannot be written.
    SSPDError
        A process died.
    """
    if isinstance(store, Path):
        remove_all_parts(store)
    store_one = partial(_store_if_missing, store=store, size=size, follow=follow)
    kept = "what was stored is kept, the same command continues"
    words = Words[Source](lambda source: str(_video(source)), kept)
    for source, error in over(store_one, videos, jobs, words):
        if isinstance(error, OutputError):
            raise error
        if error is not None:
            skipped(_video(source), error)
        yield _video(source)


def _video(source: Source) -> Path:
    return source.video if isinstance(source, Recording) else source


def _store_if_missing(
    source: Source, store: FaceStore, size: int, follow: bool
) -> SSPDError | None:
    """Store a video's faces if they are missing; return the error, or None."""
    try:
        key = _key(_video(source), size, follow)
        prefix = _prefix(source, key)
        if isinstance(store, StoreAddress):
            if not is_marked(store, prefix):
                _store_video(source, store, key, size, follow)
                mark(store, prefix)
            return None
        done = store / f".{prefix}.whole"
        cut = [path.stem for path in store.glob(f"{prefix}-*.zarr")]
        if not (done.exists() and cut and all(entry_facts(store, name) for name in cut)):
            _store_video(source, store, key, size, follow)
            write_whole(done, b"")
    except SSPDError as error:
        return error
    return None


def _key(video: Path, size: int, follow: bool) -> str:
    """Hash everything that a video's faces depend on: a changed video is read again."""
    try:
        facts = file_facts(video)
    except OSError as error:
        raise SourceError(f"{video}: {error.strerror}") from error
    return text_key(repr([*facts, size, follow, STORE_VERSION]))


def _prefix(source: Source, key: str) -> str:
    stem = source.name if isinstance(source, Recording) else source.stem
    plain = re.sub(r"[^\w.-]+", "_", stem)[:60].lstrip(".-")
    return f"{plain or 'video'}-{key[:10]}"


def _store_video(source: Source, store: FaceStore, key: str, size: int, follow: bool) -> None:
    from sspd.face.stabilize import network_frames
    from sspd.pipeline.crops import face_crops

    video, found = _video(source), 0
    for segment in face_crops(source, size=size, stabilize=follow):
        if segment.box is None or len(segment.faces) == 0:
            continue
        faces = network_frames(segment.faces, size, follow)
        facts = {"box": list(segment.box), "still": follow, "key": key}
        name = f"{_prefix(source, key)}-{found:04d}"
        if isinstance(store, StoreAddress):
            write_remote(store, name, faces, str(video), **facts)
        else:
            write_entry(store, name, faces, str(video), **facts)
        found += 1
    if not found:
        raise SourceError(f"{video}: no face was found in this video")


def still_entries(entries: Sequence[FaceEntry], store: Path, size: int) -> Iterator[FaceEntry]:
    """Stabilize stored faces, and yield each finished entry of the new store.

    Entries that are stabilized already are yielded unchanged, and so are those that an earlier run
    made of the same faces. Several are made at the same time.

    Parameters
    ----------
    entries : sequence of FaceEntry
    store : Path
        Folder of the new store.
    size : int
        Height and width of a face there, pixels.

    Yields
    ------
    FaceEntry
    """
    from sspd.face.stabilize import stabilize_frames

    def stabilize(entry: FaceEntry) -> FaceEntry:
        if entry.still:
            return entry
        given = entry.path / f"{entry.name}.zarr"
        source = f"{given.resolve()}|{given.stat().st_mtime_ns}|{STORE_VERSION}"
        made = entry_facts(store, entry.name)
        if (made.get("source"), made.get("size")) != (source, size):
            faces = stabilize_frames(entry.read(0, entry.times().size), size)
            write_entry(store, entry.name, faces, entry.video, still=True, source=source)
        return replace(entry, path=store, size=size, still=True)

    remove_all_parts(store)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(stabilize, entries)
