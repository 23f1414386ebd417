"""Presets against slow versions of what their sources do, and the protocols' subjects."""

from __future__ import annotations

import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.research.evaluate import QUANTITIES, SCORINGS, get_scoring
from sspd.research.evaluate.readouts import all_peaks, contrast_phys_rate, pulse_peaks
from sspd.research.evaluate.toolbox import (
    toolbox_filter,
    toolbox_macc,
    toolbox_rate,
    toolbox_snr_db,
)
from sspd.signal import released_readout
from sspd.simulation import random_spec, truth

FS = 30.0


def wave(bpm: float, seed: int, n: int = 900, noise: float = 0.4) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    t = np.arange(n) / FS
    pulse = np.sin(2 * np.pi * bpm / 60 * t) + 0.3 * np.sin(4 * np.pi * bpm / 60 * t + 1)
    return pulse + noise * rng.standard_normal(n) + 0.5 * t / t[-1]


@pytest.mark.parametrize("bpm", [48.0, 72.0, 101.0, 160.0])
def test_toolbox_by_dense_matrices_and_a_literal_fourier_sum(bpm: float) -> None:
    from scipy.signal import butter, filtfilt

    x = wave(bpm, 1)
    n = x.size
    d = np.zeros((n - 2, n))
    for k in range(n - 2):
        d[k, k : k + 3] = 1, -2, 1
    flat = x - np.linalg.solve(np.eye(n) + 100**2 * d.T @ d, x)
    b, a = butter(1, [0.6 / FS * 2, 3.3 / FS * 2], btype="bandpass")
    kept = filtfilt(b, a, flat)
    bins = np.arange(1024 // 2 + 1)
    inside = bins[(bins * FS / 1024 >= 0.6) & (bins * FS / 1024 <= 3.3)]
    power = [abs(np.sum(kept * np.exp(-2j * np.pi * k * np.arange(n) / 1024))) for k in inside]
    slow = 60 * FS / 1024 * inside[int(np.argmax(power))]
    assert toolbox_rate(x, FS) == pytest.approx(slow)
    assert slow == pytest.approx(bpm, abs=2.0)


def test_contrast_phys_takes_the_fundamental_where_the_harmonic_is_higher() -> None:
    t = np.arange(900) / FS
    x = 0.8 * np.sin(2 * np.pi * 1.2 * t) + 1.0 * np.sin(2 * np.pi * 2.4 * t)
    assert contrast_phys_rate(x, FS) == pytest.approx(72.0)


def test_all_peaks_counts_every_maximum() -> None:
    x = wave(72.0, 2)
    tops = [k for k in range(1, x.size - 1) if x[k - 1] < x[k] > x[k + 1]]
    mean_interval_s = (tops[-1] - tops[0]) / (len(tops) - 1) / FS
    assert all_peaks(x, FS) == pytest.approx(60 / mean_interval_s)


@pytest.mark.parametrize("bpm", [44.0, 72.0, 101.0, 160.0])
def test_the_papers_preset_counts_the_peaks_behind_the_released_filter(bpm: float) -> None:
    x = wave(bpm, 2, noise=0.1)
    kept = released_readout(x, FS).filtered
    tops = [k for k in range(1, x.size - 1) if kept[k - 1] < kept[k] > kept[k + 1]]
    mean_interval_s = (tops[-1] - tops[0]) / (len(tops) - 1) / FS
    assert get_scoring("sspd").read(x, FS) == {"hr_bpm": pytest.approx(60 / mean_interval_s)}
    assert 60 / mean_interval_s == pytest.approx(bpm, abs=1.0)
    # the letter of Sec. IV-A
    assert get_scoring("all-maxima").read(x, FS)["hr_bpm"] > 1.3 * min(bpm, 150)


#: Presets whose rate is one number, and which have no other purpose.
PUBLISHED = ("spectral", "released", "sspd", "contrast-phys", "rppg-toolbox")


@pytest.mark.parametrize("scoring", PUBLISHED)
def test_a_true_pulse_is_read_right_at_any_rate(scoring: str) -> None:
    """A read-out that misreads blood volume itself can tell nothing of an estimate."""
    preset, misread = get_scoring(scoring), []
    for bpm in [60, 64, *range(40, 180, 11)]:  # 60 and 64: a high secondary wave
        rng = np.random.default_rng([5, bpm - 34])
        known = truth(random_spec(rng, "still", hr_bpm=float(bpm), duration_s=30.0, fps=FS))
        if abs(preset.read(known.bvp, FS)["hr_bpm"] - known.hr_bpm) > 1.5:
            misread.append(bpm)
    assert misread == []


@pytest.mark.parametrize("method", ["pos", "chrom", "lgi"])
def test_colour_methods_are_read_right_by_the_papers_preset(method: str) -> None:
    """POS read 424 for 72: every maximum of its noise was a beat."""
    from importlib import import_module

    t, rng = np.arange(900) / FS, np.random.default_rng(7)
    pulse = np.sin(2 * np.pi * 1.2 * t) + 0.3 * np.sin(4 * np.pi * 1.2 * t + 1)
    share = np.outer(pulse, [0.0016, 0.005, 0.0029]) + 0.0004 * rng.standard_normal((900, 3))
    rgb = np.array([150.0, 110.0, 90.0]) * (1 + share)
    waveform = getattr(import_module(f"sspd.signal.color.{method}"), f"{method}_waveform")(rgb, FS)
    assert pulse_peaks(waveform, FS) == pytest.approx(72.0, abs=1.0)
    assert all_peaks(waveform, FS) > 78


@pytest.mark.parametrize("name", sorted(SCORINGS))
def test_every_preset_reads_a_clear_pulse_and_says_where_it_is_from(name: str) -> None:
    preset = get_scoring(name)
    t = np.arange(900) / FS
    x = np.sin(2 * np.pi * 1.2 * t) + 1e-3 * np.random.default_rng(0).standard_normal(900)
    found = preset.read(x, FS)
    # nothing is filtered by all-maxima: noise as small as this adds no maximum
    assert found["hr_bpm"] == pytest.approx(72.0, abs=1.5)
    assert tuple(found) == preset.quantities
    assert set(found) <= set(QUANTITIES)
    assert len(preset.source) > 20
    assert preset.facts()["source"].startswith(preset.source)
    assert preset.facts()["source"].endswith(preset.caveat)


@pytest.mark.parametrize("name", sorted(SCORINGS))
def test_no_preset_makes_a_number_of_nothing(name: str) -> None:
    read = get_scoring(name).read
    assert read(np.zeros(4), FS) == {}
    for level in (0.0, 0.1, 1e6):  # rounding is no pulse
        assert read(np.full(900, level), FS) == {}
    if get_scoring(name).same_for_reference:
        # a contact waveform may come at any rate: under twice the band nothing is read of it
        assert read(np.sin(np.arange(80)), 2.0) == {}


@pytest.mark.parametrize("name", sorted(SCORINGS))
@pytest.mark.parametrize("fs", [8.0, 10.0, 12.5, FS])
def test_a_waveform_as_short_as_a_filters_ends_is_no_error(name: str, fs: float) -> None:
    """The toolbox' filter wanted one sample more than it was given, the released one eleven."""
    for n in range(4, 30):
        for bpm in get_scoring(name).read(np.sin(np.arange(n)), fs).values():
            assert np.isfinite(bpm)


@pytest.mark.parametrize("n", range(12))
def test_so_short_a_waveform_has_no_noise_and_no_agreement_either(n: int) -> None:
    wave = np.sin(np.arange(n))
    read = toolbox_filter(wave, FS), toolbox_macc(wave, wave, FS)
    assert all((one is None) is (n < 10) for one in read)
    if n < 10:
        assert toolbox_snr_db(wave, FS, 72.0) is None


def test_windows_too_short_for_a_scoring_are_rejected() -> None:
    short = 160 / 30
    for name in ("spectral", "measure", "nest"):
        with pytest.raises(UsageError, match=r"windows of 5\.3 s.*--scoring sspd"):
            get_scoring(name).in_windows(short)
        assert get_scoring(name).in_windows(None) == get_scoring(name)
    assert get_scoring("sspd").in_windows(short).window_s == short
