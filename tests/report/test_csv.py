from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import results
from sspd.report.csv import CSV_COLUMNS, write_csv, write_signal_csv


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_a_source(tmp_path: Path) -> None:
    measured = results.measured()
    refused = results.rejected()
    failed = results.failed()
    write_csv([measured, refused, failed], tmp_path / "a.csv")
    good, none, bad = _rows(tmp_path / "a.csv")
    assert tuple(good) == CSV_COLUMNS
    assert float(good["hr_bpm"]) == pytest.approx(measured.hr_bpm, abs=1e-3)
    assert good["windows_accepted"] == str(sum(w.accepted for w in measured.windows))
    assert good["warnings"] == "cut short"
    assert (none["hr_bpm"], none["reasons"]) == ("", "no_face")
    assert (bad["hr_bpm"], bad["duration_s"], bad["error"]) == ("", "", "c.mp4: no such file")


def test_the_waveform_with_its_beats(tmp_path: Path) -> None:
    measured = results.measured()
    write_signal_csv(measured, tmp_path / "s.csv")
    rows = _rows(tmp_path / "s.csv")
    assert tuple(rows[0]) == ("time_s", "rppg", "beat", "rppg_filtered")
    assert measured.signal is not None
    assert measured.beats_s is not None
    assert len(rows) == len(measured.signal)
    at = np.array([float(row["time_s"]) for row in rows])
    np.testing.assert_allclose(at, measured.signal.t, atol=1e-4)
    empty = np.array([row["rppg"] == "" for row in rows])
    np.testing.assert_array_equal(empty, np.isnan(measured.signal.values))
    marked = at[[row["beat"] == "1" for row in rows]]
    assert marked.size == measured.beats_s.size
    assert np.abs(marked - measured.beats_s).max() <= 0.5 / 30 + 1e-3


def test_no_waveform_is_a_header(tmp_path: Path) -> None:
    refused = results.rejected()
    write_signal_csv(refused, tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text() == "time_s,rppg,beat,rppg_filtered\n"


def test_a_name_that_is_no_text_is_written(tmp_path: Path) -> None:
    write_csv([replace(results.rejected(), source="b\udcff ü.mp4")], tmp_path / "a.csv")
    (row,) = _rows(tmp_path / "a.csv")
    assert row["source"] == "b\\udcff ü.mp4"
