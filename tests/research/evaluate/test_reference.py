"""Reference rates from simulated contact waveforms, whose beats are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sspd.research.evaluate.reference import contact_rate_bpm, reference_rate_bpm, upstrokes
from sspd.simulation import VideoSpec, contact_bvp, truth
from sspd.types import References, Series


def contact(hr_bpm: float, fs: float = 60.0, seed: int = 4, noise: float = 0.0) -> tuple:  # type: ignore[type-arg]
    spec = VideoSpec(seed=seed, hr_bpm=hr_bpm, duration_s=40.0)
    t = np.arange(0, 40.0, 1 / fs)
    bvp = contact_bvp(spec, t)
    grain = noise * np.random.default_rng(seed).standard_normal(t.size)
    return Series(t, bvp.values + grain), truth(spec).beats_s


@pytest.mark.parametrize("hr_bpm", [42.0, 60.0, 75.0, 110.0, 150.0, 195.0])
@pytest.mark.parametrize("fs", [30.0, 60.0, 256.0])
def test_rates_are_those_of_the_beats(hr_bpm: float, fs: float) -> None:
    bvp, beats = contact(hr_bpm, fs, noise=0.01)
    inside = beats[(beats >= 5) & (beats <= 35)]
    found = contact_rate_bpm(bvp, 5.0, 35.0)
    # other beats may stand at the window's ends: one beat's own length is allowed
    assert found == pytest.approx(60 / np.diff(inside).mean(), rel=0.01)


@pytest.mark.parametrize("hr_bpm", [60.0, 110.0])
def test_every_beat_has_its_upstroke(hr_bpm: float) -> None:
    bvp, beats = contact(hr_bpm)
    found = upstrokes(bvp)
    inside = beats[(beats > 1) & (beats < 38)]
    nearest = np.abs(found[:, None] - inside[None, :]).min(axis=0)
    assert float(nearest.max() - nearest.min()) < 0.08  # a steady delay
    n = ((found > 1) & (found < 38)).sum()
    assert abs(int(n) - inside.size) <= 1


def test_what_is_no_pulse_has_no_rate() -> None:
    t = np.arange(0, 30, 1 / 60)
    assert contact_rate_bpm(Series(t, np.zeros_like(t)), 0.0, 30.0) is None
    noise = np.random.default_rng(0).standard_normal(t.size)
    assert contact_rate_bpm(Series(t, noise), 0.0, 30.0) is None


def test_no_interval_crosses_a_gap() -> None:
    bvp, beats = contact(70.0)
    keep = (bvp.t < 10.3) | (bvp.t > 12.0)
    rate = contact_rate_bpm(Series(bvp.t[keep], bvp.values[keep]), 0.0, 30.0)
    inside = beats[(beats > 0.1) & (beats < 29.9)]
    intervals = [b - a for a, b in pairwise(inside) if b < 10.3 or a > 12.0]
    assert rate == pytest.approx(60 / np.mean(intervals), abs=0.5)


def test_half_a_window_has_no_rate() -> None:
    bvp, _ = contact(70.0)
    keep = (bvp.t < 10) | (bvp.t > 14)
    assert contact_rate_bpm(Series(bvp.t[keep], bvp.values[keep]), 0.0, 30.0) is None
    assert contact_rate_bpm(bvp, 25.0, 55.0) is None


def test_the_device_is_asked_only_where_there_is_no_waveform() -> None:
    bvp, beats = contact(70.0)
    device = Series(np.arange(40.0), np.full(40, 99.0))
    rate, source = reference_rate_bpm(References(bvp=bvp, hr_bpm=device), 0.0, 30.0)
    assert rate == pytest.approx(70.0, abs=2.0) and source == "waveform"
    assert reference_rate_bpm(References(hr_bpm=device), 0.0, 30.0) == (99.0, "device")
    rate, source = reference_rate_bpm(References(beats_s=beats), 0.0, 30.0)
    assert rate == pytest.approx(70.0, abs=2.0) and source == "beats"
    assert reference_rate_bpm(References(), 0.0, 30.0) == (None, "none")
