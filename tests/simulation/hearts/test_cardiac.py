from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.simulation import VideoSpec, truth
from sspd.simulation.hearts.cardiac import beat_model, blood_volume
from sspd.simulation.hearts.model import MODEL_MARGIN_S

rates = st.floats(40, 200)
seeds = st.integers(0, 2**32)


@settings(max_examples=40, deadline=None)
@given(hr_bpm=rates, seed=seeds, lf_ms=st.floats(0, 60), hf_ms=st.floats(0, 60))
def test_beats_rise_and_keep_the_asked_mean_rate(
    hr_bpm: float, seed: int, lf_ms: float, hf_ms: float
) -> None:
    spec = VideoSpec(seed=seed, hr_bpm=hr_bpm, lf_ms=lf_ms, hf_ms=hf_ms, duration_s=30)
    known = truth(spec)
    assert np.all(np.diff(known.beats_s) > 0)
    assert known.beats_s[0] >= 0 and known.beats_s[-1] < 30
    # a whole number of beats falls into the video, give or take the one at each end
    assert abs(known.beats_s.size - 30 * hr_bpm / 60) <= 1
    np.testing.assert_allclose(known.rr_s, np.diff(known.beats_s))
    assert known.hr_bpm == pytest.approx(60 / known.rr_s.mean())
    # the phase gains exactly the asked beats; what is left is the modulation at the ends
    assert known.hr_bpm == pytest.approx(hr_bpm, rel=0.07)


@given(hr_bpm=rates, seed=seeds)
@settings(max_examples=20, deadline=None)
def test_without_variability_beats_are_a_metronome(hr_bpm: float, seed: int) -> None:
    known = truth(VideoSpec(seed=seed, hr_bpm=hr_bpm, lf_ms=0, hf_ms=0))
    np.testing.assert_allclose(known.rr_s, 60 / hr_bpm, atol=2e-6)


def _rr_power(spec: VideoSpec, f_range: tuple[float, float]) -> float:
    """Share of the intervals' variance in a band, frequency by frequency."""
    known = truth(spec)
    t, rr = known.beats_s[1:], known.rr_s - known.rr_s.mean()
    power = {}
    for f in np.arange(1, int(0.5 * t[-1])) / t[-1]:
        a, b = (np.mean(rr * wave(2 * np.pi * f * t)) for wave in (np.cos, np.sin))
        power[float(f)] = a**2 + b**2
    inside = sum(value for f, value in power.items() if f_range[0] <= f < f_range[1])
    return float(inside / sum(power.values()))


def test_slow_and_breathing_rhythms_have_the_asked_depth_and_place() -> None:
    base = VideoSpec(seed=3, hr_bpm=75, duration_s=300, respiration_hz=0.3)
    slow, breathing = base.replace(lf_ms=30, hf_ms=0), base.replace(lf_ms=0, hf_ms=30)
    assert 1000 * truth(slow).rr_s.std() == pytest.approx(30, rel=0.1)
    assert _rr_power(slow, (0.04, 0.16)) > 0.9
    # an interval averages the rate over its own length, 0.24 breaths here
    assert 1000 * truth(breathing).rr_s.std() == pytest.approx(30 * np.sinc(0.24), rel=0.1)
    assert _rr_power(breathing, (0.25, 0.35)) > 0.9


def test_instantaneous_rate_is_that_of_the_beats() -> None:
    spec = VideoSpec(seed=1, hr_bpm=80, duration_s=60, lf_ms=50, hf_ms=50)
    heart = beat_model(spec)
    beats = heart.beats()
    np.testing.assert_allclose(np.diff(np.interp(beats, heart.t, heart.phase)), 1, atol=1e-9)
    assert heart.t[0] == -MODEL_MARGIN_S


@pytest.mark.parametrize("seed", range(5))
def test_wave_has_one_systole_and_a_dicrotic_wave(seed: int) -> None:
    spec = VideoSpec(seed=seed, hr_bpm=60, lf_ms=0, hf_ms=0)
    heart = beat_model(spec)
    beats = heart.beats()
    t = np.linspace(beats[4], beats[5], 1000)
    wave = blood_volume(spec, heart, t)
    top = int(wave.argmax())
    assert 0.1 < top / 1000 < 0.35
    assert wave.max() - wave.min() == pytest.approx(1, abs=0.25)
    # after the top the fall slackens or turns at the dicrotic notch
    fall = np.diff(wave[top : top + 600])
    bends = np.flatnonzero(np.diff(np.sign(np.diff(fall))))
    assert bends.size >= 2


def test_wave_does_not_jump_at_beats() -> None:
    spec = VideoSpec(seed=2, hr_bpm=180)
    heart = beat_model(spec)
    wave = blood_volume(spec, heart, np.arange(0, 10, 0.001))
    assert np.abs(np.diff(wave)).max() < 0.03


def test_mannequin_has_no_rate() -> None:
    known = truth(VideoSpec(pulse_percent=0))
    assert np.isnan(known.hr_bpm)
    assert known.beats_s.size == 0 and not known.bvp.any()


def test_truth_is_the_same_at_any_frame_rate() -> None:
    slow, fast = (truth(VideoSpec(seed=5, fps=fps)) for fps in (25, 50))
    np.testing.assert_array_equal(slow.beats_s, fast.beats_s)
    np.testing.assert_allclose(slow.bvp, fast.bvp[::2], atol=1e-12)
