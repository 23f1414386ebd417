"""Lists of videos as CSV or Parquet: one row a video, with columns that are carried along."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Any

from sspd.errors import SSPDError, UsageError
from sspd.report.csv import CSV_COLUMNS
from sspd.utils.addresses import scheme_of
from sspd.utils.packages import require
from sspd.utils.stores import Stores
from sspd.video.remote import RemoteVideo

#: Suffixes of lists.
MANIFEST_SUFFIXES = (".csv", ".parquet")
#: Names of the column that has the videos, the first that is there.
VIDEO_COLUMNS = ("video", "path", "uri")
#: Most columns, and characters of one cell.
MAX_COLUMNS, MAX_CELL = 200, 1 << 16
#: Most characters of a line of a CSV.
MAX_LINE = 1 << 20
#: Largest row group of a Parquet file, bytes before compression.
MAX_GROUP_BYTES = 1 << 30
#: Rows that are read at a time.
_BATCH = 1000

#: Type of a cell.
Cell = str | int | float | bool | None
#: Name of a column to its kind: ``text``, ``int``, ``float`` or ``bool``.
Columns = Mapping[str, str]


def is_manifest(source: str) -> bool:
    """Return whether a source is a list of videos, by its suffix.

    Parameters
    ----------
    source : str

    Returns
    -------
    bool

    >>> is_manifest("s3://bucket/videos.csv"), is_manifest("films.mp4")
    (True, False)
    """
    return source.lower().endswith(MANIFEST_SUFFIXES)


def manifest_columns(source: str, stores: Stores) -> dict[str, str]:
    """Return the columns of a list that are carried along.

    Parameters
    ----------
    source : str
        Path or address.
    stores : Stores

    Returns
    -------
    dict of str to str
        Name to kind, see `Columns`.

    Raises
    ------
    UsageError
        It is no such list, has no column of videos, or a column with the name of a result's.
    SourceError
        It cannot be read.
    """
    with closing(_opened(source, stores)) as file:
        if source.lower().endswith(".csv"):
            kinds = dict.fromkeys(_csv_header(source, file), "text")
        else:
            kinds = _parquet_kinds(source, _parquet(source, file))
    video = _video_column(source, list(kinds))
    kinds.pop(video)
    if taken := sorted(kinds.keys() & set(CSV_COLUMNS)):
        raise UsageError(f"{source}: column {taken[0]!r} is one of the results'; rename it")
    return kinds


def manifest_rows(
    source: str, stores: Stores
) -> Generator[tuple[str, dict[str, Cell]], None, None]:
    """Read a list, row by row.

    Parameters
    ----------
    source : str
        Path or address.
    stores : Stores

    Yields
    ------
    video : str
        As it stands there.
    columns : dict of str to Cell
        The other columns.

    Raises
    ------
    UsageError, SourceError
        See `manifest_columns`.
    """
    with ExitStack() as stack:
        file = stack.enter_context(closing(_opened(source, stores)))
        read = _csv_rows if source.lower().endswith(".csv") else _parquet_rows
        stack.enter_context(closing(rows := read(source, file)))
        for row in rows:
            if any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in row.values()):
                raise UsageError(f"{source}: a cell of over {MAX_CELL} characters")
            video = row.pop(_video_column(source, list(row)))
            yield "" if video is None else str(video), row


def place_of(video: str, source: str) -> str:
    """Return where a video of a list is: relative paths begin at the list.

    Parameters
    ----------
    video : str
        As it stands in the list.
    source : str
        Path or address of the list.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        A list in a store names a file of this machine.

    >>> place_of("a/b.mp4", "s3://bucket/lists/c.csv"), place_of("b.mp4", "lists/c.csv")
    ('s3://bucket/lists/a/b.mp4', 'lists/b.mp4')
    >>> place_of("/etc/passwd", "s3://bucket/c.csv")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: s3://bucket/c.csv: names /etc/passwd, a file of this machine
    """
    if scheme_of(video) is not None:
        return video
    if scheme_of(source) is None:
        return str(Path(source).parent / video)
    if video.startswith(("/", "~", "\\")) or ":" in video.split("/")[0]:
        raise UsageError(f"{source}: names {video[:200]}, a file of this machine")
    return f"{source.rpartition('/')[0]}/{video}"


def _opened(source: str, stores: Stores) -> IO[bytes]:
    if scheme_of(source) is not None:
        video = RemoteVideo(source, allow_http=stores.allow_http)
        return io.BufferedReader(video.open())
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise UsageError(f"{source}: cannot be read ({error.strerror})") from error


def _video_column(source: str, names: list[str]) -> str:
    found = next((name for name in VIDEO_COLUMNS if name in names), None)
    if found is None:
        raise UsageError(
            f"{source}: no column of videos; name it one of {', '.join(VIDEO_COLUMNS)}"
        )
    return found


def _text(source: str, file: IO[bytes]) -> Generator[list[str], None, None]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield from csv.reader(_lines(source, text), strict=True)
    except SSPDError:
        raise
    except (csv.Error, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{source}: no CSV table in UTF-8 ({error})") from error
    finally:
        text.detach()


def _lines(source: str, text: IO[str]) -> Iterator[str]:
    """The lines of a text, none of which fills the memory."""
    while line := text.readline(MAX_LINE):
        if len(line) >= MAX_LINE:
            raise UsageError(f"{source}: a line of over {MAX_LINE} characters")
        yield line


def _csv_header(source: str, file: IO[bytes]) -> list[str]:
    with closing(_text(source, file)) as rows:
        return _checked_names(source, next(rows, []))


def _checked_names(source: str, names: list[str]) -> list[str]:
    if not names or len(names) > MAX_COLUMNS or len(set(names)) < len(names) or "" in names:
        raise UsageError(f"{source}: the first row must name 1 to {MAX_COLUMNS} columns, each once")
    return names


def _csv_rows(source: str, file: IO[bytes]) -> Generator[dict[str, Cell], None, None]:
    with closing(_text(source, file)) as rows:
        names = _checked_names(source, next(rows, []))
        for number, cells in enumerate(rows, 2):
            if not cells:
                continue  # an empty line
            if len(cells) != len(names):
                raise UsageError(
                    f"{source}: row {number} has {len(cells)} cells, the first {len(names)}"
                )
            yield dict(zip(names, cells, strict=True))


def _parquet(source: str, file: IO[bytes]) -> Any:
    parquet = require("pyarrow.parquet", extra="scale", purpose="a list in Parquet")
    try:
        found = parquet.ParquetFile(file)
    except SSPDError:
        raise
    except Exception as error:  # pyarrow's own, and OSError
        raise UsageError(f"{source}: no Parquet file ({_first_line(error)})") from error
    for k in range(found.metadata.num_row_groups):
        if found.metadata.row_group(k).total_byte_size > MAX_GROUP_BYTES:
            raise UsageError(f"{source}: a row group of over {MAX_GROUP_BYTES >> 30} GB")
    _checked_names(source, found.schema_arrow.names)
    return found


def _parquet_kinds(source: str, table: Any) -> dict[str, str]:
    types = require("pyarrow.types", extra="scale", purpose="a list in Parquet")
    tests = {"bool": types.is_boolean, "int": types.is_integer, "float": types.is_floating}
    kinds = {}
    for entry in table.schema_arrow:
        found = [kind for kind, is_kind in tests.items() if is_kind(entry.type)]
        kinds[entry.name] = found[0] if found else "text"
    return kinds


def _parquet_rows(source: str, file: IO[bytes]) -> Generator[dict[str, Cell], None, None]:
    table = _parquet(source, file)
    try:
        for batch in table.iter_batches(_BATCH):
            for row in batch.to_pylist():
                yield {name: _cell(value) for name, value in row.items()}
    except (GeneratorExit, SSPDError):
        raise
    except Exception as error:
        raise UsageError(f"{source}: damaged ({_first_line(error)})") from error


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
