from __future__ import annotations

import numpy as np
import pytest

from pulses import pulse_wave
from sspd.signal import bandpass
from sspd.vitals import beats_of, pulse_band, read_rate

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


@pytest.mark.parametrize("bpm", RATES)
def test_single_beats_are_timed(bpm: float) -> None:
    rng = np.random.default_rng(bpm)
    pulse = pulse_wave(bpm, 60.0, rng, variability=0.04)
    noise = bandpass(rng.normal(size=pulse.values.size), 30.0, (0.5, 4.0))
    noisy = pulse.values + 0.2 * noise / noise.std()
    beats = beats_of(noisy, 30.0, 0.95 * pulse.hr_bpm, 1.05 * pulse.hr_bpm)
    inner = pulse.beats_s[(pulse.beats_s > 2) & (pulse.beats_s < 58)]
    late = beats[np.abs(beats[:, None] - inner[None]).argmin(axis=0)] - inner
    # The hump's top lags a little, always alike; what varies is the error of a beat.
    assert late.std() < 0.02
    assert abs(late.mean()) < 0.08
    assert np.unique(late + inner).size == inner.size
