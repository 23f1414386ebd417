"""Waveforms and rounded numbers, of which the inputs of the test vectors are made."""

from __future__ import annotations

from typing import Any

import numpy as np

Case = dict[str, Any]


def pulse(
    fs: float, seconds: float, bpm: float, seed: int, *, noise: float = 0.2, **shape: float
) -> list[float]:
    """Draw a pulse waveform: two harmonics, a rate that wanders, slow drift, white noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * fs)) / fs
    rate = bpm / 60 * (1 + shape.get("swing", 0.03) * np.sin(2 * np.pi * 0.22 * t))
    rate = rate + shape.get("rise", 0.0) * t
    turn = 2 * np.pi * np.cumsum(rate) / fs
    doubled = np.sin(2 * turn + shape.get("phase", 1.0))
    wave = shape.get("first", 1.0) * np.sin(turn) + shape.get("second", 0.35) * doubled
    wave = wave * (1 + 0.1 * np.sin(2 * np.pi * 0.22 * t + 1)) + 0.5 * np.sin(0.4 * t)
    return rounded(wave + noise * rng.normal(size=t.size), 3)


def rounded(values: Any, digits: int) -> list[float]:
    """Round input values, so that files stay small."""
    return [float(v) for v in np.round(np.asarray(values, np.float64), digits)]
