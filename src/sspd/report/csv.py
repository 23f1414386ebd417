"""Vitals and waveforms as CSV tables; unknown values are empty."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspd.report.json import vitals_to_dict
from sspd.report.labels import csv_cell
from sspd.report.selection import drawn_waveform
from sspd.types import Vitals
from sspd.utils.files import whole_file
from sspd.vitals import HRV_NAMES

#: Columns of the results, one row per source and face. Lists are joined by "; ".
CSV_COLUMNS = (
    "source",
    "face_id",
    "method",
    "weights",
    "duration_s",
    "fps",
    "hr_bpm",
    "hr_peaks_bpm",
    "accepted",
    "reasons",
    "snr_db",
    "confidence",
    *HRV_NAMES,
    "breaths_per_minute",
    "windows_accepted",
    "windows",
    "warnings",
    "error",
)
#: Columns of a waveform, one row per sample; see `write_signal_csv`.
SIGNAL_COLUMNS = ("time_s", "rppg", "beat", "rppg_filtered")
#: Spans of frames that are further apart than this have a gap between them, seconds.
SPAN_GAP_S = 0.5


def csv_row(vitals: Vitals) -> dict[str, Any]:
    """Return the results of one face as a mapping from `CSV_COLUMNS` to values.

    Parameters
    ----------
    vitals : Vitals

    Returns
    -------
    dict

    >>> csv_row(Vitals("a.mp4", "pos", None, 5.0, 30.0, (), reasons=("too_short",)))["reasons"]
    'too_short'
    """
    full = vitals_to_dict(vitals)
    row = {name: full[name] for name in CSV_COLUMNS if name in full}
    row |= {name: figure["value"] for name, figure in full["hrv"].items()}
    row["breaths_per_minute"] = full["respiration"]["breaths_per_minute"]
    row["windows"] = len(vitals.windows)
    row["windows_accepted"] = sum(window.accepted for window in vitals.windows)
    row["reasons"] = "; ".join(vitals.reasons)
    row["warnings"] = "; ".join(vitals.warnings)
    return row


def write_csv(results: Iterable[Vitals], path: str | Path) -> None:
    """Write results as a CSV file with one row per source and face, atomically.

    Parameters
    ----------
    results : iterable of Vitals
        Written one after the other, never all in memory.
    path : str or Path

    Raises
    ------
    OutputError
        ``path`` cannot be written.
    """
    write_csv_rows((csv_row(vitals) for vitals in results), CSV_COLUMNS, path)


def write_csv_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], path: str | Path
) -> None:
    """Write rows of `csv_row`, perhaps with more columns, as a CSV file, atomically.

    Parameters
    ----------
    rows : iterable of mapping
        What a row lacks is empty.
    columns : sequence of str
    path : str or Path

    Raises
    ------
    OutputError
        ``path`` cannot be written.

    >>> write_csv_rows([{"source": "a.mp4", "subject": "=7"}], ["source", "subject"], "-")
    source,subject
    a.mp4,'=7
    """
    _write(path, columns, ([_cell(row.get(name)) for name in columns] for row in rows))


def _cell(value: Any) -> Any:
    return csv_cell(value) if isinstance(value, str) else value


def write_signal_csv(vitals: Vitals, path: str | Path) -> None:
    """Write a waveform as a CSV file with one row per sample.

    The columns are ``time_s``; ``rppg``, the unfiltered waveform (empty without a face);
    ``beat``, 1 at the sample nearest to a beat of an accepted window; and ``rppg_filtered``,
    the waveform in which beats were detected, with a maximum at each beat, or filtered to
    0.5-4 Hz where nothing was accepted. A gap in the video's timestamps has no rows, as it may
    be hours long.

    Parameters
    ----------
    vitals : Vitals
    path : str or Path

    Raises
    ------
    OutputError
        ``path`` cannot be written.
    """
    signal, beats = vitals.signal, vitals.beats_s
    rows: list[list[Any]] = []
    if signal is not None:
        marks = np.zeros(len(signal), dtype=np.int64)
        if beats is not None and beats.size:
            index = np.round((beats - signal.start_s) * signal.fs).astype(np.int64)
            marks[np.clip(index, 0, len(signal) - 1)] = 1
        kept = np.flatnonzero(np.isfinite(signal.values) | _with_frames(vitals, signal.t))
        times = [f"{t:.4f}" for t in signal.t[kept]]
        values, filtered = signal.values[kept], _filtered(vitals)[kept]
        columns = times, _numbers(values), marks[kept].tolist(), _numbers(filtered)
        rows = [list(row) for row in zip(*columns, strict=True)]
    _write(path, SIGNAL_COLUMNS, rows)


def _numbers(values: NDArray[np.float64]) -> list[str]:
    return [f"{v:.6g}" if np.isfinite(v) else "" for v in values]


def _filtered(vitals: Vitals) -> NDArray[np.float64]:
    """Return the drawn waveform at the samples of the raw one, NaN where there is none."""
    signal = vitals.signal
    assert signal is not None
    values = np.full(len(signal), np.nan)
    for wave in drawn_waveform(vitals):
        first = round((wave.start_s - signal.start_s) * signal.fs)
        values[first : first + len(wave)] = wave.values[: len(values) - first]
    return values


def _with_frames(vitals: Vitals, t: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return at which times the video has frames, with or without a face."""
    if not vitals.faces:
        return np.ones(t.size, dtype=np.bool_)
    starts = np.array([span.start_s for span in vitals.faces])
    ends = np.maximum.accumulate([span.end_s for span in vitals.faces])
    gap = np.append(starts[1:] - ends[:-1] > SPAN_GAP_S, False)
    before = np.maximum(np.searchsorted(starts, t, side="right") - 1, 0)
    return np.asarray(~gap[before] | (t < ends[before]), dtype=np.bool_)


def _write(path: str | Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with (
        whole_file(path) as partial,
        # file names may contain bytes that are not valid text
        partial.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
