from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.pulses import pulse_wave
from sspd.errors import UsageError
from sspd.signal import bandpass, find_beats, interval_spread


@settings(deadline=None)
@given(st.floats(40.0, 200.0), st.floats(0.0, 6.28), st.sampled_from([15.0, 30.0, 60.0]))
def test_beats_of_a_sine_are_its_maxima(bpm: float, phase: float, fs: float) -> None:
    f_hz = bpm / 60
    t = np.arange(int(10 * fs)) / fs
    beats = find_beats(np.sin(2 * np.pi * f_hz * t + phase), fs)
    turns = f_hz * beats + phase / (2 * np.pi) - 0.25
    # Within a hundredth of a period of a maximum, at 4.5 samples a period and more.
    assert np.abs(turns - np.round(turns)).max() < 0.012
    assert abs(beats.size - 10 * f_hz) <= 1.5


@pytest.mark.parametrize("bpm", [40, 75, 120, 200])
def test_every_beat_of_a_notched_pulse_is_found_once(bpm: float) -> None:
    pulse = pulse_wave(bpm, 60.0, np.random.default_rng(3), notch=0.4)
    beats = find_beats(bandpass(pulse.values, 30.0, (0.4, 1.7 * bpm / 60)), 30.0)
    inner = pulse.beats_s[(pulse.beats_s > 1.5) & (pulse.beats_s < 58.5)]
    nearest = np.abs(beats[:, None] - inner[None]).min(axis=0)
    assert nearest.max() < 0.3 * 60 / bpm
    assert beats.size == pytest.approx(pulse.beats_s.size, abs=1)


def test_the_refractory_time_keeps_the_higher_of_two() -> None:
    t = np.arange(300) / 30
    wave = np.exp(-((t - 5.0) ** 2) / 0.002) + 0.8 * np.exp(-((t - 5.2) ** 2) / 0.002)
    assert find_beats(wave, 30.0, 0.27).tolist() == pytest.approx([5.0], abs=0.01)
    assert find_beats(wave, 30.0, 0.1).size == 2


def test_small_ripples_are_no_beats_where_the_pulse_is_small_too() -> None:
    t = np.arange(1800) / 30
    size = np.where(t < 30, 1.0, 0.1)
    wave = size * (np.sin(2 * np.pi * t) + 0.08 * np.sin(2 * np.pi * 3.4 * t))
    # One beat of the weak half may be lost at the step, where strong ones set the measure.
    assert find_beats(wave, 30.0).size == pytest.approx(60, abs=2)


def test_a_flat_line_has_no_beats() -> None:
    assert find_beats(np.zeros(90), 30.0).size == 0
    assert find_beats(np.full(90, 7.7), 30.0).size == 0


def test_refusals() -> None:
    with pytest.raises(UsageError, match="refractory"):
        find_beats(np.zeros(90), 30.0, 0.0)
    with pytest.raises(UsageError, match="NaN"):
        find_beats(np.full(90, np.nan), 30.0)


def _slow_interval_spread(values: list[float], distance: int) -> float:
    """Take the highest maximum, forget those near it, and go on: the obvious second version."""
    inner = range(1, len(values) - 1)
    left = {i for i in inner if values[i - 1] < values[i] > values[i + 1]}
    taken: list[int] = []
    while left:
        top = max(left, key=lambda i: values[i])
        taken.append(top)
        left = {i for i in left if abs(i - top) >= distance}
    intervals = np.diff(sorted(taken))
    return min(float(intervals.std() / intervals.mean()), 1.0) if intervals.size > 1 else 1.0


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.6, 3.6), st.sampled_from([15.0, 30.0]))
def test_the_spread_of_intervals_is_that_of_the_obvious_version(
    seed: int, f_hz: float, fs: float
) -> None:
    values = np.random.default_rng(seed).normal(size=int(10 * fs))
    found = interval_spread(values, fs, f_hz)
    distance = max(1, int(0.65 * fs / f_hz))
    assert found == pytest.approx(_slow_interval_spread(values.tolist(), distance))
    assert found == interval_spread(3 * values + 5, fs, f_hz)


@pytest.mark.parametrize("bpm", [40, 75, 120, 200])
def test_intervals_of_a_pulse_are_even_and_those_of_noise_are_not(bpm: float) -> None:
    rng, band = np.random.default_rng(4), (0.5, 4.0)
    pulse = bandpass(pulse_wave(bpm, 30.0, rng).values, 30.0, band)
    noise = bandpass(rng.normal(size=900), 30.0, band)
    assert interval_spread(pulse, 30.0, bpm / 60) < 0.1
    assert interval_spread(noise, 30.0, bpm / 60) > 0.15
    one_period = pulse[: int(30 * 60 / bpm)]  # fewer than three maxima
    assert interval_spread(one_period, 30.0, bpm / 60) == 1.0


def test_the_spread_of_intervals_needs_a_rate() -> None:
    with pytest.raises(UsageError, match="positive"):
        interval_spread(np.ones(9), 30.0, 0.0)
