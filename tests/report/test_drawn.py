"""What is drawn is what was read: every dot is on a top of its curve."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from numpy.typing import NDArray

from helpers import results
from helpers.pulses import pulse_wave
from sspd.report.axes import BEAT, LINE, draw_excerpt
from sspd.report.csv import write_signal_csv
from sspd.report.overlay_panel import make_panel
from sspd.report.selection import drawn_waveform, excerpt, in_pulse_band
from sspd.types import Signal, Vitals, WindowVitals
from sspd.vitals import analyze_beats


def _window(start_s: float, end_s: float, bpm: float, accepted: bool) -> WindowVitals:
    return WindowVitals(start_s, end_s, bpm, bpm, 2.0, 0.9, accepted)


def _real_like(seed: int, bpm: float, fs: float, accepted: tuple[bool, ...]) -> Vitals:
    """Windows of 15 s of a pulse with a notch, under noise and drift as of real videos."""
    rng = np.random.default_rng(seed)
    seconds = 15.0 * len(accepted)
    pulse = pulse_wave(bpm, seconds, rng, fs=fs, notch=0.7, variability=0.08)
    t = np.arange(pulse.values.size) / fs
    drift = 2 * np.sin(2 * np.pi * 0.15 * t + rng.uniform(0, 6))
    other = 0.8 * np.sin(2 * np.pi * 0.62 * t)  # a second rhythm beside the pulse
    signal = Signal(pulse.values + drift + other + 0.8 * rng.normal(size=t.size), fs, 0.5)
    windows = tuple(
        _window(0.5 + 15 * k, 15.5 + 15 * k, bpm, good) for k, good in enumerate(accepted)
    )
    beats_s = analyze_beats(signal, windows).beats_s
    return replace(results.rejected(), signal=signal, windows=windows, beats_s=beats_s)


def _tops(t: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = (values[1:-1] >= values[:-2]) & (values[1:-1] >= values[2:])
    return t[1:-1][inside]


def _farthest(vitals: Vitals, curves: list[Signal]) -> float:
    """Samples from the beat that is farthest from a top of its curve."""
    assert vitals.signal is not None and vitals.beats_s is not None
    tops = np.concatenate([_tops(curve.t, curve.values) for curve in curves])
    away = np.abs(vitals.beats_s[:, None] - tops).min(axis=1)
    return float(away.max(initial=0.0)) * vitals.signal.fs


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.floats(45, 170),
    st.sampled_from([25.0, 30.0, 60.0]),
    st.lists(st.booleans(), min_size=1, max_size=4).map(tuple),
)
def test_beats_are_tops_of_what_is_drawn(
    seed: int, bpm: float, fs: float, accepted: tuple[bool, ...]
) -> None:
    vitals = _real_like(seed, bpm, fs, accepted)
    curves = drawn_waveform(vitals)
    assert _farthest(vitals, curves) <= 1.0
    # it covers the video as before, once
    assert sum(map(len, curves)) == sum(map(len, in_pulse_band(vitals)))
    assert all(b.start_s >= a.t[-1] + 0.5 / fs for a, b in pairwise(curves))


def test_the_pulse_band_alone_would_miss() -> None:
    vitals = _real_like(1, 55.0, 30.0, (True, True))
    assert _farthest(vitals, in_pulse_band(vitals)) > 2.0
    assert _farthest(results.measured(), drawn_waveform(results.measured())) <= 1.0


def test_dots_of_the_picture_are_on_tops_of_its_line() -> None:
    vitals = _real_like(2, 64.0, 30.0, (False, True))
    axes = Figure().add_subplot()
    draw_excerpt(axes, vitals, excerpt(vitals, drawn_waveform(vitals)))
    (line,) = [drawn for drawn in axes.lines if drawn.get_color() == LINE]
    (dots,) = [drawn for drawn in axes.lines if drawn.get_color() == BEAT]
    x, y = (np.asarray(values, dtype=float) for values in line.get_data())
    at, height = (np.asarray(values, dtype=float) for values in dots.get_data())
    assert at.size > 8
    inside = (at > x[2]) & (at < x[-3])
    assert np.abs(at[inside][:, None] - _tops(x, y)).min(axis=1).max() <= 1 / 30
    for time, top in zip(at[inside], height[inside], strict=True):
        assert top >= y[np.abs(x - time) < 0.15].max() - 0.05 * np.ptp(y)


def test_dots_under_the_annotated_video_are_on_tops_too() -> None:
    vitals = _real_like(3, 88.0, 30.0, (True, False, True))
    assert _farthest(vitals, list(make_panel(vitals, 640, 480).waveforms)) <= 1.0


def test_marks_of_the_csv_are_on_tops_of_its_filtered_column(tmp_path: Path) -> None:
    vitals = _real_like(4, 71.0, 30.0, (True, False, True))
    write_signal_csv(vitals, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    values = np.array([float(row["rppg_filtered"] or "nan") for row in rows])
    marks = np.flatnonzero([row["beat"] == "1" for row in rows])
    assert vitals.beats_s is not None
    assert marks.size == vitals.beats_s.size > 30
    tops = _tops(np.arange(len(rows), dtype=float), values)
    assert np.abs(marks[:, None] - tops).min(axis=1).max() <= 1
    np.testing.assert_allclose(
        [float(row["rppg"]) for row in rows],
        vitals.signal.values if vitals.signal else [],
        rtol=1e-4,
    )


@pytest.mark.parametrize("n", [0, 1, 30])
def test_what_is_too_short_to_filter_has_an_empty_column(n: int, tmp_path: Path) -> None:
    short = replace(results.rejected(), signal=Signal(np.ones(n), 30.0))
    write_signal_csv(short, tmp_path / "a.csv")
    rows = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert len(rows) == n
    assert all(row.endswith(",") for row in rows)
