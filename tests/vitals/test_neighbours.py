"""Unsure windows that lean on accepted neighbours, against exhaustive sums and simulated rates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sspd.types import WindowVitals
from sspd.vitals.neighbours import (
    CHANGE_BPM,
    JUMP_BPM,
    JUMPS,
    RATES_BPM,
    READING_BPM,
    lean_on_neighbours,
    rate_bands,
)


def window(
    k: int, bpm: float | None, confidence: float | None, *reasons: str, accepted: bool = False
) -> WindowVitals:
    """Return the window that begins at 30 k seconds."""
    start_s = 30.0 * k
    return WindowVitals(start_s, start_s + 30, bpm, bpm, 1.0, confidence, accepted, reasons)


def sure(k: int, bpm: float) -> WindowVitals:
    return window(k, bpm, 0.95, accepted=True)


def unsure(k: int, bpm: float, confidence: float = 0.4) -> WindowVitals:
    return window(k, bpm, confidence, "low_snr")


def plain_posterior(before: float, own: float, confidence: float, after: float) -> np.ndarray:
    """Return the rates' probabilities in the middle of three windows, by loops over all paths."""

    def emission(reading: float, c: float) -> np.ndarray:
        p = np.exp(-0.5 * ((RATES_BPM - reading) / READING_BPM) ** 2)
        return c * p / p.sum() + (1 - c) / RATES_BPM.size

    away = RATES_BPM[:, None] - RATES_BPM[None, :]
    step = RATES_BPM[1] - RATES_BPM[0]
    reach = np.arange(-RATES_BPM.size + 1, RATES_BPM.size) * step
    move = sum(
        share * np.exp(-np.abs(away) / b) / np.exp(-np.abs(reach) / b).sum()
        for share, b in ((1 - JUMPS, CHANGE_BPM), (JUMPS, JUMP_BPM))
    )
    first, last = emission(before, 0.95), emission(after, 0.95)
    total = np.zeros(RATES_BPM.size)
    for j in range(RATES_BPM.size):
        total[j] = (first * move[j]).sum() * emission(own, confidence)[j] * (last * move[j]).sum()
    return total / total.sum()


@pytest.mark.parametrize("own", [60.0, 64.0, 75.0, 120.0])
def test_the_probability_is_that_of_a_plain_sum(own: float) -> None:
    three = [sure(0, 61.0), unsure(1, own), sure(2, 66.0)]
    p = plain_posterior(61.0, own, 0.4, 66.0)
    right = p[np.abs(RATES_BPM - own) <= 3.0].sum()
    middle = lean_on_neighbours(three)[1]
    assert middle.accepted == (right >= 0.8)
    if middle.accepted:
        assert middle.confidence == pytest.approx(right, abs=1e-6)
        assert middle.smoothed and middle.reasons == () and middle.hr_bpm == own


def test_nothing_is_accepted_without_an_accepted_neighbour() -> None:
    alone = tuple(unsure(k, 70.0, 0.79) for k in range(6))  # a light that flickers, say
    assert lean_on_neighbours(alone) == alone
    assert rate_bands(alone) == ()
    far = (sure(0, 70.0), *(window(k, None, None, "face_lost") for k in range(1, 4)))
    last = unsure(4, 70.0, 0.79)
    assert lean_on_neighbours((*far, last))[-1] == last
    assert lean_on_neighbours((*far[:2], unsure(2, 70.0, 0.79)))[-1].smoothed


@pytest.mark.parametrize(
    "reason", ["readouts_disagree", "motion", "flicker", "rate_changes", "irregular", "too_dark"]
)
def test_other_reasons_keep_a_window_rejected(reason: str) -> None:
    for reasons in ((reason,), ("low_snr", reason)):
        middle = window(1, 70.0, 0.7, *reasons)
        assert lean_on_neighbours([sure(0, 70.0), middle, sure(2, 70.0)])[1] == middle


def test_windows_that_were_not_read_stay_as_they_are() -> None:
    for middle in (window(1, None, None, "low_snr"), window(1, 70.0, None, "low_snr")):
        assert lean_on_neighbours([sure(0, 70.0), middle, sure(2, 70.0)])[1] == middle


@given(st.floats(45, 190), st.floats(-40, 40), st.floats(0.02, 0.79), st.floats(0.02, 0.79))
def test_more_confidence_and_a_nearer_reading_never_reject(
    bpm: float, off: float, confidence: float, other: float
) -> None:
    def accepted(off: float, confidence: float) -> bool:
        own = unsure(1, float(np.clip(bpm + off, 40, 200)), confidence)
        return lean_on_neighbours([sure(0, bpm), own, sure(2, bpm)])[1].accepted

    low, high = sorted((confidence, other))
    assert accepted(off, low) <= accepted(off, high)
    assert accepted(off, low) <= accepted(0.0, low)


def test_a_band_holds_the_rate_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    held, widths = [], []
    for _ in range(60):
        steps = rng.laplace(0, CHANGE_BPM, 8)
        rates = np.clip(75 + np.cumsum(steps), 45, 150)
        right = rng.random(8) < 0.95
        near = rates + READING_BPM * rng.standard_normal(8)
        read = np.where(right, near, rng.uniform(45, 180, 8))
        known = rng.random(8) < 0.6
        known[0] = True
        row = [sure(k, float(read[k])) if known[k] else unsure(k, float(read[k])) for k in range(8)]
        for band, rate in zip(rate_bands(row), rates, strict=True):
            held.append(band.low_bpm <= rate <= band.high_bpm)
            widths.append(band.high_bpm - band.low_bpm)
    assert 0.85 < np.mean(held) < 0.97
    assert np.median(widths) < 12


def test_a_least_confidence_is_kept_to() -> None:
    three = [sure(0, 70.0), unsure(1, 71.0), sure(2, 70.0)]
    assert lean_on_neighbours(three)[1].smoothed
    assert not lean_on_neighbours(three, 0.9999)[1].smoothed
    three[1] = replace(three[1], confidence=0.05)
    assert lean_on_neighbours(three, 0.1)[1].smoothed
