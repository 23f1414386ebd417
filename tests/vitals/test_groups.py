from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.vitals import pulse_band, read_rate
from sspd.vitals.groups import NO_GROUP_DB, group_lines

FS, SECONDS = 30.0, 30.0
T = np.arange(int(FS * SECONDS)) / FS


def _beats(intervals_s: NDArray[np.float64], noise: float = 0.1) -> NDArray[np.float64]:
    """A bump at each beat, and noise."""
    at = np.cumsum(intervals_s) - 1.0
    bumps = np.exp(-(((T[:, None] - at) / 0.12) ** 2) / 2).sum(axis=1)
    return pulse_band(bumps + noise * np.random.default_rng(2).normal(size=T.size), FS)


@pytest.mark.parametrize(
    ("pattern", "size"),
    [((0.56, 1.04), 2), ((0.8, 0.5, 1.1), 3), ((0.6, 0.9), 2)],
    ids=["bigeminy", "trigeminy", "mild bigeminy"],
)
def test_beats_in_groups_are_seen_whatever_was_read(pattern: tuple[float, ...], size: int) -> None:
    wave = _beats(np.tile(pattern, 40))
    of_groups = 1 / sum(pattern)
    for multiple in range(2, 4):
        lines_db, found = group_lines(wave, FS, multiple * of_groups)
        assert lines_db > -25.0, multiple
        assert found == multiple
    assert size in (2, 3)


@pytest.mark.parametrize("mean_s", [0.66, 0.8, 0.95])
@pytest.mark.parametrize("share", [0.62, 0.72, 0.78])
def test_pairs_read_at_three_halves_of_their_rate_are_seen_in_16_s(
    mean_s: float, share: float
) -> None:
    pair = np.array([share, 2 - share]) * mean_s
    wave = _beats(np.tile(pair, 40))[: int(16 * FS)]
    lines_db, found = group_lines(wave, FS, 1.5 / mean_s)
    assert lines_db > -25.0
    assert found == 3


def test_weak_lines_beside_the_rate_are_seen_and_noise_has_none() -> None:
    seen, false, t = 0, 0, np.arange(int(16 * FS)) / FS
    for k in range(60):
        rng = np.random.default_rng(k)
        f_hz, phases = rng.uniform(1.6, 2.1), rng.uniform(0, 2 * np.pi, 3)
        turns = 2 * np.pi * f_hz * t
        even = np.cos(turns + phases[0]) + 1.4 * rng.normal(size=t.size)
        beside = 0.5 * np.cos(2 / 3 * turns + phases[1]) + 0.3 * np.cos(4 / 3 * turns + phases[2])
        seen += group_lines(pulse_band(even + beside, FS), FS, f_hz)[0] > -25.0
        false += group_lines(pulse_band(even, FS), FS, f_hz)[0] > -25.0
    assert seen >= 30
    assert false <= 2


@pytest.mark.parametrize("bpm", [30.0, 34.0, 36.5, 38.0, 50.0])
def test_a_slow_heart_read_double_leaves_the_same_lines(bpm: float) -> None:
    wave = _beats(np.full(60, 60 / bpm))
    assert group_lines(wave, FS, 2 * bpm / 60)[0] > -25.0


@pytest.mark.parametrize("bpm", [45.0, 72.0, 110.0, 180.0])
def test_even_beats_come_in_no_groups(bpm: float) -> None:
    rng = np.random.default_rng(7)
    breath = 0.03 * np.sin(2 * np.pi * 0.26 * np.arange(120) * 60 / bpm)
    wave = _beats(60 / bpm * (1 + breath + 0.01 * rng.normal(size=120)))
    assert group_lines(wave, FS, bpm / 60) == (NO_GROUP_DB, 1)


def test_noise_seldom_has_groups() -> None:
    found = 0
    for k in range(100):
        noise = pulse_band(np.random.default_rng(k).normal(size=T.size), FS)
        found += group_lines(noise, FS, (read_rate(noise, FS).spectral_bpm or 60.0) / 60)[1] > 1
    assert found <= 12


def test_short_windows_say_little() -> None:
    lines_db, _ = group_lines(_beats(np.full(60, 0.8))[:240], FS, 1.25)
    assert lines_db == NO_GROUP_DB
