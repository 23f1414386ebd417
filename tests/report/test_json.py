from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import results
from sspd.report.json import vitals_to_dict, write_json
from sspd.types import Estimate, Respiration

KEYS = (
    *("schema_version", "source", "face_id", "method", "weights", "duration_s", "fps"),
    *("container_fps", "stated_fps"),
    *("hr_bpm", "hr_peaks_bpm", "accepted", "reasons", "warnings", "snr_db", "confidence"),
    *("hrv", "respiration", "windows", "face_box", "timing_s"),
)
WINDOW_KEYS = (
    *("start_s", "end_s", "hr_bpm", "hr_peaks_bpm", "snr_db", "confidence", "accepted"),
    *("reasons", "track_bpm", "candidate_bpm", "smoothed"),
)
HRV_KEYS = ("rmssd_ms", "sdnn_ms", "pnn50", "mean_nn_ms", "lf_nu", "hf_nu", "lf_hf")


def test_the_schema(tmp_path: Path) -> None:
    measured = results.measured()
    write_json([measured], tmp_path / "a.json")
    (row,) = json.loads((tmp_path / "a.json").read_text())
    assert tuple(row) == KEYS
    assert row["schema_version"] == 2
    assert all(tuple(window) == WINDOW_KEYS for window in row["windows"])
    assert tuple(row["hrv"]) == HRV_KEYS
    assert all(tuple(v) == ("value", "n_beats", "span_s", "reason") for v in row["hrv"].values())
    assert tuple(row["respiration"]) == ("hz", "breaths_per_minute", "reason")
    assert tuple(row["timing_s"]) == ("decode", "face", "network", "total")
    assert row["face_box"] == [10, 20, 110, 140]
    assert row["hr_bpm"] == round(measured.hr_bpm or 0, 3)


def test_what_is_not_accepted_is_null_with_reasons() -> None:
    measured = results.measured()
    refused = results.rejected()
    row = vitals_to_dict(measured)
    bad = [window for window in row["windows"] if not window["accepted"]]
    assert bad
    assert all(w["hr_bpm"] is None and w["hr_peaks_bpm"] is None and w["reasons"] for w in bad)
    none = vitals_to_dict(refused)
    assert (none["hr_bpm"], none["accepted"], none["reasons"]) == (None, False, ["no_face"])
    assert none["respiration"] == {"hz": None, "breaths_per_minute": None, "reason": "not measured"}


def test_a_failed_source_has_an_error_and_no_numbers() -> None:
    measured = results.measured()
    failed = results.failed()
    row = vitals_to_dict(failed)
    assert row["error"] == "c.mp4: no such file"
    assert row["duration_s"] is None
    assert "error" not in vitals_to_dict(measured)


def test_nan_never_stands_in_the_file(tmp_path: Path) -> None:
    measured = results.measured()
    odd = replace(measured, fps=float("nan"), hrv={"sdnn_ms": Estimate(float("inf"))})
    write_json([odd], tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)[0]["fps"] is None


def test_breaths_are_sixty_times_hertz() -> None:
    measured = results.measured()
    row = vitals_to_dict(replace(measured, respiration=Respiration(0.25)))["respiration"]
    assert row["hz"] == 0.25
    assert row["breaths_per_minute"] == pytest.approx(15.0)


def test_a_name_that_is_no_text_comes_back_as_it_was(tmp_path: Path) -> None:
    odd = replace(results.rejected(), source="b\udcff ü.mp4")
    write_json([odd], tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))[0]["source"] == odd.source
