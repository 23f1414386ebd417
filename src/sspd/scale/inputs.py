"""The videos of a corpus, one row each: listed while they are measured, never all at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from sspd.errors import SSPDError, UsageError
from sspd.scale.manifests import (
    Cell,
    is_manifest,
    manifest_columns,
    manifest_rows,
    place_of,
)
from sspd.types.arguments import source_path
from sspd.utils.addresses import HTTP_SCHEMES, scheme_of, split_address
from sspd.utils.stores import ObjectFacts, Stores
from sspd.video.folder import SUFFIXES
from sspd.video.listing import list_videos

#: Most videos of a corpus.
MAX_ROWS = 100_000_000
#: Questions to stores at the same time, and rows that are read ahead for them.
ASKING, AHEAD = 16, 64


@dataclass(frozen=True)
class Row:
    """A video of a corpus.

    Parameters
    ----------
    video : str
        Path or address.
    columns : mapping of str to Cell
        What its list says beside.
    facts : ObjectFacts, optional
        Of a video in a store.
    problem : str, optional
        Why it cannot be measured, one line.
    """

    video: str
    columns: Mapping[str, Cell] = field(default_factory=dict)
    facts: ObjectFacts | None = None
    problem: str | None = None


def carried_columns(sources: Sequence[str], stores: Stores) -> dict[str, str]:
    """Return the columns of all lists among the sources that are carried along.

    Parameters
    ----------
    sources : sequence of str
    stores : Stores

    Returns
    -------
    dict of str to str
        Name to kind (see `sspd.scale.manifests.Columns`); ``text`` where lists differ.

    Raises
    ------
    SSPDError
        A list that cannot be read, or is none.

    >>> carried_columns(["a.mp4"], Stores())
    {}
    """
    found: dict[str, str] = {}
    for source in sources:
        if is_manifest(source):
            for name, kind in manifest_columns(source, stores).items():
                found[name] = kind if found.get(name, kind) == kind else "text"
    return found


def list_rows(sources: Iterable[str], stores: Stores) -> Iterator[Row]:
    """List the videos of paths, folders, lists and addresses, in their order.

    Parameters
    ----------
    sources : iterable of str
    stores : Stores

    Yields
    ------
    Row
        With a problem where a source has no video, or cannot be read.

    >>> [row.video for row in list_rows(["a.mp4", "s3://bucket/b.mp4"], Stores())]
    ['a.mp4', 's3://bucket/b.mp4']
    """
    for n, row in enumerate(_rows(sources, stores)):
        if n >= MAX_ROWS:
            raise UsageError(f"over {MAX_ROWS} videos; measure them in parts")
        yield row


def _rows(sources: Iterable[str], stores: Stores) -> Iterator[Row]:
    for source in sources:
        try:
            if is_manifest(source):
                yield from _of_manifest(source, stores)
            elif scheme_of(source) is not None:
                yield from _of_address(source, stores)
            else:
                for path, problem in list_videos([Path(source_path(source))]):
                    yield Row(str(path), problem=problem)
        except SSPDError as error:
            yield Row(source, problem=str(error))


def _of_manifest(source: str, stores: Stores) -> Iterator[Row]:
    for number, (video, columns) in enumerate(manifest_rows(source, stores), 1):
        if not video:
            yield Row("", columns, problem=f"{source}: video {number} has no name")
            continue
        try:
            yield Row(place_of(video, source), columns)
        except UsageError as error:
            yield Row(video, columns, problem=str(error))


def _of_address(source: str, stores: Stores) -> Iterator[Row]:
    root, key = split_address(source)
    if scheme_of(source) in HTTP_SCHEMES or source.lower().endswith(SUFFIXES):
        stores.find(source)  # says what is wrong with it
        yield Row(source)
        return
    any_video = False
    for address, facts in stores.list(source):
        within = address.removeprefix(f"{root}/{key}").split("/")
        if address.lower().endswith(SUFFIXES) and not any(p.startswith(".") for p in within):
            any_video = True
            yield Row(address, facts=facts)
    if any_video:
        return
    if key and not key.endswith("/") and stores.exists(source):
        yield Row(source)  # a file that is named itself is always tried
    else:
        yield Row(source, problem=f"{source}: no video under it ({' '.join(SUFFIXES)})")


def with_facts(rows: Iterable[Row], stores: Stores) -> Iterator[Row]:
    """Add the facts of videos that no listing gave, asking for several at a time.

    Parameters
    ----------
    rows : iterable of Row
    stores : Stores

    Yields
    ------
    Row
        In the same order; with a problem where there is no such video.
    """
    ahead: deque[Row | Future[Row]] = deque()
    pool: ThreadPoolExecutor | None = None
    try:
        for row in rows:
            if row.problem is None and row.facts is None and scheme_of(row.video) is not None:
                pool = pool or ThreadPoolExecutor(ASKING, "sspd-facts")
                ahead.append(pool.submit(_asked, row, stores))
            else:
                ahead.append(row)
            # nothing waits for what is known
            while ahead and (isinstance(ahead[0], Row) or len(ahead) >= AHEAD):
                yield _ready(ahead.popleft())
        while ahead:
            yield _ready(ahead.popleft())
    finally:
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


def _ready(row: Row | Future[Row]) -> Row:
    return row if isinstance(row, Row) else row.result()


def _asked(row: Row, stores: Stores) -> Row:
    try:
        return replace(row, facts=stores.facts(row.video))
    except SSPDError as error:
        return replace(row, problem=str(error))
