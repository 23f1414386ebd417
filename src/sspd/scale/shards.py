"""Results as Parquet: shards of bounded size, in the order of the videos."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sspd.errors import OutputError
from sspd.report.csv import CSV_COLUMNS
from sspd.report.json import WINDOW_KEYS, vitals_to_dict, window_to_dict
from sspd.scale.places import is_address, written_to
from sspd.scale.spool import SpooledResult
from sspd.utils.files import whole_file
from sspd.utils.packages import require
from sspd.utils.places import make_folder
from sspd.utils.stores import Stores
from sspd.vitals import HRV_NAMES

#: Rows of a shard, and those that the rows of one group add to it at most.
SHARD_ROWS, GROUP_ROWS = 10_000, 1000
#: Windows of the rows that are in memory at a time.
GROUP_WINDOWS = 20_000
_NAME = re.compile(r"part-(\d{6})\.parquet")
_TEXTS = ("source", "method", "weights", "error")
_LISTS = ("reasons", "warnings")


def shard_rows(
    results: Iterable[SpooledResult], columns: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of the shards, one per video and face.

    Parameters
    ----------
    results : iterable of SpooledResult
    columns : mapping of str to str
        Those of lists, see `sspd.scale.inputs.carried_columns`.

    Yields
    ------
    dict of str to Any
        The columns of the CSV with lists as lists, the windows, and the columns of lists.
    """
    for result in results:
        carried = {name: _typed(result.columns.get(name), kind) for name, kind in columns.items()}
        for vitals in result.faces:
            full = vitals_to_dict(vitals)
            row = {name: full.get(name) for name in CSV_COLUMNS}
            row |= {name: estimate["value"] for name, estimate in full["hrv"].items()}
            row["breaths_per_minute"] = full["respiration"]["breaths_per_minute"]
            row["windows_accepted"] = sum(window.accepted for window in vitals.windows)
            row["windows"] = [window_to_dict(window) for window in vitals.windows]
            yield row | carried


def write_shards(
    results: Iterable[SpooledResult], columns: Mapping[str, str], place: str, stores: Stores
) -> int:
    """Write results as ``part-000000.parquet`` and so on, each whole or not at all.

    Parameters
    ----------
    results : iterable of SpooledResult
    columns : mapping of str to str
        See `shard_rows`.
    place : str
        Folder, made if it is missing, or address. Shards of a run before that had more are
        removed.
    stores : Stores

    Returns
    -------
    int
        Number of shards.

    Raises
    ------
    OutputError
        A shard cannot be written.
    DependencyError
        pyarrow is not installed.
    """
    pyarrow = require("pyarrow", extra="scale", purpose="Parquet")
    parquet = require("pyarrow.parquet", extra="scale", purpose="Parquet")
    schema = _schema(pyarrow, columns)
    if not is_address(place):
        make_folder(place)
    n = 0
    groups = _groups(map(_legal, shard_rows(results, columns)))
    # one shard without rows, at least, has the columns
    while (group := next(groups, None)) is not None or not n:
        target = f"{place.rstrip('/')}/part-{n:06d}.parquet"
        with (
            written_to(target, stores) as path,
            whole_file(path) as part,
            parquet.ParquetWriter(part, schema, compression="zstd") as writer,
        ):
            written = 0
            while group is not None:
                writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))
                written += len(group)
                group = next(groups, None) if written < SHARD_ROWS else None
        n += 1
    _remove_surplus(place, n, stores)
    return n


def _groups(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows that are in memory together: a night has a thousand windows."""
    group: list[dict[str, Any]] = []
    windows = 0
    for row in rows:
        group.append(row)
        windows += len(row["windows"])
        if len(group) >= min(GROUP_ROWS, SHARD_ROWS) or windows >= GROUP_WINDOWS:
            yield group
            group, windows = [], 0
    if group:
        yield group


def _legal(row: dict[str, Any]) -> dict[str, Any]:
    """Text that Parquet can hold: bytes of a name that are no text are escaped."""
    return {
        name: value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
        for name, value in row.items()
    }


def _typed(value: Any, kind: str) -> Any:
    return value if value is None or kind != "text" else str(value)


def _schema(pyarrow: Any, columns: Mapping[str, str]) -> Any:
    text, number = pyarrow.string(), pyarrow.float64()
    kinds: dict[str, Any] = dict.fromkeys((*CSV_COLUMNS, *HRV_NAMES), number)
    kinds |= dict.fromkeys(_TEXTS, text) | dict.fromkeys(_LISTS, pyarrow.list_(text))
    kinds |= {"face_id": pyarrow.int32(), "windows_accepted": pyarrow.int32()}
    kinds["accepted"] = pyarrow.bool_()
    window: dict[str, Any] = dict.fromkeys(WINDOW_KEYS, number)
    window |= {"accepted": pyarrow.bool_(), "smoothed": pyarrow.bool_()}
    window |= {"reasons": pyarrow.list_(text), "track_bpm": pyarrow.list_(number)}
    kinds["windows"] = pyarrow.list_(pyarrow.struct(list(window.items())))
    own = {"text": text, "int": pyarrow.int64(), "float": number, "bool": pyarrow.bool_()}
    ordered = [(name, kinds[name]) for name in CSV_COLUMNS]
    return pyarrow.schema([*ordered, *((name, own[kind]) for name, kind in columns.items())])


def _remove_surplus(place: str, n: int, stores: Stores) -> None:
    """Remove shards of a run before that had more: their rows would be doubled."""
    if is_address(place):
        for address, _ in stores.list(place):
            if _is_surplus(address.rpartition("/")[2], n):
                stores.remove(address)
        return
    for path in Path(place).iterdir():
        if _is_surplus(path.name, n):
            try:
                path.unlink()
            except OSError as error:
                raise OutputError(f"{path}: cannot be removed ({error.strerror})") from error


def _is_surplus(name: str, n: int) -> bool:
    found = _NAME.fullmatch(name)
    return found is not None and int(found[1]) >= n
