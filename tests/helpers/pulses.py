"""Pulse waveforms with known beats, for the tests of reading them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Samples drawn for each one kept, so that a difference is nearly a derivative.
FINER = 8


@dataclass(frozen=True)
class Pulse:
    values: NDArray[np.float64]
    fs: float
    hr_bpm: float
    beats_s: NDArray[np.float64]


def _shape(phase: NDArray[np.float64], notch: float) -> NDArray[np.float64]:
    """A systolic and a dicrotic hump, periodic in phase."""
    out = np.zeros_like(phase)
    for centre, width, height in ((0.25, 0.10, 1.0), (0.58, 0.11, notch)):
        for turn in (-1, 0, 1):
            out += height * np.exp(-0.5 * ((phase % 1.0 - centre - turn) / width) ** 2)
    return out


def pulse_wave(
    bpm: float,
    seconds: float,
    rng: np.random.Generator,
    *,
    fs: float = 30.0,
    notch: float = 0.4,
    variability: float = 0.03,
    breath_hz: float = 0.25,
    differenced: bool = False,
    sign: float = 1.0,
) -> Pulse:
    """A beating waveform of standard deviation 1, whose rate swings at 0.1 Hz and with breath."""
    t = np.arange(round(seconds * fs) * FINER) / (fs * FINER)
    swing = np.sin(2 * np.pi * breath_hz * t + rng.uniform(0, 6))
    swing += np.sin(2 * np.pi * 0.1 * t + rng.uniform(0, 6))
    rate = bpm / 60 * (1 + 0.7 * variability * swing)
    phase = rng.uniform() + np.cumsum(rate) / (fs * FINER)
    wave = _shape(phase, notch)
    wave = sign * (np.gradient(wave) if differenced else wave)
    kept = wave[::FINER]
    turns = np.arange(np.ceil(phase[0] - 0.25), phase[-1] - 0.25) + 0.25
    beats = np.interp(turns, phase, t)
    hr_bpm = 60 * (phase[-1] - phase[0]) / (t[-1] - t[0])
    return Pulse((kept - kept.mean()) / kept.std(), fs, float(hr_bpm), beats)
