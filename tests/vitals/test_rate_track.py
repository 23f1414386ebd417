from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.vitals import pulse_band, read_rate
from sspd.vitals.heart_rate import follow_rate
from sspd.vitals.rate_track import RateTrack, _ridge, track_rate

FS = 30.0
T = np.arange(900) / FS


def _wave(rate_bpm: NDArray[np.float64], noise: float = 0.3, seed: int = 0) -> NDArray[np.float64]:
    cycles = np.cumsum(rate_bpm / 60) / FS
    beat = np.cos(2 * np.pi * cycles) + 0.4 * np.cos(4 * np.pi * cycles)
    return pulse_band(beat + noise * np.random.default_rng(seed).normal(size=T.size), FS)


def _jump(low: float, high: float, at_s: float) -> NDArray[np.float64]:
    return low + (high - low) / (1 + np.exp(-(T - at_s)))


@pytest.mark.parametrize(
    "rate_bpm",
    [
        62 + 40 * T / 30,
        100 - 30 * (1 - np.exp(-T / 12)),
        _jump(60, 85, 12.0),
        70 + 6 * np.sin(2 * np.pi * 0.04 * T) + 3 * np.sin(2 * np.pi * 0.1 * T),
    ],
    ids=["speeds up", "recovers", "stands up", "wanders"],
)
def test_the_mean_rate_is_beats_over_time(rate_bpm: NDArray[np.float64]) -> None:
    values = _wave(rate_bpm)
    reading = follow_rate(values, FS, read_rate(values, FS))
    assert reading.spectral_bpm == pytest.approx(rate_bpm.mean(), abs=0.6)
    assert reading.track is not None
    seen = 60 * reading.track.f_hz[60:-60]
    assert np.abs(seen - rate_bpm[60:-60]).mean() < 2.0


def test_a_steady_heart_is_read_as_before() -> None:
    values = _wave(np.full(T.size, 72.0))
    plain = read_rate(values, FS)
    assert follow_rate(values, FS, plain) is plain


def test_noise_is_seldom_followed_far() -> None:
    wide = 0
    for k in range(40):
        noise = pulse_band(np.random.default_rng(k).normal(size=T.size), FS)
        reading = follow_rate(noise, FS, read_rate(noise, FS))
        wide += reading.track is not None and (reading.snr_db or 0.0) > 3.0
    assert wide == 0


@given(low=st.floats(45, 120), slope=st.floats(-0.8, 0.8), seed=st.integers(0, 10**6))
def test_the_beat_clock_makes_lines_sharp_and_keeps_the_mean(
    low: float, slope: float, seed: int
) -> None:
    rate = low + 30 + slope * (T - 15)
    track = RateTrack(rate / 60, FS)
    assert track.mean_hz == pytest.approx(rate.mean() / 60, rel=1e-3)
    clean = np.cos(2 * np.pi * track.cycles)
    even = track.on_beat_clock(clean)
    expected = np.cos(2 * np.pi * track.mean_hz * T)
    assert np.abs(even - expected).max() < 0.1
    rows = np.random.default_rng(seed).normal(size=(T.size, 2, 3))
    assert track.on_beat_clock(rows)[:, 1, 2] == pytest.approx(track.on_beat_clock(rows[:, 1, 2]))


def test_the_ridge_against_every_path() -> None:
    """Dynamic programming finds what trying all paths finds."""
    from itertools import product

    from sspd.vitals.rate_track import CHANGE_COST, FASTEST_CHANGE, RATE_GRID_HZ, USUAL_CHANGE

    gain = np.random.default_rng(3).normal(size=(5, 4))
    hop_s = 2 * RATE_GRID_HZ / FASTEST_CHANGE  # two steps of the grid at most

    def worth(path: tuple[int, ...]) -> float:
        steps = np.diff(path)
        if np.abs(steps).max() > 2:
            return -np.inf
        changes = steps * RATE_GRID_HZ / hop_s
        return float(
            sum(gain[k, i] for k, i in enumerate(path))
            - (CHANGE_COST * (changes / USUAL_CHANGE) ** 2).sum()
        )

    best = max(product(range(4), repeat=5), key=worth)
    assert tuple(_ridge(gain, hop_s)) == best


def test_short_windows_are_followed_too() -> None:
    values = _wave(70 + 30 * T / 30)[:300]
    track = track_rate(values, FS, 75 / 60)
    assert 60 * track.mean_hz == pytest.approx(75, abs=2)
