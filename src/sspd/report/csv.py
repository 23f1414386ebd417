"""Vitals and waveforms as comma-separated tables; empty where nothing is known."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sspd.containers import Vitals
from sspd.report.json import vitals_to_dict
from sspd.utils.files import whole_file
from sspd.vitals import HRV_NAMES

#: One row a source and face. Lists are joined by "; ".
COLUMNS = (
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


def csv_row(vitals: Vitals) -> dict[str, Any]:
    """Flatten one source to the columns of `COLUMNS`.

    >>> csv_row(Vitals("a.mp4", "pos", None, 5.0, 30.0, (), reasons=("too_short",)))["reasons"]
    'too_short'
    """
    full = vitals_to_dict(vitals)
    row = {name: full[name] for name in COLUMNS if name in full}
    row |= {name: figure["value"] for name, figure in full["hrv"].items()}
    row["breaths_per_minute"] = full["respiration"]["breaths_per_minute"]
    row["windows"] = len(vitals.windows)
    row["windows_accepted"] = sum(window.accepted for window in vitals.windows)
    row["reasons"] = "; ".join(vitals.reasons)
    row["warnings"] = "; ".join(vitals.warnings)
    return row


def write_csv(results: Sequence[Vitals], path: str | Path) -> None:
    """Write one row a source, whole file or none.

    Raises
    ------
    OutputError
        ``path`` cannot be written.
    """
    rows = [csv_row(vitals) for vitals in results]
    _write(path, COLUMNS, ([row.get(name) for name in COLUMNS] for row in rows))


def write_signal_csv(vitals: Vitals, path: str | Path) -> None:
    """Write the waveform: ``time_s``, ``rppg`` (empty where no face), ``beat`` (0 or 1).

    A beat is marked at the sample next to it, where the pulse is believed.

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
        values = [f"{v:.6g}" if np.isfinite(v) else "" for v in signal.values]
        times = [f"{t:.4f}" for t in signal.t]
        rows = [list(row) for row in zip(times, values, marks.tolist(), strict=True)]
    _write(path, ("time_s", "rppg", "beat"), rows)


def _write(path: str | Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with (
        whole_file(path) as partial,
        # file names may hold bytes that are no text
        partial.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
