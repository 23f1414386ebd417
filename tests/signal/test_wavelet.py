from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sspd.errors import UsageError
from sspd.signal import released_readout
from sspd.signal.wavelet import FREQUENCIES_HZ, morlet_transform


def test_the_released_number_is_met(shared: Path) -> None:
    with np.load(shared / "reference" / "released_hr.npz") as known:
        found = released_readout(known["waveform"], float(known["fs"]))
        assert found.hr_bpm == pytest.approx(float(known["hr_bpm"]), abs=0.05)
        np.testing.assert_allclose(found.filtered, known["filtered"], atol=1e-6)


def test_the_analysed_frequencies_are_those_written_down() -> None:
    assert FREQUENCIES_HZ.size == 107
    assert FREQUENCIES_HZ[0] == 3.75
    assert FREQUENCIES_HZ[-1] == pytest.approx(0.6445, abs=1e-4)
    assert -np.diff(FREQUENCIES_HZ) == pytest.approx(0.0293, abs=1e-4)


def test_transform_equals_the_convolution_in_time() -> None:
    # Torrence and Compo 1998, Eq. 2: a sum over shifted, stretched wavelets.
    rng = np.random.default_rng(7)
    values, fs, f_hz = rng.normal(size=256), 16.0, 1.1
    scale = (6 + np.sqrt(38)) / (4 * np.pi * f_hz)
    fast = morlet_transform(values, fs, np.array([f_hz]))[0]
    for n in (100, 128, 150):
        eta = (np.arange(256) - n) / fs / scale
        wavelet = np.pi**-0.25 * np.exp(6j * eta - eta**2 / 2)
        slow = np.sqrt(1 / (fs * scale)) * (values * wavelet.conj()).sum()
        assert abs(fast[n] - slow) < 1e-6


@pytest.mark.parametrize("bpm", [48, 75, 110, 160])
@pytest.mark.parametrize("fs", [25.0, 30.0, 50.0])
def test_a_known_rate_is_read(bpm: float, fs: float) -> None:
    t = np.arange(int(30 * fs)) / fs
    assert released_readout(np.sin(2 * np.pi * bpm / 60 * t), fs).hr_bpm == pytest.approx(
        bpm, rel=0.02
    )


def test_nothing_is_nan_and_too_short_is_said() -> None:
    assert np.isnan(released_readout(np.zeros(120), 30.0).hr_bpm)
    with pytest.raises(UsageError, match="too short"):
        released_readout(np.zeros(30), 30.0)
    with pytest.raises(UsageError, match="8 Hz"):
        released_readout(np.zeros(300), 5.0)
