"""Signal-to-noise ratio of a pulse waveform."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sspd.signal.spectrum import power_spectrum

#: Half width of the windows around the rate and its second harmonic, Hz (6 bpm).
SNR_HALF_WIDTH_HZ = 0.1


def band_shares(
    sig: ArrayLike, fs: float, f_hz: float, f_range: tuple[float, float]
) -> tuple[float, float]:
    """Return the power near a rate and its second harmonic, and in the rest of a band.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    f_hz : float
        Pulse rate, Hz.
    f_range : (low, high)
        Band, Hz.

    Returns
    -------
    pulse, rest : float
        Sums of power, in the same unit.

    >>> t = np.arange(900) / 30
    >>> pulse, rest = band_shares(np.sin(2 * np.pi * 1.5 * t), 30.0, 1.5, (0.5, 4.0))
    >>> pulse / (pulse + rest) > 0.99
    True
    """
    freqs, power = power_spectrum(sig, fs, f_range)
    near = np.abs(freqs - f_hz) <= SNR_HALF_WIDTH_HZ
    near |= np.abs(freqs - 2 * f_hz) <= SNR_HALF_WIDTH_HZ
    return float(power[near].sum()), float(power[~near].sum())


def snr_db(sig: ArrayLike, fs: float, f_hz: float, f_range: tuple[float, float]) -> float:
    """Return the signal-to-noise ratio of a pulse of known rate, dB.

    The ratio of the power within 6 bpm of the rate and of its second harmonic to the power
    in the rest of the band (de Haan and Jeanne, "Robust pulse rate from chrominance-based
    rPPG", IEEE TBME 2013, Sec. IV, with the window width that is usual today).

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    f_hz : float
        Pulse rate, Hz.
    f_range : (low, high)
        Band, Hz.

    Returns
    -------
    float
        dB; NaN for a constant waveform.

    >>> rng = np.random.default_rng(0)
    >>> t = np.arange(900) / 30
    >>> wave = np.sin(2 * np.pi * 1.5 * t)
    >>> clean = snr_db(wave + 0.1 * rng.normal(size=900), 30.0, 1.5, (0.5, 4.0))
    >>> noisy = snr_db(wave + 2.0 * rng.normal(size=900), 30.0, 1.5, (0.5, 4.0))
    >>> clean > 15 > noisy
    True
    """
    pulse, rest = band_shares(sig, fs, f_hz, f_range)
    if pulse + rest <= 0:
        return float("nan")
    return float(10 * np.log10(max(pulse, 1e-30) / max(rest, 1e-30)))
