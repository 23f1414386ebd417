from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.pulses import pulse_wave
from sspd.signal import bandpass
from sspd.simulation import VideoSpec, random_spec, truth
from sspd.simulation.hearts.rhythms import beats_of_intervals
from sspd.vitals import pulse_band, read_rate
from sspd.vitals.heart_rate import Reading, read_half

RATES = [40, 47, 60, 72, 88, 110, 140, 170, 200]


@pytest.mark.parametrize("bpm", RATES)
@pytest.mark.parametrize("seconds", [10.0, 30.0])
def test_both_readings_find_the_rate(bpm: float, seconds: float) -> None:
    for sign in (1.0, -1.0):
        rng = np.random.default_rng([bpm, int(seconds)])
        pulse = pulse_wave(bpm, seconds, rng, sign=sign)
        noise = bandpass(rng.normal(size=pulse.values.size), 30.0, (0.5, 4.0))
        reading = read_rate(pulse_band(pulse.values + 0.2 * noise / noise.std(), 30.0), 30.0)
        assert reading.spectral_bpm == pytest.approx(pulse.hr_bpm, rel=0.02, abs=1.5)
        assert reading.peaks_bpm == pytest.approx(pulse.hr_bpm, abs=5.0)
        assert reading.snr_db is not None
        assert reading.snr_db > 1


def test_nothing_is_read_from_nothing() -> None:
    reading = read_rate(np.zeros(300), 30.0)
    assert (reading.spectral_bpm, reading.peaks_bpm, reading.snr_db) == (None, None, None)


FS = 30.0


def of_a_network(pulse: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a pulse as a network shows it: slow waves weaker, noise of 1/f in its band."""
    freqs = np.fft.rfftfreq(pulse.size, 1 / FS)
    gain = np.minimum(freqs / 1.4, 1.0) ** rng.uniform(1.0, 1.7)
    noise = np.fft.rfft(rng.standard_normal(pulse.size)) / np.sqrt(np.maximum(freqs, 0.2))
    shown, other = (
        pulse_band(np.fft.irfft(gain * part, pulse.size), FS)
        for part in (np.fft.rfft(pulse - pulse.mean()), noise)
    )
    return shown + other * (shown.std() / other.std() * 10 ** (-rng.uniform(5, 15) / 20))


def read_twice(spec: VideoSpec, rng: np.random.Generator) -> tuple[Reading, Reading | None]:
    values = of_a_network(truth(spec).bvp, rng)
    reading = read_rate(values, FS)
    return reading, read_half(values, FS, reading)


@pytest.mark.parametrize("seed", range(8))
def test_half_of_a_rate_is_a_slow_heart_below_what_is_searched(seed: int) -> None:
    rng = np.random.default_rng([1, seed])
    hr_bpm = float(rng.uniform(33.5, 35.5))
    spec = random_spec(rng, "still", hr_bpm=hr_bpm, duration_s=30.0, fps=FS)
    reading, half = read_twice(spec, rng)
    assert reading.spectral_bpm == pytest.approx(2 * hr_bpm, abs=2)
    assert half is not None
    assert half.spectral_bpm == pytest.approx(hr_bpm, abs=1)


@pytest.mark.parametrize("seed", range(12))
def test_even_beats_have_no_such_half(seed: int) -> None:
    rng = np.random.default_rng([2, seed])
    hr_bpm = float(rng.uniform(66.5, 71.5))
    spec = random_spec(rng, "still", hr_bpm=hr_bpm, duration_s=30.0, fps=FS)
    reading, half = read_twice(spec, rng)
    assert reading.spectral_bpm == pytest.approx(hr_bpm, abs=1.5)
    assert half is None


def pairs(rng: np.random.Generator, early: float) -> Iterator[float]:
    """Intervals of 68 bpm in pairs, the first a fraction of the mean."""
    while True:
        for share in (early, 2 - early):
            yield 60 / 68 * share * (1 + 0.02 * rng.standard_normal())


@pytest.mark.parametrize("early", [0.8, 0.85, 0.9, 0.95])
def test_nor_have_beats_in_pairs(early: float) -> None:
    rng = np.random.default_rng([3, round(100 * early)])
    beats = beats_of_intervals(pairs(rng, early), 30.0, 0.3)
    reading, half = read_twice(VideoSpec(duration_s=30.0, fps=FS, beats_s=beats), rng)
    assert reading.spectral_bpm == pytest.approx(68, abs=2)
    assert half is None
