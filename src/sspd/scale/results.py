"""The files of a corpus: checked before work starts, written in the order of the videos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sspd.errors import SSPDError
from sspd.report.csv import CSV_COLUMNS, csv_row, write_csv_rows
from sspd.report.json import vitals_to_dict, write_json_rows
from sspd.report.outputs import VIDEO_OUTPUTS, check_result_output
from sspd.scale.places import check_address, is_address, written_to
from sspd.scale.shards import write_shards
from sspd.scale.spool import Spool
from sspd.utils.packages import require
from sspd.utils.places import make_folder
from sspd.utils.stores import Stores

#: Files of all videos.
WHOLE_OUTPUTS = ("json", "csv", "parquet")
#: Files of each video.
OWN_OUTPUTS = tuple(kind for kind in VIDEO_OUTPUTS if kind != "overlay")


def check_outputs(outputs: Mapping[str, str], stores: Stores) -> None:
    """Check, before work starts, that outputs can be written.

    Parameters
    ----------
    outputs : mapping of str to str
        Kind to place.
    stores : Stores

    Raises
    ------
    SSPDError
    """
    for kind, place in outputs.items():
        if kind == "parquet":
            require("pyarrow", extra="scale", purpose="Parquet")
        if is_address(place):
            check_address(f"{place.rstrip('/')}/part" if kind == "parquet" else place, stores)
        elif kind == "parquet":
            make_folder(place)
        else:
            check_result_output("report" if kind == "page" else kind, place)


def write_results(
    spool: Spool, columns: Mapping[str, str], outputs: Mapping[str, str], stores: Stores
) -> None:
    """Write the files of all results; if one fails, the others are still written.

    Parameters
    ----------
    spool : Spool
    columns : mapping of str to str
        Those of lists, see `sspd.scale.inputs.carried_columns`.
    outputs : mapping of str to str
        Kind to place; those of single videos are left out.
    stores : Stores

    Raises
    ------
    SSPDError
        The first that could not be written.
    """
    trouble: SSPDError | None = None
    for kind in [kind for kind in WHOLE_OUTPUTS if kind in outputs]:
        try:
            if kind == "parquet":
                write_shards(spool.results(), columns, outputs[kind], stores)
                continue
            with written_to(outputs[kind], stores) as path:
                if kind == "json":
                    write_json_rows(_json_rows(spool, columns), path)
                else:
                    write_csv_rows(_csv_rows(spool), [*CSV_COLUMNS, *columns], path)
        except SSPDError as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble


def _json_rows(spool: Spool, columns: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for result in spool.results():
        carried = {name: result.columns.get(name) for name in columns}
        for vitals in result.faces:
            yield vitals_to_dict(vitals) | ({"columns": carried} if columns else {})


def _csv_rows(spool: Spool) -> Iterator[dict[str, Any]]:
    for result in spool.results():
        for vitals in result.faces:
            yield csv_row(vitals) | dict(result.columns)
