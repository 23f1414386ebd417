from __future__ import annotations

import numpy as np
import pytest

from helpers.pulses import pulse_wave
from sspd.signal import bandpass
from sspd.types import Signal
from sspd.vitals import analyze_beats, read_windows
from sspd.vitals.acceptance import still_scene


def _read(values: np.ndarray) -> tuple:
    signal = Signal(values, 30.0)
    windows = read_windows(signal, still_scene(signal.t))
    return analyze_beats(signal, windows), windows


@pytest.mark.parametrize("bpm", [50, 72, 110])
def test_variability_of_a_waveform_is_that_of_its_beats(bpm: float) -> None:
    rng = np.random.default_rng(bpm)
    pulse = pulse_wave(bpm, 150.0, rng, variability=0.05, breath_hz=0.22)
    noise = bandpass(rng.normal(size=pulse.values.size), 30.0, (0.5, 4.0))
    rhythm, _ = _read(pulse.values + 0.05 * noise / noise.std())
    nn = 1000 * np.diff(pulse.beats_s)
    assert rhythm.hrv["mean_nn_ms"].value == pytest.approx(nn.mean(), rel=0.01)
    assert rhythm.hrv["sdnn_ms"].value == pytest.approx(nn.std(ddof=1), rel=0.2)
    truth = np.sqrt(np.mean(np.diff(nn) ** 2))
    assert rhythm.hrv["rmssd_ms"].value == pytest.approx(truth, rel=0.35, abs=6)
    assert rhythm.respiration.hz == pytest.approx(0.22, abs=0.02)
    assert rhythm.hrv["sdnn_ms"].span_s == pytest.approx(150.0, abs=0.1)


def test_only_believed_stretches_have_beats_and_the_longest_gives_the_numbers() -> None:
    rng = np.random.default_rng(1)
    pulse = pulse_wave(66, 150.0, rng)
    values = pulse.values.copy()
    values[900:1800] = 3 * rng.normal(size=900)  # 30 to 60 s: noise
    rhythm, windows = _read(values)
    assert [w.accepted for w in windows] == [True, False, True, True, True]
    assert not ((rhythm.beats_s > 30.1) & (rhythm.beats_s < 59.9)).any()
    assert (rhythm.beats_s < 30).any()
    assert rhythm.hrv["sdnn_ms"].span_s == pytest.approx(90.0, abs=0.1)
    assert rhythm.hrv["lf_hf"].reason == "needs 120 s"


def test_left_out_intervals_are_counted() -> None:
    pulse = pulse_wave(60, 90.0, np.random.default_rng(2), variability=0.04)
    values = pulse.values.copy()
    values[1000:1040] *= 0.05  # one beat fades
    rhythm, windows = _read(values)
    assert all(w.accepted for w in windows)
    assert rhythm.hrv["rmssd_ms"].value is not None
    assert len(rhythm.warnings) <= 1
    for warning in rhythm.warnings:
        assert "left out" in warning
