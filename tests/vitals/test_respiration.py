from __future__ import annotations

import numpy as np
import pytest

from sspd.vitals import beat_sizes, respiration


def _breathing(
    span_s: float, hz: float, rng: np.random.Generator, depth: float
) -> tuple[np.ndarray, np.ndarray]:
    """Beats and their sizes, both swinging with the breath, the rate also at 0.1 Hz."""
    at, beats = 0.0, []
    while at < span_s:
        swing = 0.03 * depth * np.sin(2 * np.pi * hz * at) + 0.01 * np.sin(2 * np.pi * 0.1 * at)
        at += 0.85 + swing + 0.015 * rng.normal()
        beats.append(at)
    row = np.array(beats[:-1])
    sizes = 1 + 0.1 * depth * np.sin(2 * np.pi * hz * row + 1) + 0.07 * rng.normal(size=row.size)
    return row, sizes


@pytest.mark.parametrize(("span_s", "least"), [(30.0, 0.5), (60.0, 0.9), (180.0, 0.95)])
def test_a_breath_is_found(span_s: float, least: float) -> None:
    right = wrong = 0
    for k in range(60):
        rng = np.random.default_rng([k, int(span_s)])
        hz = float(rng.uniform(0.15, 0.42))
        found = respiration(*_breathing(span_s, hz, rng, 1.0), span_s=span_s)
        if found.hz is not None:
            right += abs(found.hz - hz) < 0.02
            wrong += abs(found.hz - hz) >= 0.02
    assert right >= least * 60
    assert wrong <= 1


@pytest.mark.parametrize("span_s", [30.0, 60.0, 90.0, 180.0])
def test_beats_without_a_breath_give_none(span_s: float) -> None:
    found = 0
    for k in range(120):
        rng = np.random.default_rng([7, k])
        nn = rng.normal(size=int(span_s / 0.85) + 6)
        if k % 2:
            nn = np.convolve(nn, np.ones(3) / 3, "same")
        beats = np.cumsum(0.85 + 0.03 * nn)
        beats = beats[beats < span_s]
        sizes = 1 + 0.1 * rng.normal(size=beats.size)
        found += respiration(beats, sizes, span_s=span_s).hz is not None
    assert found <= 0.10 * 120


def test_the_reasons() -> None:
    rng = np.random.default_rng(0)
    beats, sizes = _breathing(20.0, 0.25, rng, 1.0)
    assert respiration(beats, sizes, span_s=20.0).reason == "needs 30 s"
    wild = np.cumsum(rng.uniform(0.3, 1.6, 60))
    assert respiration(wild, np.ones(60), span_s=60.0).reason == "too few regular beats"
    even = np.arange(70) * 0.85
    assert respiration(even, np.ones(70), span_s=60.0).reason == "no clear breathing rhythm"


def test_beat_sizes_follow_the_amplitude() -> None:
    t = np.arange(1800) / 30
    size = 1 + 0.3 * np.sin(2 * np.pi * 0.2 * t)
    wave = size * np.sin(2 * np.pi * t)
    beats = np.arange(60) + 0.25
    got = beat_sizes(wave, 30.0, beats)
    assert np.corrcoef(got, np.interp(beats, t, size))[0, 1] > 0.9
    assert beat_sizes(wave, 30.0, []).size == 0
