"""Rows of windows: a quantity each, both sides over one stretch, every exclusion named."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers.pulses import pulse_wave
from sspd.research.evaluate import get_scoring
from sspd.research.evaluate.csv_cells import subjects_csv, windows_csv
from sspd.research.evaluate.nest_protocol import NEST_QUANTITIES, nest_readings
from sspd.research.evaluate.predictions import Prediction
from sspd.research.evaluate.toolbox import toolbox_macc, toolbox_snr_db
from sspd.research.evaluate.windows import score_windows
from sspd.types import Recording, References, Series, Signal

PULSE = pulse_wave(72.0, 60.0, np.random.default_rng(5))
GRAIN = 0.3 * np.random.default_rng(6).standard_normal(PULSE.values.size)
RECORDING = Recording("a-1", "a", "still", Path("a.avi"), lambda **_: iter(()), References, ())
KNOWN = References(bvp=Series(np.arange(1800) / 30, PULSE.values))
READ = np.array([[0.0, 30.0, 72.1, 1.0], [30.0, 60.0, 72.3, 0.0]])
UNIT = Prediction(Signal(PULSE.values + GRAIN, 30.0), 60.0, READ)


def test_clips_give_a_row_a_quantity() -> None:
    rows = score_windows(RECORDING, KNOWN, UNIT, "pos", get_scoring("nest"))
    assert tuple(row.quantity for row in rows) == NEST_QUANTITIES
    wanted = nest_readings(PULSE.values, 30.0), nest_readings(PULSE.values + GRAIN, 30.0)
    for row in rows:
        assert (row.start_s, row.end_s, row.excluded) == (0.0, 60.0, "")
        assert row.reference == pytest.approx(wanted[0][row.quantity])
        assert row.estimate == pytest.approx(wanted[1][row.quantity])
        assert (row.snr_db is None) == (row.quantity != "hr_bpm")


@pytest.mark.parametrize("name", ["spectral", "measure", "sspd", "contrast-phys", "rppg-toolbox"])
def test_noise_is_reported_at_the_reference_rate(name: str) -> None:
    rows = score_windows(RECORDING, KNOWN, UNIT, "pos", get_scoring(name))
    assert len(rows) == (1 if name == "rppg-toolbox" else 2)
    for row in rows:
        part = UNIT.signal.between(row.start_s, row.end_s).values
        assert row.snr_db == pytest.approx(toolbox_snr_db(part, 30.0, row.reference))
    if name == "rppg-toolbox":
        wanted = toolbox_macc(PULSE.values, PULSE.values + GRAIN, 30.0)
        assert rows[0].macc == pytest.approx(wanted)
    else:
        assert all(row.macc is None for row in rows)
    if name == "measure":
        assert [row.excluded for row in rows] == ["", "rejected"]
        assert [row.estimate for row in rows] == [72.1, 72.3]


def test_both_sides_are_read_over_the_segment_that_was_measured() -> None:
    """The face came 5 s late: the contact waveform is read from there on too."""
    late = replace(UNIT, signal=Signal(UNIT.signal.values[150:], 30.0, 5.0))
    rows = score_windows(RECORDING, KNOWN, late, "pos", get_scoring("nest"))
    wanted = nest_readings(PULSE.values[150:], 30.0)
    assert {row.quantity: row.reference for row in rows} == pytest.approx(wanted)


def test_every_missing_thing_has_its_name() -> None:
    nest = get_scoring("nest")
    lost = UNIT.signal.values.copy()
    lost[600:700] = np.nan
    broken = {
        "face lost": replace(UNIT, signal=Signal(lost, 30.0)),
        "no waveform": replace(UNIT, signal=None),
        "flat waveform": replace(UNIT, signal=Signal(np.zeros(1800), 30.0)),
        "no reading": replace(UNIT, signal=Signal(UNIT.signal.values[:150], 30.0), end_s=5.0),
    }
    for why, unit in broken.items():
        known = KNOWN
        if why == "no reading":
            # a device's rate alone: the contact waveform would be too short as well
            known = References(hr_bpm=Series(np.arange(60.0), np.full(60, 72.0)))
        rows = {
            row.quantity: row.excluded for row in score_windows(RECORDING, known, unit, "pos", nest)
        }
        assert rows["hr_bpm"] == why
    device = References(hr_bpm=Series(np.arange(60.0), np.full(60, 72.0)))
    rows = score_windows(RECORDING, device, UNIT, "pos", nest)
    assert {row.quantity: row.excluded for row in rows} == {
        **dict.fromkeys(NEST_QUANTITIES, "no reference"),
        "hr_bpm": "",
    }


def test_files_tell_quantities_apart() -> None:
    rows = score_windows(RECORDING, KNOWN, UNIT, "pos", get_scoring("nest"))
    lines = list(csv.DictReader(windows_csv(rows).splitlines()))
    assert [line["quantity"] for line in lines] == list(NEST_QUANTITIES)
    assert [bool(line["snr_db"]) for line in lines] == [False] * 4 + [True]
    people = list(csv.DictReader(subjects_csv(rows).splitlines()))
    for line, row in zip(people, rows, strict=True):
        assert line["quantity"] == row.quantity and line["windows"] == "1"
        assert float(line["mae"]) == pytest.approx(abs(row.estimate - row.reference), abs=1e-4)
