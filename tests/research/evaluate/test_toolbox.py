"""Signal-to-noise ratio and agreement of waveforms against literal versions."""

from __future__ import annotations

import numpy as np
import pytest

from research.evaluate.literal_scorings import snr_db, toolbox_kept
from sspd.research.evaluate.toolbox import (
    toolbox_filter,
    toolbox_macc,
    toolbox_rate,
    toolbox_snr_db,
)


def wave(bpm: float, seed: int, n: int, fs: float, noise: float = 1.0) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    t = np.arange(n) / fs
    pulse = np.sin(2 * np.pi * bpm / 60 * t) + 0.4 * np.sin(4 * np.pi * bpm / 60 * t + 1)
    return pulse + noise * rng.standard_normal(n) + t


@pytest.mark.parametrize(("bpm", "n", "fs"), [(50, 450, 30), (72, 300, 25), (130, 900, 60)])
def test_ratio_is_that_of_literal_sums(bpm: float, n: int, fs: float) -> None:
    x = wave(bpm, n, n, fs)
    assert toolbox_filter(x, fs) == pytest.approx(toolbox_kept(x, fs), abs=1e-8)
    for at_bpm in (bpm, bpm + 25.0, 110.0):
        assert toolbox_snr_db(x, fs, at_bpm) == pytest.approx(snr_db(x, fs, at_bpm), abs=1e-7)


def test_ratio_of_a_known_mixture() -> None:
    """Two lines on bins: the pulse's 100 times the power of the other."""
    t = np.arange(1024) / 32
    pulse, other = np.sin(2 * np.pi * 1.5 * t), 0.1 * np.sin(2 * np.pi * 1.0 * t)
    both = toolbox_snr_db(pulse + other, 32.0, 90.0)
    kept = [toolbox_filter(part, 32.0) for part in (pulse, other)]
    wanted = 10 * np.log10(np.sum(kept[0] ** 2) / np.sum(kept[1] ** 2))
    assert both == pytest.approx(wanted, abs=0.3)


def test_a_second_harmonic_counts_beyond_the_band() -> None:
    t = np.arange(1024) / 32
    grain = 0.5 * np.random.default_rng(0).standard_normal(t.size)
    first = np.sin(2 * np.pi * 2.25 * t) + grain
    second = first + 4 * np.sin(2 * np.pi * 4.5 * t)
    assert toolbox_snr_db(second, 32.0, 135.0) > toolbox_snr_db(first, 32.0, 135.0) + 2


def test_more_noise_is_a_smaller_ratio() -> None:
    found = [toolbox_snr_db(wave(72, 1, 900, 30, noise), 30.0, 72.0) for noise in (0.2, 1, 5, 50)]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("shift", [0, 7, 120])
def test_agreement_is_the_largest_correlation_of_all_turns(shift: int) -> None:
    one, other = wave(72, 1, 300, 30), np.roll(wave(72, 2, 300, 30), shift)
    a, b = toolbox_kept(one, 30.0), toolbox_kept(other, 30.0)
    slow = max(abs(np.corrcoef(a, np.roll(b, k))[0, 1]) for k in range(300))
    assert toolbox_macc(one, other, 30.0) == pytest.approx(slow, abs=1e-7)
    assert toolbox_macc(one, -one, 30.0) == pytest.approx(1.0)


def test_what_cannot_be_had_is_none() -> None:
    x = wave(72, 1, 300, 30)
    assert toolbox_rate(np.zeros(300), 30.0) is None
    assert toolbox_rate(x, 6.0) is None
    assert toolbox_rate(x[:8], 30.0) is None
    assert toolbox_snr_db(np.zeros(300), 30.0, 72.0) is None
    assert toolbox_snr_db(x[:8], 30.0, 72.0) is None
    assert toolbox_macc(x, np.zeros(300), 30.0) is None
    assert toolbox_macc(x, x[:-1], 30.0) is None
