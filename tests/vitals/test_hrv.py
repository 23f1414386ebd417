from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspd.errors import UsageError
from sspd.vitals import HRV_NAMES, good_intervals, hrv
from sspd.vitals.hrv import band_powers


def _beats(
    seconds: float,
    rng: np.random.Generator,
    *,
    nn_s: float = 0.85,
    lf_ms: float = 0.0,
    hf_ms: float = 0.0,
    jitter_ms: float = 0.0,
) -> np.ndarray:
    """Beats whose intervals swing by sines of these amplitudes at 0.1 and 0.25 Hz."""
    at, rows = 0.0, []
    while at < seconds:
        swing = lf_ms * np.sin(2 * np.pi * 0.1 * at) + hf_ms * np.sin(2 * np.pi * 0.25 * at + 1)
        at += nn_s + (swing + jitter_ms * rng.normal()) / 1000
        rows.append(at)
    return np.array(rows[:-1])


@settings(deadline=None)
@given(st.integers(80, 200), st.integers(0, 2**31))
def test_numbers_over_time_against_loops(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    beats = np.cumsum(rng.normal(0.9, 0.04, n))
    found = hrv(beats, span_s=70.0)
    ms = [1000 * (b - a) for a, b in pairwise(beats)]
    mean = sum(ms) / len(ms)
    sdnn = (sum((x - mean) ** 2 for x in ms) / (len(ms) - 1)) ** 0.5
    steps = [b - a for a, b in pairwise(ms)]
    rmssd = (sum(s**2 for s in steps) / len(steps)) ** 0.5
    pnn50 = 100 * sum(abs(s) > 50 for s in steps) / len(steps)
    nn, good = good_intervals(beats)
    if good.all():
        assert found["mean_nn_ms"].value == pytest.approx(mean)
        assert found["sdnn_ms"].value == pytest.approx(sdnn)
        assert found["rmssd_ms"].value == pytest.approx(rmssd)
        assert found["pnn50"].value == pytest.approx(pnn50)
        assert found["sdnn_ms"].n_beats == n
    assert nn.size == n - 1


@pytest.mark.parametrize(("lf_ms", "hf_ms"), [(30, 15), (20, 20), (10, 30)])
def test_bands_of_a_known_rhythm(lf_ms: float, hf_ms: float) -> None:
    beats = _beats(300.0, np.random.default_rng(0), lf_ms=lf_ms, hf_ms=hf_ms)
    found = hrv(beats)
    truth = lf_ms**2 / hf_ms**2
    assert found["lf_hf"].value == pytest.approx(truth, rel=0.15)
    assert found["lf_nu"].value == pytest.approx(truth / (1 + truth), abs=0.04)
    assert found["lf_nu"].value + found["hf_nu"].value == pytest.approx(1)
    assert found["sdnn_ms"].value == pytest.approx(np.sqrt((lf_ms**2 + hf_ms**2) / 2), rel=0.05)


def test_bands_against_least_squares_at_each_frequency() -> None:
    # Lomb-Scargle is the power of the best sine by least squares.
    rng = np.random.default_rng(1)
    beats = _beats(150.0, rng, lf_ms=20, hf_ms=20, jitter_ms=5)
    at, nn = beats[1:], np.diff(beats)
    nn = nn - np.polyval(np.polyfit(np.arange(nn.size), nn, 1), np.arange(nn.size))
    step = 0.25 / np.ptp(at)
    freqs = np.arange(0.04 + step / 2, 0.40, step)
    powers = []
    for f in freqs:
        sines = np.stack([np.cos(2 * np.pi * f * at), np.sin(2 * np.pi * f * at)], axis=1)
        fit = sines @ np.linalg.lstsq(sines, nn, rcond=None)[0]
        powers.append((fit**2).sum())
    slow = np.array(powers)
    lf, hf = band_powers(at, np.diff(beats))
    assert lf / hf == pytest.approx(slow[freqs < 0.15].sum() / slow[freqs >= 0.15].sum(), rel=1e-6)


def test_a_missed_and_a_doubled_beat_are_left_out() -> None:
    beats = _beats(90.0, np.random.default_rng(2), hf_ms=20, jitter_ms=5)
    whole = hrv(beats)
    holed = np.delete(beats, 40)
    doubled = np.sort(np.append(holed, beats[70] + 0.3))
    found = hrv(doubled)
    _, good = good_intervals(doubled)
    assert (~good).sum() == 3
    for name in ("rmssd_ms", "sdnn_ms", "mean_nn_ms"):
        assert found[name].value == pytest.approx(whole[name].value, rel=0.06)
    assert found["rmssd_ms"].n_beats == doubled.size - 3


@pytest.mark.parametrize(
    ("seconds", "known"), [(50.0, set()), (61.0, set(HRV_NAMES[:4])), (125.0, set(HRV_NAMES))]
)
def test_least_lengths(seconds: float, known: set[str]) -> None:
    beats = _beats(seconds, np.random.default_rng(3), lf_ms=10, hf_ms=20)
    found = hrv(beats, span_s=seconds)
    assert tuple(found) == HRV_NAMES
    for name, figure in found.items():
        assert (figure.value is not None) == (name in known)
        assert (figure.reason is None) == (name in known)
        assert figure.span_s == seconds
    if not known:
        assert found["sdnn_ms"].reason == "needs 60 s"
        assert found["lf_hf"].reason == "needs 120 s"


def test_beats_that_are_no_rhythm_are_refused() -> None:
    rng = np.random.default_rng(4)
    found = hrv(np.cumsum(rng.uniform(0.3, 1.6, 100)), span_s=90.0)
    assert found["rmssd_ms"].value is None
    assert "irregular" in str(found["rmssd_ms"].reason)
    assert hrv([], span_s=90.0)["sdnn_ms"].reason == "too few beats"


def test_beats_must_rise() -> None:
    with pytest.raises(UsageError, match="rising"):
        hrv([0.0, 1.0, 0.9])


def test_a_long_video_gives_the_same_bands_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    at = np.cumsum(np.random.default_rng(0).normal(0.8, 0.03, 900))
    nn = 0.8 + 0.03 * np.sin(2 * np.pi * 0.25 * at) + 0.02 * np.sin(2 * np.pi * 0.1 * at)
    whole = band_powers(at, nn)
    # the room exports a function of the module's name
    monkeypatch.setattr(sys.modules["sspd.vitals.hrv"], "TABLE_ENTRIES", 5000)
    np.testing.assert_allclose(band_powers(at, nn), whole, rtol=1e-12)
