"""Faces cut out of videos into a store, by several processes of which any may die."""

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
from sspd.types import Recording
from sspd.utils.content import file_facts, text_key
from sspd.utils.files import write_whole
from sspd.utils.partials import remove_all_parts
from sspd.utils.process_map import Words, process_map
from sspd.utils.progress import Counted

#: Part of the key: raised when other faces come of the same video.
VERSION = 1
#: A video, or a recording of a dataset, of which the pictures alone are read.
Source = Path | Recording
Skipped = Callable[[Path, SSPDError], None]


def stored_faces(
    sources: Sequence[Source],
    store: Path,
    size: int,
    follow: bool,
    *,
    jobs: int = 1,
    progress: Counted = lambda done, total: None,
    skipped: Skipped = lambda video, error: None,
) -> list[FaceEntry]:
    """The faces of videos, cut out where they are not in the store yet.

    Parameters
    ----------
    sources : sequence of Path or Recording
    store : Path
        Its folder; made if absent.
    size : int
        Height and width of a stored face, pixels.
    follow : bool
        Hold the head still (`sspd.face.stabilize`).
    jobs : int
        Processes.
    progress : callable
        Is told how many videos of how many are done.
    skipped : callable
        Is given a video that cannot be read or shows no face, and the error.

    Returns
    -------
    list of FaceEntry
        Of these videos alone, sorted by name; empty where none can be used.

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

    for done, _ in enumerate(store_videos(sources, store, size, skip, follow, jobs), 1):
        progress(done, len(sources))
    wanted = {str(_video(source)) for source in sources} - lost
    if not wanted:
        return []
    kind = (size, follow)
    entries = [one for one in open_store(store) if (one.size, one.still) == kind]
    return [one for one in entries if one.video in wanted]


def store_videos(
    videos: Iterable[Source],
    store: Path,
    size: int,
    skipped: Skipped,
    follow: bool = False,
    jobs: int = 1,
) -> Iterator[Path]:
    """Crop the faces of videos into a store; yields each video when it is done.

    A video that was stored before is not read again; one that cannot be read or shows
    no face is told to `skipped` and the others go on.

    Parameters
    ----------
    videos : iterable of Path or Recording
        Videos, or recordings of a dataset: their pictures alone are read.
    store : Path
        The folder of the store.
    size : int
        Height and width of a stored face, pixels.
    skipped : callable
        Is given the video and the error.
    follow : bool
        Hold the head still (`sspd.face.stabilize`).
    jobs : int
        Processes, a video each.

    Raises
    ------
    OutputError
        The store cannot be written.
    SSPDError
        A process died.
    """
    remove_all_parts(store)
    keep = partial(_kept, store=store, size=size, follow=follow)
    kept = "what was stored is kept, the same command continues"
    words = Words[Source](lambda source: str(_video(source)), kept)
    for source, error in process_map(keep, videos, jobs, words):
        if isinstance(error, OutputError):
            raise error
        if error is not None:
            skipped(_video(source), error)
        yield _video(source)


def _video(source: Source) -> Path:
    return source.video if isinstance(source, Recording) else source


def _kept(source: Source, store: Path, size: int, follow: bool) -> SSPDError | None:
    """Store a video's faces, if they are not there; what is wrong with it, or None."""
    try:
        key = _key(_video(source), size, follow)
        done = store / f".{_prefix(source, key)}.whole"
        cut = [path.stem for path in store.glob(f"{_prefix(source, key)}-*.zarr")]
        if not (done.exists() and cut and all(entry_facts(store, name) for name in cut)):
            _store_video(source, store, key, size, follow)
            write_whole(done, b"")
    except SSPDError as error:
        return error
    return None


def _key(video: Path, size: int, follow: bool) -> str:
    """A hash of what a video's faces depend on: a changed video is read anew."""
    try:
        facts = file_facts(video)
    except OSError as error:
        raise SourceError(f"{video}: {error.strerror}") from error
    return text_key(repr([*facts, size, follow, VERSION]))


def _prefix(source: Source, key: str) -> str:
    stem = source.name if isinstance(source, Recording) else source.stem
    plain = re.sub(r"[^\w.-]+", "_", stem)[:60].lstrip(".-")
    return f"{plain or 'video'}-{key[:10]}"


def _store_video(source: Source, store: Path, key: str, size: int, follow: bool) -> None:
    from sspd.face.stabilize import network_frames
    from sspd.pipeline.crops import face_crops

    video, found = _video(source), 0
    for segment in face_crops(source, size=size, stabilize=follow):
        if segment.box is None or len(segment.faces) == 0:
            continue
        faces = network_frames(segment.faces, size, follow)
        facts = {"box": list(segment.box), "still": follow, "key": key}
        write_entry(store, f"{_prefix(source, key)}-{found:04d}", faces, str(video), **facts)
        found += 1
    if not found:
        raise SourceError(f"{video}: no face was found in this video")


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
    from sspd.face.stabilize import stabilize_frames

    def hold(entry: FaceEntry) -> FaceEntry:
        if entry.still:
            return entry
        given = entry.path / f"{entry.name}.zarr"
        source = f"{given.resolve()}|{given.stat().st_mtime_ns}|{VERSION}"
        made = entry_facts(store, entry.name)
        if (made.get("source"), made.get("size")) != (source, size):
            faces = stabilize_frames(entry.read(0, entry.times().size), size)
            write_entry(store, entry.name, faces, entry.video, still=True, source=source)
        return replace(entry, path=store, size=size, still=True)

    remove_all_parts(store)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(hold, entries)
