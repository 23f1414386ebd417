"""NEST's read-out: clips, peaks, periodogram, and what it cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.pulses import pulse_wave
from research.evaluate.literal_scorings import nest_indices, nest_peaks, scargle
from sspd.research.evaluate.nest_protocol import (
    NEST_QUANTITIES,
    beat_intervals,
    interval_indices,
    nest_readings,
    plomb,
)

BEATS = st.lists(st.integers(111, 380), min_size=3, max_size=30)


@given(BEATS)
@settings(max_examples=40)
def test_periodogram_is_scargles_on_the_grid_of_plomb(beats: list[int]) -> None:
    nni = np.array(beats, np.float64)
    at = np.cumsum(nni) / 256
    freqs, power = plomb(nni, at)
    # oversampling 4: from 1 / (4 N ts) to 1 / (2 ts), whose quotient is 2 N
    ts = (at[-1] - at[0]) / (nni.size - 1)
    assert freqs.size == 2 * nni.size
    assert freqs[0] == pytest.approx(1 / (4 * nni.size * ts))
    assert freqs[-1] == pytest.approx(1 / (2 * ts))
    slow = [scargle(nni, at, f) for f in freqs[:-1]]
    assert power[:-1] == pytest.approx(slow, rel=1e-6, abs=1e-6 * nni.var() + 1e-9)


@given(BEATS)
@settings(max_examples=40)
def test_indices_are_those_of_the_formula(beats: list[int]) -> None:
    nni = np.array(beats, np.float64)
    found = interval_indices(nni)
    assert found["hr_bpm"] == pytest.approx(np.mean([60 * 256 / beat for beat in beats]))
    if "lf_nu" in found:
        assert found["lf_nu"] + found["hf_nu"] == pytest.approx(1.0)
        assert found == pytest.approx(nest_indices(nni), rel=1e-6)


def test_peaks_are_those_of_the_greedy_rule() -> None:
    """White noise has many maxima close by; some lie 110 samples apart to the sample."""
    rng = np.random.default_rng(3)
    beats = []
    for _ in range(30):
        clip = rng.standard_normal(256)
        found = beat_intervals(clip)
        assert found.tolist() == np.diff(nest_peaks(clip)).tolist()
        beats += found.tolist()
    assert min(beats) == 111


def test_breath_is_the_first_peak_of_its_band_not_the_highest() -> None:
    at, nni = 0.0, []
    while at < 120:
        beat = 200 + 6 * np.sin(2 * np.pi * 0.2 * at) + 12 * np.sin(2 * np.pi * 0.33 * at)
        nni.append(beat)
        at += beat / 256
    freqs, power = plomb(nni, np.cumsum(nni) / 256)
    assert freqs[power.argmax()] == pytest.approx(0.33, abs=0.01)
    first = interval_indices(nni)["respiration_hz"]
    inside = (freqs > 0.15) & (freqs < 0.4)
    row = power[inside]
    tops = [k for k in range(1, row.size - 1) if row[k - 1] < row[k] > row[k + 1]]
    assert first == freqs[inside][tops[0]]
    assert first < 0.25


def test_without_a_local_peak_breath_is_where_the_band_is_highest() -> None:
    nni = np.array([200.0, 260.0, 205.0])
    freqs, power = plomb(nni, np.cumsum(nni) / 256)
    inside = (freqs > 0.15) & (freqs < 0.4)
    row = power[inside]
    assert not any(row[k - 1] < row[k] > row[k + 1] for k in range(1, row.size - 1))
    assert interval_indices(nni)["respiration_hz"] == freqs[inside][row.argmax()]


@pytest.mark.parametrize("beats", [[], [200], [200, 210], [200] * 9])
def test_too_few_or_even_beats_have_no_indices(beats: list[int]) -> None:
    found = interval_indices(beats)
    assert set(found) == ({"hr_bpm"} if beats else set())


def test_indices_are_means_over_whole_clips() -> None:
    wave = pulse_wave(68.0, 30.0, np.random.default_rng(2)).values
    clips = [interval_indices(beat_intervals(wave[k * 256 : (k + 1) * 256])) for k in range(3)]
    found = nest_readings(wave, 30.0)
    assert tuple(found) == NEST_QUANTITIES
    for name in NEST_QUANTITIES:
        assert found[name] == pytest.approx(sum(one[name] for one in clips) / 3)
    # 900 - 768 pictures are left over and change nothing
    assert nest_readings(wave[:768], 30.0) == found


def test_a_clip_without_a_pulse_is_left_out_of_the_mean() -> None:
    wave = pulse_wave(68.0, 17.1, np.random.default_rng(2)).values[:512]
    wave[256:] = 0.5
    assert nest_readings(wave, 30.0) == nest_readings(wave[:256], 30.0)
    assert nest_readings(np.zeros(600), 30.0) == {}
    assert nest_readings(wave[:255], 30.0) == {}


@pytest.mark.parametrize("fs", [25.0, 29.97, 60.0])
def test_other_rates_read_like_30(fs: float) -> None:
    def wave(rate: float) -> np.ndarray:  # type: ignore[type-arg]
        t = np.arange(int(34 * rate)) / rate
        return np.sin(2 * np.pi * 1.15 * t + 0.4 * np.sin(2 * np.pi * 0.25 * t))

    found, at_30 = nest_readings(wave(fs), fs), nest_readings(wave(30.0), 30.0)
    assert found == pytest.approx(at_30, rel=0.03)
    assert found["hr_bpm"] == pytest.approx(69.0, abs=1.0)


def test_fast_hearts_are_read_at_half() -> None:
    """The protocol's own limit, as its source has it: no two beats within 0.43 s."""
    t = np.arange(512) / 30
    assert nest_readings(np.sin(2 * np.pi * 2.2 * t + 2), 30.0)["hr_bpm"] == pytest.approx(
        132, abs=2
    )
    assert nest_readings(np.sin(2 * np.pi * 2.5 * t + 2), 30.0)["hr_bpm"] < 100
