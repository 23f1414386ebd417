from __future__ import annotations

import numpy as np
import pytest

from helpers.pulses import pulse_wave
from sspd.signal import bandpass
from sspd.vitals import hrv, time_beats
from sspd.vitals.beat_timing import LEAST_GAIN, IntervalNoise
from sspd.vitals.hrv import HF_HZ, LF_HZ, band_powers

FS = 30.0


@pytest.mark.parametrize("bpm", [40, 47, 60, 72, 88, 110, 140, 170, 200])
def test_single_beats_are_timed(bpm: float) -> None:
    rng = np.random.default_rng(bpm)
    pulse = pulse_wave(bpm, 60.0, rng, variability=0.04)
    noise = bandpass(rng.normal(size=pulse.values.size), 30.0, (0.5, 4.0))
    noisy = pulse.values + 0.2 * noise / noise.std()
    beats = time_beats(noisy, 30.0, 0.95 * pulse.hr_bpm, 1.05 * pulse.hr_bpm).beats_s
    inner = pulse.beats_s[(pulse.beats_s > 2) & (pulse.beats_s < 58)]
    late = beats[np.abs(beats[:, None] - inner[None]).argmin(axis=0)] - inner
    # The hump's top lags a little, always alike; what varies is the error of a beat.
    assert late.std() < 0.02
    assert abs(late.mean()) < 0.08
    assert np.unique(late + inner).size == inner.size


@pytest.mark.parametrize("bpm", [55, 80, 120])
@pytest.mark.parametrize("strength", [0.3, 0.9])
def test_noise_is_foretold_for_a_heart_that_does_not_vary(bpm: float, strength: float) -> None:
    """The slow version: a steady sine in white noise, its intervals measured."""
    seen, told = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        wave = np.sin(2 * np.pi * bpm / 60 * np.arange(9000) / FS)
        found = time_beats(wave + strength * rng.normal(size=wave.size), FS, bpm, bpm)
        nn = 1000 * np.diff(found.beats_s)[3:-3]
        seen.append((nn.std(), np.sqrt(np.mean(np.diff(nn) ** 2))))
        told.append((found.noise.sdnn_ms, found.noise.rmssd_ms))
    np.testing.assert_allclose(np.mean(told, axis=0), np.mean(seen, axis=0), rtol=0.12)


@pytest.mark.parametrize("rates", [(42.0, 84.0), (50.0, 100.0), (45.0, 180.0)])
def test_rates_far_apart_leave_a_noise_that_is_known(rates: tuple[float, float]) -> None:
    t = np.arange(3600) / FS
    rate = np.where(t < 60, *rates) / 60
    wave = np.sin(2 * np.pi * np.cumsum(rate) / FS)
    wave = wave + 0.2 * np.random.default_rng(0).normal(size=t.size)
    noise = time_beats(wave, FS, *rates).noise
    assert np.isfinite(noise.density).all() and noise.rmssd_ms > 0


def _swinging(bpm: float, swing_hz: float, shift_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Five minutes of a sine whose beats are shifted to and fro, and its beats."""
    t = np.arange(9000) / FS
    late = shift_s * np.sin(2 * np.pi * swing_hz * t)
    even = np.arange(1, 5 * bpm - 1) * 60 / bpm
    beats = even.copy()
    for _ in range(30):  # a beat is where t - late(t) is a whole number of periods
        beats = even + shift_s * np.sin(2 * np.pi * swing_hz * beats)
    return np.cos(2 * np.pi * bpm / 60 * (t - late)), beats


@pytest.mark.parametrize("bpm", [60, 90, 130])
@pytest.mark.parametrize("swing_hz", [0.2, 0.25, 0.3])
def test_what_the_filter_takes_of_a_swing_is_put_back(bpm: float, swing_hz: float) -> None:
    wave, beats = _swinging(bpm, swing_hz, 0.015)
    timed = time_beats(wave, FS, bpm, bpm)
    true, raw = hrv(beats, span_s=300.0), hrv(timed.beats_s, span_s=300.0)
    found = hrv(timed.beats_s, span_s=300.0, reliable=timed.reliable, noise=timed.noise)
    left = float(np.interp(swing_hz, timed.noise.freqs_hz, timed.noise.gain))
    for name in ("sdnn_ms", "rmssd_ms"):
        known, seen, put_back = true[name].value, raw[name].value, found[name].value
        assert seen == pytest.approx(left * known, rel=0.07)
        most = 0.08 * known if left >= LEAST_GAIN else 0.5 * (known - seen)
        assert abs(put_back - known) <= most


def test_no_more_is_put_back_than_is_sure() -> None:
    freqs = np.linspace(0.0, 0.8, 9)
    noise = IntervalNoise(freqs, np.zeros(9), 1.0, gain=np.linspace(1.0, 0.0, 9))
    np.testing.assert_allclose(noise.missing(np.array([0.0, 0.1])), [0.0, (1 / 0.875) ** 2 - 1])
    np.testing.assert_allclose(noise.missing(np.array([0.4, 0.8])), LEAST_GAIN**-2 - 1)
    assert not IntervalNoise(freqs, np.zeros(9), 1.0).missing(freqs).any()


def test_lf_nu_is_that_of_the_swings_before_the_filter() -> None:
    """Two swings of one size, of which the filter takes from the quicker one alone."""
    t = np.arange(9000) / FS
    errors = []
    for with_noise in (False, True):
        late = 0.02 * np.sin(2 * np.pi * 0.1 * t) / np.sin(np.pi * 0.1 / 1.5)
        late += 0.02 * np.sin(2 * np.pi * 0.27 * t) / np.sin(np.pi * 0.27 / 1.5)
        timed = time_beats(np.cos(3 * np.pi * (t - late / 2)), FS, 90, 90)
        known = timed.noise if with_noise else None
        errors.append(abs(hrv(timed.beats_s, span_s=300.0, noise=known)["lf_nu"].value - 0.5))
    assert errors[1] < 0.03 < errors[0]


def test_a_line_that_is_gone_for_a_while_is_not_steady() -> None:
    t = np.arange(1800) / FS
    wave = np.sin(2 * np.pi * 1.2 * t) * np.where((t > 20) & (t < 26), 0.05, 1.0)
    found = time_beats(wave + 0.1 * np.random.default_rng(0).normal(size=t.size), FS, 72, 72)
    middle = (found.beats_s[1:] + found.beats_s[:-1]) / 2
    assert not found.reliable[(middle > 21) & (middle < 25)].any()
    assert found.reliable[(middle < 18) | (middle > 28)].all()


def _noisy(seed: int, lf_ms: float, hf_ms: float, noise_ms: float) -> tuple[np.ndarray, float]:
    """Five minutes of beats at 66 a minute, each moved by noise; and what is true: LF n.u."""
    rng = np.random.default_rng(seed)
    at, beats = 0.0, []
    while at < 300:
        beats.append(at)
        swing = lf_ms * np.sin(0.6 * at) + hf_ms * np.sin(2 * np.pi * 0.27 * at)
        at += 0.9 + swing / 1000
    moved = np.array(beats) + noise_ms / 1000 * rng.normal(size=len(beats))
    return moved, lf_ms**2 / (lf_ms**2 + hf_ms**2)


def _white(noise_ms: float, interval_s: float) -> IntervalNoise:
    """Of beats that are each moved by white noise, up to half a beat's rate."""
    freqs = np.linspace(0.0, 0.5 / interval_s, 400)
    times = (noise_ms / 1000) ** 2 * interval_s
    return IntervalNoise(freqs, times * (2 * np.sin(np.pi * freqs * interval_s)) ** 2, interval_s)


def test_white_noise_has_the_sizes_of_the_textbook() -> None:
    noise = _white(10.0, 0.9)
    assert noise.sdnn_ms == pytest.approx(10 * np.sqrt(2), rel=1e-3)
    assert noise.rmssd_ms == pytest.approx(10 * np.sqrt(6), rel=1e-3)


def test_noise_is_taken_out_of_what_varies() -> None:
    for seed in range(4):
        clean, lf_nu = _noisy(seed, 25.0, 30.0, 0.0)
        moved, _ = _noisy(seed, 25.0, 30.0, 8.0)
        true, raw = hrv(clean, span_s=300.0), hrv(moved, span_s=300.0)
        found = hrv(moved, span_s=300.0, noise=_white(8.0, 0.9))
        for name, most in (("sdnn_ms", 2.0), ("rmssd_ms", 2.5), ("lf_nu", 0.04)):
            known = true[name].value
            assert abs(found[name].value - known) < min(most, abs(raw[name].value - known) + 0.5)
        assert found["lf_nu"].value == pytest.approx(lf_nu, abs=0.05)


def test_noise_powers_are_those_of_the_periodogram() -> None:
    seen = []
    for seed in range(60):
        beats = 0.9 * np.arange(300) + 0.01 * np.random.default_rng(seed).normal(size=300)
        seen.append(band_powers(beats[1:], np.diff(beats)))
    beats = 0.9 * np.arange(300)
    step = 0.25 / np.ptp(beats[1:])
    freqs = np.arange(LF_HZ[0] + step / 2, HF_HZ[1], step)
    told = _white(10.0, 0.9).at(freqs) / 0.9
    low = freqs < LF_HZ[1]
    np.testing.assert_allclose(
        np.mean(seen, axis=0), [told[low].sum(), told[~low].sum()], rtol=0.06
    )


def test_what_is_mostly_noise_is_not_told() -> None:
    moved, _ = _noisy(1, 3.0, 3.0, 12.0)
    found = hrv(moved, span_s=300.0, noise=_white(12.0, 0.9))
    for name in ("rmssd_ms", "sdnn_ms", "pnn50", "lf_nu", "hf_nu", "lf_hf"):
        assert found[name].value is None
        assert found[name].reason == "mostly the video's noise"
    assert found["mean_nn_ms"].value == pytest.approx(900, abs=2)


def test_intervals_that_are_not_steady_do_not_count() -> None:
    beats = 0.9 * np.arange(100) + 0.02 * np.sin(np.arange(100))
    steady = np.ones(99, bool)
    steady[40:50] = False
    beats[45] += 0.1
    found = hrv(beats, span_s=90.0, reliable=steady)
    assert found["rmssd_ms"].n_beats == 90
    assert found["rmssd_ms"].value < hrv(beats, span_s=90.0)["rmssd_ms"].value
