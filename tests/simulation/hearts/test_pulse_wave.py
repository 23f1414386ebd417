from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.simulation import HeartSpec, VideoSpec, truth
from sspd.simulation.hearts.beat_sum import even_beats
from sspd.simulation.hearts.cardiac import beat_model, blood_volume
from sspd.simulation.hearts.kinds import wandering_heart
from sspd.simulation.hearts.model import model_grid
from sspd.simulation.hearts.options import OLDEST, YOUNGEST
from sspd.simulation.hearts.pulse_wave import _kernel, ejection_s, waves_of_age

Array = NDArray[np.float64]
EVEN = HeartSpec(
    vlf_ms=0, lf_ms=0, hf_ms=0, breath_wander_percent=0,
    breath_baseline_percent=0, breath_amplitude_percent=0,
)  # fmt: skip


def _beat(age_years: float, hr_bpm: float, seed: int) -> tuple[Array, Array]:
    """One interval of a person's even beats, foot to peak 0-1, from the foot on."""
    waves = waves_of_age(age_years, np.random.default_rng(seed))
    shape = even_beats(partial(_kernel, waves), 60 / hr_bpm, 2.4)
    shape = np.roll(shape, -int(shape.argmin()))
    t = np.arange(shape.size) / shape.size * 60 / hr_bpm
    return t, (shape - shape.min()) / np.ptp(shape)


def _notch(t: Array, wave: Array) -> tuple[float, float]:
    """Depth of the notch below the diastolic peak, 0 without one, and its time, NaN."""
    top = int(wave.argmax())
    fall = np.diff(wave)
    turns = [k for k in range(top + 2, int(0.8 * wave.size)) if fall[k - 1] < 0 <= fall[k]]
    if not turns:
        return 0.0, float("nan")
    return float(wave[turns[0] :].max() - wave[turns[0]]), float(t[turns[0]])


def _harmonics(wave: Array) -> Array:
    """Power at 2f and 3f over that at f."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    return power[2:4] / power[1]


def _of_people(age_years: float, hr_bpm: float) -> list[tuple[Array, Array]]:
    return [_beat(age_years, hr_bpm, seed) for seed in range(20)]


def test_the_notch_is_lost_with_age() -> None:
    ages = (20.0, 40.0, 60.0, 80.0)
    depth = [np.mean([_notch(*beat)[0] for beat in _of_people(age, 60.0)]) for age in ages]
    assert depth[0] > 0.05 and depth[0] > 1.5 * depth[1]
    assert depth[2] < 0.02 and depth[3] == 0


def test_the_rise_takes_longer_with_age_and_the_third_harmonic_falls() -> None:
    rise, third = {}, {}
    for age in (YOUNGEST, OLDEST):
        beats = _of_people(age, 70.0)
        rise[age] = np.mean([t[wave.argmax()] for t, wave in beats])
        third[age] = np.mean([_harmonics(wave)[1] for _, wave in beats])
    assert 0.14 < rise[YOUNGEST] < 0.21 and 0.20 < rise[OLDEST] < 0.27
    assert third[YOUNGEST] > 2 * third[OLDEST]


def test_the_stiffness_index_doubles_with_age() -> None:
    """Body height over the time from the forward to the reflected wave, m/s."""
    index = [
        1.72 / np.mean([waves_of_age(age, np.random.default_rng(i))[1, 1] for i in range(50)])
        for age in (20.0, 50.0, 80.0)
    ]
    assert 4.7 < index[0] < 6 and 9 < index[2] < 11
    assert index[0] < index[1] < index[2]


def test_harmonics_are_those_of_contact_sensors() -> None:
    """Recorded fingers (54-83 bpm) have 0.12-0.49 at 2f, faces are smoother."""
    ratios = [
        _harmonics(wave)[0]
        for hr_bpm in (55.0, 70.0, 80.0)
        for age in (20.0, 40.0, 60.0, 80.0)
        for _, wave in _of_people(age, hr_bpm)
    ]
    assert min(ratios) > 0.03 and max(ratios) < 0.6
    assert 0.08 < np.median(ratios) < 0.3
    # a fast heart has nearly a sine
    fast = [_harmonics(wave)[0] for _, wave in _of_people(30.0, 180.0)]
    assert max(fast) < 0.2


@pytest.mark.parametrize("age_years", [25.0, 45.0, 75.0])
def test_a_slow_heart_is_not_a_fast_one_stretched(age_years: float) -> None:
    for seed in range(5):
        slow, usual = (_beat(age_years, hr_bpm, seed) for hr_bpm in (40.0, 70.0))
        peak = [t[wave.argmax()] for t, wave in (slow, usual)]
        # the interval is 1.75 times as long
        assert peak[0] / peak[1] < 1.4
        above = [np.sum(wave > 0.5) * t[1] for t, wave in (slow, usual)]
        assert above[0] / above[1] < 1.3
        # diastole takes the rest: the volume is low for longer
        low = [np.mean(wave < 0.25) for _, wave in (slow, usual)]
        assert low[0] > low[1] + 0.1
        # and there is no flat floor: it falls to the end
        t, wave = slow
        end = wave[(t > 0.55 * t[-1]) & (t < 0.97 * t[-1])]
        assert np.all(np.diff(end) <= 0) and np.ptp(end) > 0.02


def test_the_notch_follows_the_closure_of_the_valve() -> None:
    for hr_bpm in (40.0, 55.0, 70.0):
        times = [_notch(*beat)[1] for beat in _of_people(22.0, hr_bpm)]
        closed = float(ejection_s(np.array(60 / hr_bpm)))
        assert np.nanmean(times) == pytest.approx(closed + 0.03, abs=0.06)
    # Weissler's line, and its slope where the two parts meet
    rates = np.array([50.0, 69.9, 70.1, 210.0])
    assert ejection_s(60 / rates[:1])[0] == pytest.approx(0.413 - 0.0017 * 50)
    ejection = ejection_s(60 / rates)
    assert (ejection[1] - ejection[2]) / 0.2 == pytest.approx(0.0017, rel=0.05)
    assert 0.15 < ejection[3] < 0.25


@pytest.mark.parametrize("hr_bpm", [34.0, 60.0, 110.0, 210.0])
def test_even_beats_are_one_from_foot_to_peak_and_smooth(hr_bpm: float) -> None:
    spec = VideoSpec(seed=4, hr_bpm=hr_bpm, duration_s=10, heart=EVEN)
    wave = blood_volume(spec, beat_model(spec), np.arange(0, 10, 0.001))
    assert np.ptp(wave) == pytest.approx(1, abs=0.01)
    assert np.abs(np.diff(wave)).max() < 0.02
    assert np.abs(np.diff(wave, 2)).max() < 1e-3
    whole = int(10 * hr_bpm / 60) * 60 / hr_bpm
    assert abs(wave[: round(1000 * whole)].mean()) < 0.02


@pytest.mark.parametrize("kind", ["sinus", "early", "fibrillation"])
def test_every_beat_rises_after_it_and_none_jumps(kind: str) -> None:
    heart = HeartSpec(kind=kind, breath_baseline_percent=0)
    spec = VideoSpec(seed=5, hr_bpm=70, duration_s=30, heart=heart)
    model, t = beat_model(spec), np.arange(0, 30, 0.001)
    wave = blood_volume(spec, model, t)
    assert np.abs(np.diff(wave)).max() < 0.03
    beats = model.beats()
    for begin, end in itertools.pairwise(beats):
        if begin > 0 and end < 30 and end - begin > 0.5:
            own = wave[(t >= begin) & (t < end)]
            # seconds, not a fraction of the interval
            assert 0.12 < own.argmax() * 0.001 < 0.32


def test_age_zero_keeps_the_waveform_timed_by_phase() -> None:
    spec = VideoSpec(seed=6, hr_bpm=60, duration_s=5, heart=replace(EVEN, age_years=0))
    model, t = beat_model(spec), np.arange(0, 5, 0.01)
    wave = blood_volume(spec, model, t)
    plain = blood_volume(spec.replace(heart=None), model, t)
    # the plain one breathes
    assert np.corrcoef(wave, plain)[0, 1] > 0.95
    assert np.ptp(wave) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("percent", [10.0, 60.0])
def test_breathing_moves_the_baseline_by_its_percent(percent: float) -> None:
    heart = replace(EVEN, breath_baseline_percent=percent)
    spec = VideoSpec(seed=8, hr_bpm=72, respiration_hz=0.25, duration_s=60, fps=50, heart=heart)
    line = 2 * np.abs(np.fft.rfft(truth(spec).bvp)) / (60 * 50)
    assert line[15] == pytest.approx(percent / 100, rel=0.02)


@pytest.mark.parametrize("percent", [5.0, 20.0])
def test_breathing_changes_the_strength_of_beats_by_its_percent(percent: float) -> None:
    heart = replace(EVEN, breath_amplitude_percent=percent)
    spec = VideoSpec(seed=8, hr_bpm=72, respiration_hz=0.25, duration_s=60, fps=50, heart=heart)
    line = 2 * np.abs(np.fft.rfft(truth(spec).bvp)) / (60 * 50)
    # side bands of an amplitude modulation by m have m/2 each
    sides = (line[72 - 15] + line[72 + 15]) / line[72]
    assert sides == pytest.approx(percent / 100, rel=0.05)


def test_breathing_changes_rate_baseline_and_strength_together() -> None:
    spec = VideoSpec(seed=3, hr_bpm=66, duration_s=300, fps=20, heart=HeartSpec())
    t = model_grid(300.0)
    assert spec.heart is not None
    model = wandering_heart(spec, spec.heart, t)
    rate = np.gradient(model.phase, t)
    assert np.corrcoef(rate, model.breath)[0, 1] > 0.3
    known = truth(spec)
    assert abs(np.corrcoef(known.bvp, np.interp(known.t, t, model.breath))[0, 1]) > 0.1


def test_the_truth_of_a_heart_is_the_same_at_any_frame_rate() -> None:
    slow, fast = (truth(VideoSpec(seed=5, fps=fps, heart=HeartSpec())) for fps in (25, 50))
    np.testing.assert_array_equal(slow.beats_s, fast.beats_s)
    np.testing.assert_array_equal(slow.rate_bpm, fast.rate_bpm)
    np.testing.assert_allclose(slow.bvp, fast.bvp[::2], atol=1e-12)
