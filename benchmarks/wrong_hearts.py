"""Kinds 4-6: hearts at the ends of the range, changing rates, uneven rhythms."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.hearts import arrhythmias, rhythms
from wrong_base import Make, Take, Truth, alive, good, record

Beats = Callable[[Take], tuple[float, ...]]
#: Slow heart rates that were read at their double; more are drawn after these.
SLOW_BPM = (34.0, 36.5, 30.0, 38.0)


def heart(beats: Beats) -> Make:
    """Record a good video of a heart with these beats."""

    def make(take: Take) -> Truth:
        spec = good(take, beats_s=beats(take))
        record(take, spec)
        return alive(spec)

    return make


def even_slow(take: Take) -> tuple[float, ...]:
    """Record 30 to 39 beats per minute, regular as a metronome."""
    drawn = float(take.rng.uniform(33, 39))
    hr_bpm = SLOW_BPM[take.number] if take.number < len(SLOW_BPM) else drawn
    return rhythms.steady(take.rng, take.duration_s, hr_bpm)


def slow(take: Take) -> tuple[float, ...]:
    """Record 27 to 39 beats per minute, with a little variability."""
    hr_bpm = float(take.rng.uniform(27, 39))
    return rhythms.by_rate(
        take.rng,
        take.duration_s,
        lambda t: np.full_like(t, hr_bpm),
        float(take.rng.uniform(0, 0.04)),
    )


def fast(take: Take) -> tuple[float, ...]:
    """Record 205 to 215 beats per minute, regular."""
    return rhythms.steady(take.rng, take.duration_s, float(take.rng.uniform(205, 215)))


def ramp(take: Take) -> tuple[float, ...]:
    """Record a rate that rises or falls steeply, such as 62 to 102 bpm in half a minute."""
    rng = take.rng
    low, rise = (62.0, 40.0) if take.number == 0 else (rng.uniform(50, 90), rng.uniform(20, 60))
    ends = [float(low), float(low + rise * take.duration_s / 30)]
    if take.number and rng.random() < 0.4:
        ends.reverse()
    return rhythms.ramp(rng, take.duration_s, *ends)


def recovery(take: Take) -> tuple[float, ...]:
    """Record a heart after exercise: 120 to 170 bpm, falling."""
    rng = take.rng
    ends = float(rng.uniform(120, 170)), float(rng.uniform(75, 100))
    return rhythms.recovery(rng, take.duration_s, *ends, tau_s=float(rng.uniform(8, 30)))


def jump(take: Take) -> tuple[float, ...]:
    """Record a heart that jumps by 15 to 45 bpm within two seconds, as when standing up."""
    rng = take.rng
    low = float(rng.uniform(55, 85))
    high, at_s = low + float(rng.uniform(15, 45)), take.duration_s * float(rng.uniform(0.3, 0.7))
    return rhythms.jump(rng, take.duration_s, low, high, at_s, over_s=float(rng.uniform(1, 4)))


def deep_breathing(take: Take) -> tuple[float, ...]:
    """Record six breaths per minute: the rate varies by 8 to 18 bpm to each side."""
    rng = take.rng
    mean, depth, hz = rng.uniform(58, 85), rng.uniform(8, 18), rng.uniform(0.08, 0.12)
    phase = rng.uniform(0, 2 * np.pi)

    def rate(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(mean + depth * np.sin(2 * np.pi * hz * t + phase))

    return rhythms.by_rate(rng, take.duration_s, rate, 0.01)


def rr_files() -> list[Path]:
    """List the files of recorded intervals, if their folder is there."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("SSPD_SHARED", beside)) / "data" / "rr"
    return sorted(folder.glob("*.rr.txt"))


def recorded(take: Take) -> tuple[float, ...]:
    """Record a heart with a part of recorded intervals, another person for each video."""
    files = rr_files()
    row = [float(word) for word in files[take.number % len(files)].read_text().split()]
    return arrhythmias.recorded(take.rng, take.duration_s, [ms for ms in row if 260 < ms < 2900])


def bigeminy(take: Take) -> tuple[float, ...]:
    """Record every other beat early: 0.56 and 1.04 s in turn, and similar ones."""
    pair = (0.56, 1.04) if take.number == 0 else _coupled(take.rng, take.rng.uniform(0.62, 0.95))
    return arrhythmias.pattern(take.rng, take.duration_s, pair)


def trigeminy(take: Take) -> tuple[float, ...]:
    """Record every third beat early."""
    usual = float(take.rng.uniform(0.62, 0.95))
    return arrhythmias.pattern(take.rng, take.duration_s, (usual, *_coupled(take.rng, usual)))


def _coupled(rng: np.random.Generator, usual: float) -> tuple[float, float]:
    early = float(rng.uniform(0.6, 0.8)) * usual
    return early, float(2 * usual - early)


def early(take: Take) -> tuple[float, ...]:
    """Record a tenth to a third of the beats early, at random."""
    rng = take.rng
    return arrhythmias.early_beats(
        rng, take.duration_s, float(rng.uniform(58, 95)), share=float(rng.uniform(0.1, 0.33))
    )


def fibrillation(take: Take) -> tuple[float, ...]:
    """Record a random rhythm without memory."""
    rng = take.rng
    return arrhythmias.fibrillation(
        rng, take.duration_s, float(rng.uniform(65, 130)), spread=float(rng.uniform(0.16, 0.28))
    )
