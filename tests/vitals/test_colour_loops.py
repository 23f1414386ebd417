from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sspd.types import FrameStats
from sspd.vitals.acceptance import still_scene
from sspd.vitals.colour_loops import colour_period
from sspd.vitals.new_frames import looped

FS, SECONDS = 30.0, 16.0


def _scene(seed: int, period_s: float | None = None, *, noise: float = 1.0) -> FrameStats:
    """Four parts of a face with a pulse, and a camera's noise that recurs or does not."""
    rng, n = np.random.default_rng(seed), int(FS * SECONDS)
    t = np.arange(n) / FS
    grain = rng.normal(0, 0.2, (n, 4, 3))
    clock = t if period_s is None else t % period_s
    if period_s is not None:
        grain = grain[np.round(clock * FS).astype(int)] + noise * rng.normal(0, 0.1, (n, 4, 3))
    phase = 2 * np.pi * 1.3 * clock
    pulse = np.cos(phase) + 0.5 * np.cos(2 * phase) + 0.3 * np.cos(3 * phase)
    rgb = 120 + grain - 0.4 * pulse[:, None, None] * np.array([0.4, 1.0, 0.6])
    return replace(still_scene(t), quarters_rgb=rgb.astype(np.float32))


@pytest.mark.parametrize("period_s", [1.0, 1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_colours_that_recur_under_new_noise_are_a_loop(seed: int, period_s: float) -> None:
    found_s = colour_period(_scene(seed, period_s))
    assert found_s is not None
    assert found_s / period_s == pytest.approx(round(found_s / period_s), abs=0.03)
    recurring, period = looped(_scene(seed, period_s))
    assert period == found_s
    assert recurring.mean() > 0.3


@pytest.mark.parametrize("seed", range(12))
def test_a_pulse_and_noise_that_never_comes_back_are_no_loop(seed: int) -> None:
    assert colour_period(_scene(seed)) is None


def test_key_frames_at_even_distances_are_no_loop() -> None:
    frame_stats = _scene(3)
    rgb: NDArray[np.float32] = frame_stats.quarters_rgb.copy()
    rgb[::45] += 1.5  # a codec begins anew each 1.5 s
    assert colour_period(replace(frame_stats, quarters_rgb=rgb)) is None


def test_too_little_says_nothing() -> None:
    frame_stats = _scene(0, 1.0)
    uneven = frame_stats.t.copy()
    uneven[200:] += 0.5
    assert colour_period(replace(frame_stats, t=uneven)) is None
    assert colour_period(replace(frame_stats, t=frame_stats.t * 4)) is None  # 7.5 frames a second
    assert (
        colour_period(replace(frame_stats, quarters_rgb=0 * frame_stats.quarters_rgb + 90)) is None
    )
