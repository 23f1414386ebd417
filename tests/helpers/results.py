"""Results of all kinds, for the tests of reporting them."""

from __future__ import annotations

from functools import cache

import numpy as np

from helpers.pulses import pulse_wave
from sspd.report.result import Vitals
from sspd.types import Box, Signal, WindowVitals
from sspd.vitals import analyze_beats, read_windows
from sspd.vitals.acceptance import still_scene


@cache
def measured() -> Vitals:
    """A minute and a half of a good pulse, noise in the middle, and a hole after it."""
    rng = np.random.default_rng(0)
    values = pulse_wave(66, 120.0, rng).values.copy()
    values[900:1800] = 3 * rng.normal(size=900)
    values[1800:1950] = np.nan
    signal = Signal(values, 30.0)
    windows: list[WindowVitals] = read_windows(signal, still_scene(signal.t))
    rhythm = analyze_beats(signal, windows)
    return Vitals(
        source="videos/good one.mp4",
        method="pos",
        weights=None,
        duration_s=120.0,
        fps=29.97,
        windows=tuple(windows),
        warnings=("cut short",),
        hrv=rhythm.hrv,
        respiration=rhythm.respiration,
        face_box=Box(10, 20, 110, 140),
        timing_s={"decode": 1.23456, "face": 1.0, "network": 2.0, "total": 4.3},
        signal=signal,
        beats_s=rhythm.beats_s,
    )


@cache
def rejected() -> Vitals:
    """A video in which no face was found."""
    row = WindowVitals(0.0, 12.0, None, None, None, None, False, ("no_face",))
    return Vitals("b.mp4", "sspd", "sspd-1", 12.0, 25.0, (row,), reasons=("no_face",))


@cache
def failed() -> Vitals:
    """A video that could not be read."""
    return Vitals("c.mp4", "sspd", None, 0.0, None, (), error="c.mp4: no such file")
