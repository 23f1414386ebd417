"""Waveforms with frozen numbers: the package reads them, and so do the sources' formulas."""

from __future__ import annotations

import json

import numpy as np
import pytest

from research.evaluate.literal_scorings import FROZEN, LITERAL, WAVES, drawn, read_waves, snr_db
from sspd.research.evaluate import SCORINGS, get_scoring
from sspd.research.evaluate.toolbox import toolbox_snr_db

NUMBERS = json.loads((FROZEN / "numbers.json").read_text())
KEPT = read_waves()
EXACT = {"rel": 1e-9, "abs": 1e-9}


def test_every_scoring_and_every_waveform_is_frozen() -> None:
    assert set(LITERAL) == set(SCORINGS)
    assert set(NUMBERS) == set(KEPT) == set(WAVES)
    for numbers in NUMBERS.values():
        assert set(numbers) == {*SCORINGS, "snr_db"}
        for name, preset in SCORINGS.items():
            assert tuple(numbers[name]) == preset.quantities
    assert sum(path.stat().st_size for path in FROZEN.iterdir()) < 200_000


@pytest.mark.parametrize("name", WAVES)
@pytest.mark.parametrize("scoring", sorted(SCORINGS))
def test_the_package_reads_what_is_frozen(name: str, scoring: str) -> None:
    found = get_scoring(scoring).read(KEPT[name], WAVES[name][0])
    assert found == pytest.approx(NUMBERS[name][scoring], **EXACT)


@pytest.mark.parametrize("name", WAVES)
@pytest.mark.parametrize("scoring", sorted(LITERAL))
def test_the_sources_formulas_read_what_is_frozen(name: str, scoring: str) -> None:
    found = LITERAL[scoring](KEPT[name], WAVES[name][0])
    assert found == pytest.approx(NUMBERS[name][scoring], **EXACT)


@pytest.mark.parametrize("name", WAVES)
def test_signal_to_noise_is_frozen_too(name: str) -> None:
    fs, _, bpm, *_ = WAVES[name]
    assert toolbox_snr_db(KEPT[name], fs, bpm) == pytest.approx(NUMBERS[name]["snr_db"], **EXACT)
    assert snr_db(KEPT[name], fs, bpm) == pytest.approx(NUMBERS[name]["snr_db"], **EXACT)


@pytest.mark.parametrize("name", WAVES)
def test_waveforms_are_those_that_are_drawn(name: str) -> None:
    assert np.abs(KEPT[name] - drawn(name)).max() <= 0.00051


def test_what_has_a_pulse_is_read_right_by_the_spectrum() -> None:
    for name, (_, _, bpm, *_, noise) in WAVES.items():
        if noise < 1:
            assert NUMBERS[name]["spectral"]["hr_bpm"] == pytest.approx(bpm, abs=0.2)
    assert NUMBERS["smooth-25"]["sspd"]["hr_bpm"] == pytest.approx(72.0, abs=1.0)
    assert NUMBERS["noise-30"]["snr_db"] < 0


@pytest.mark.parametrize("hr_bpm", [70.0, 71.0, 72.0])
def test_a_bin_of_the_toolbox_hides_three_rates_that_the_spectral_reading_tells_apart(
    hr_bpm: float,
) -> None:
    """10 s at 30 Hz: 512 points, bins of 3.5 bpm."""
    t = np.arange(300) / 30
    wave = np.sin(2 * np.pi * hr_bpm / 60 * t) + 0.2 * np.sin(4 * np.pi * hr_bpm / 60 * t + 1)
    assert get_scoring("rppg-toolbox").read(wave, 30.0) == {"hr_bpm": 70.3125}
    assert get_scoring("spectral").read(wave, 30.0)["hr_bpm"] == pytest.approx(hr_bpm, abs=0.2)
