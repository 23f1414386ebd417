from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.simulation import HEART_KINDS, HeartSpec, VideoSpec, random_heart, truth
from sspd.simulation.hearts.cardiac import beat_model
from sspd.simulation.hearts.model import model_grid
from sspd.simulation.hearts.wander import HIGH_HZ, LOW_HZ, band, band_noise, pink, rate_wander

STILL = HeartSpec(vlf_ms=0, lf_ms=0, hf_ms=0, breath_wander_percent=0)
Array = NDArray[np.float64]


def _shares(t: Array, rr: Array) -> Array:
    """Shares of the three bands in the power of intervals, with a Hann window."""
    grid = np.arange(t[0], t[-1], 0.25)
    x = np.interp(grid, t, rr)
    power = np.abs(np.fft.rfft((x - x.mean()) * np.hanning(grid.size), 8192)) ** 2
    f = np.fft.rfftfreq(8192, 0.25)
    edges = (0.0, LOW_HZ, HIGH_HZ, 0.5)
    parts = [power[(f >= a) & (f < b)].sum() for a, b in itertools.pairwise(edges)]
    return np.array(parts) / np.sum(parts)


def _windows(t: Array, rr: Array) -> list[Array]:
    """SDNN and RMSSD, ms, and the shares of the bands in windows of 30 s."""
    rows = []
    for start in np.arange(0, t[-1] - 29.9, 10):
        there = (t > start) & (t <= start + 30)
        part = 1000 * rr[there]
        rmssd = np.sqrt(np.mean(np.diff(part) ** 2))
        rows.append(np.array([part.std(), rmssd, *_shares(t[there], part)]))
    return rows


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(HEART_KINDS),
    hr_bpm=st.floats(34, 210),
    seed=st.integers(0, 2**32),
    duration_s=st.integers(8, 60),
)
def test_every_heart_has_the_asked_mean_rate_and_is_labelled(
    kind: str, hr_bpm: float, seed: int, duration_s: int
) -> None:
    heart = random_heart(np.random.default_rng(seed), hr_bpm, kind)
    spec = VideoSpec(seed=seed, hr_bpm=hr_bpm, duration_s=duration_s, fps=10, heart=heart)
    known = truth(spec)
    assert known.kind == heart.rhythm in (kind, "sinus")
    assert known.rate_bpm.size == duration_s
    # the phase gains exactly the asked beats
    assert known.rate_bpm.mean() == pytest.approx(hr_bpm, rel=1e-4)
    # and there are as many, give or take the one at each end
    assert abs(known.beats_s.size - duration_s * hr_bpm / 60) <= 1.6
    assert np.all(known.rr_s > 0.12) and np.all(known.rr_s < 4.5)
    assert np.all(np.isfinite(known.bvp)) and np.ptp(known.bvp) > 0.5
    again = truth(spec)
    np.testing.assert_array_equal(known.beats_s, again.beats_s)
    np.testing.assert_array_equal(known.bvp, again.bvp)
    assert VideoSpec(**spec.record()) == spec


@pytest.mark.parametrize(
    ("name", "f_range"),
    [("vlf_ms", (0.0, LOW_HZ)), ("lf_ms", (LOW_HZ, HIGH_HZ)), ("hf_ms", (HIGH_HZ, 0.5))],
)
@pytest.mark.parametrize("hr_bpm", [48.0, 75.0, 160.0])
def test_each_band_has_the_asked_deviation_and_its_place(
    name: str, f_range: tuple[float, float], hr_bpm: float
) -> None:
    asked = 20.0 * min(1.0, 75.0 / hr_bpm) ** 2
    heart = replace(STILL, breath_wander_percent=10, **{name: asked})
    found = []
    for seed in range(3):
        spec = VideoSpec(seed=seed, hr_bpm=hr_bpm, duration_s=900, fps=1, heart=heart)
        known = truth(spec)
        found.append(1000 * known.rr_s.std())
        share = _shares(known.beats_s[1:], known.rr_s)
        assert share[("vlf_ms", "lf_ms", "hf_ms").index(name)] > 0.88
    # expected values: the very low band has few cycles in a quarter of an hour
    assert np.mean(found) == pytest.approx(asked, rel=0.3 if name == "vlf_ms" else 0.12)


def test_bands_are_noise_and_not_lines() -> None:
    """The strongest of many resolved frequencies has a small share of its band's power."""
    t = np.arange(0, 2000, 0.25)
    for density in (pink(0.003, 0.04), band(0.04, 0.15, 0.09, 0.025)):
        x = band_noise(np.random.default_rng(3), t, density)
        power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
        assert power.max() < 0.3 * power.sum()
        assert np.sum(power > 0.1 * power.max()) > 15
    slow = band_noise(np.random.default_rng(3), np.arange(0, 40000, 1.0), pink(0.003, 0.04))
    power = np.abs(np.fft.rfft(slow)) ** 2
    f = np.fft.rfftfreq(slow.size)
    octaves = [power[(f >= a) & (f < 2 * a)].sum() for a in (0.004, 0.008, 0.016)]
    # 1/f: the same power in each octave
    assert max(octaves) < 1.4 * min(octaves)


def test_one_band_left_out_changes_no_other() -> None:
    t = model_grid(60.0)
    breath = np.sin(t)

    def drawn(**left_out: float) -> Array:
        heart = replace(HeartSpec(vlf_ms=0.3, lf_ms=0.3, hf_ms=0.3), **left_out)
        return rate_wander(heart, np.random.default_rng(1), t, breath, 60.0, 0.25)

    parts = [drawn(lf_ms=0, hf_ms=0), drawn(vlf_ms=0, hf_ms=0), drawn(vlf_ms=0, lf_ms=0)]
    np.testing.assert_allclose(sum(parts), drawn(), atol=1e-7)
    assert all(part.std() > 1e-4 for part in parts)


def test_without_wandering_it_is_a_metronome_that_breathes_evenly() -> None:
    spec = VideoSpec(seed=1, hr_bpm=66, duration_s=30, heart=STILL, respiration_hz=0.2)
    np.testing.assert_allclose(truth(spec).rr_s, 60 / 66, atol=1e-6)
    heart = beat_model(spec)
    line = np.abs(np.fft.rfft(heart.breath[(heart.t >= 0) & (heart.t < 30)]))
    assert line.argmax() == 6 and line[6] ** 2 > 0.999 * np.sum(line**2)


def test_breathing_wanders_around_its_rate() -> None:
    spec = VideoSpec(seed=1, duration_s=300, respiration_hz=0.25, heart=HeartSpec())
    heart = beat_model(spec)
    inside = (heart.t >= 0) & (heart.t < 300)
    rises = heart.t[inside][1:][np.diff(np.signbit(heart.breath[inside]).astype(int)) == -1]
    assert rises.size == pytest.approx(75, abs=1)
    assert 0.05 < np.diff(rises).std() / np.diff(rises).mean() < 0.25


@pytest.mark.slow
def test_hearts_are_as_variable_as_recorded_ones(shared: Path) -> None:
    """SDNN, RMSSD and shares of the bands of 30 s windows: 12 people, at their own rates."""
    files = sorted((shared / "data" / "rr").glob("*.rr.txt"))
    if not files:
        pytest.skip("needs recorded intervals in data/rr of the shared folder")
    recorded: list[Array] = []
    simulated: list[Array] = []
    rng = np.random.default_rng(7)
    for path in files:
        rr = np.array(path.read_text().split(), float) / 1000
        recorded += _windows(np.cumsum(rr), rr)
        for _ in range(8):
            hr_bpm = 60 / rr.mean()
            spec = VideoSpec(
                seed=int(rng.integers(2**40)), duration_s=75, fps=1, hr_bpm=hr_bpm,
                respiration_hz=rng.uniform(0.15, 0.32), heart=random_heart(rng, hr_bpm),
            )  # fmt: skip
            known = truth(spec)
            simulated += _windows(known.beats_s[1:] - known.beats_s[0], known.rr_s)
    real, drawn = np.array(recorded), np.array(simulated)
    middle = [np.median(rows, axis=0) for rows in (real, drawn)]
    np.testing.assert_allclose(middle[1][:2], middle[0][:2], rtol=0.2)
    np.testing.assert_allclose(middle[1][2:], middle[0][2:], atol=0.12)
    for column in range(real.shape[1]):
        both = np.sort(np.concatenate([real[:, column], drawn[:, column]]))
        below = [
            np.searchsorted(np.sort(rows[:, column]), both, "right") / len(rows)
            for rows in (real, drawn)
        ]
        # Kolmogorov-Smirnov; windows of 12 people are far fewer than they seem
        assert np.abs(below[0] - below[1]).max() < 0.22, column


@pytest.mark.slow
def test_drawn_hearts_vary_less_when_they_are_fast() -> None:
    spread = {}
    for hr_bpm in (40.0, 70.0, 110.0, 170.0):
        drawn = [random_heart(np.random.default_rng(i), hr_bpm) for i in range(40)]
        specs = [
            VideoSpec(seed=i, hr_bpm=hr_bpm, duration_s=30, fps=1, heart=heart)
            for i, heart in enumerate(drawn)
        ]
        spread[hr_bpm] = np.median([1000 * truth(spec).rr_s.std() for spec in specs])
    assert spread[40.0] > spread[70.0] > 2 * spread[110.0] > 4 * spread[170.0]
    assert 40 < spread[70.0] < 85 and 2 < spread[170.0] < 15


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("lf_ms", -1.0),
        ("hf_ms", float("nan")),
        ("kind", "asystole"),
        ("age_years", 10.0),
        ("age_years", 90.0),
        ("bcg_mm", 50.0),
        ("early_percent", 60.0),
        ("change_s", 0.0),
    ],
)
def test_options_of_hearts_out_of_range_are_named(option: str, value: object) -> None:
    with pytest.raises(UsageError, match=option):
        HeartSpec(**{option: value})  # type: ignore[arg-type]
