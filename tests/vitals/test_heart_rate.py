from __future__ import annotations

import numpy as np
import pytest

from helpers.pulses import pulse_wave
from sspd.signal import bandpass
from sspd.vitals import pulse_band, read_rate

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
