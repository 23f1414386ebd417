"""The heart-rate read-out of the released SSPD code, for comparison with its results.

Band-pass, Morlet wavelet transform, a soft mask around the strongest frequency, the
inverse transform, and the mean of the rates between all peaks. Transform and inverse
follow Torrence and Compo, "A practical guide to wavelet analysis", BAMS 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from sspd.errors import UsageError
from sspd.signal.filters import checked

#: Band of the released code's filter, Hz, and its order in one pass.
RELEASED_BAND_HZ = (0.5, 3.0)
RELEASED_ORDER = 4
#: The 107 analysed frequencies, Hz: 3.75 down to 0.6445.
FREQUENCIES_HZ: NDArray[np.float64] = np.arange(128, 21, -1) * np.float64(30 / 1024)
#: Width of the mask, as a fraction of the number of frequencies.
MASK_WIDTH = 0.08
#: Non-dimensional frequency of the Morlet wavelet.
OMEGA0 = 6.0
#: Reconstruction constants of that wavelet (Torrence and Compo, Table 2).
C_DELTA = 0.776
PSI_0 = np.pi**-0.25
#: Scale spacing in the released code's inverse transform; only the amplitude depends on it.
D_J = 1 / 12


@dataclass(frozen=True, eq=False)
class ReleasedReadout:
    """Heart rate and filtered waveform of the released read-out."""

    hr_bpm: float
    """NaN with fewer than two peaks."""
    filtered: NDArray[np.float64]
    """Waveform behind the soft mask, shape (time,)."""


def _scales(freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scales, seconds, of Fourier frequencies (Torrence and Compo, Table 1)."""
    scales: NDArray[np.float64] = (OMEGA0 + np.sqrt(2 + OMEGA0**2)) / (4 * np.pi * freqs_hz)
    return scales


def morlet_transform(
    sig: ArrayLike, fs: float, freqs_hz: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Compute the continuous wavelet transform with a Morlet wavelet, by FFT.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Sampling rate, Hz.
    freqs_hz : array, shape (frequencies,)
        Fourier frequencies of the rows, Hz.

    Returns
    -------
    complex128 array, shape (frequencies, time)

    Notes
    -----
    Torrence and Compo 1998, Eq. 4-6, zero-padded to a power of two.

    >>> t = np.arange(600) / 30
    >>> W = morlet_transform(np.sin(2 * np.pi * 1.5 * t), 30.0, np.array([1.0, 1.5, 2.0]))
    >>> int(np.abs(W).mean(axis=1).argmax())
    1
    """
    values = checked(sig, fs)
    n = 1 << (values.size - 1).bit_length()
    omega = 2 * np.pi * np.fft.fftfreq(n, 1 / fs)
    s = _scales(freqs_hz)[:, None]
    norm = np.sqrt(2 * np.pi * s * fs)
    daughters = norm * np.pi**-0.25 * np.exp(-0.5 * (s * omega - OMEGA0) ** 2) * (omega > 0)
    full = np.fft.ifft(np.fft.fft(values, n) * daughters, axis=1)
    return full[:, : values.size]


def least_samples(fs: float) -> int:
    """Return the least number of samples that the released read-out accepts.

    Parameters
    ----------
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    int
        2 s, or the padding of the filter at both ends if that is more.

    >>> least_samples(30.0), least_samples(8.0)
    (60, 28)
    """
    return max(int(np.ceil(2 * fs)), 3 * (2 * RELEASED_ORDER + 1) + 1)


def released_readout(sig: ArrayLike, fs: float) -> ReleasedReadout:
    """Read the heart rate as the released code does.

    Parameters
    ----------
    sig : array, shape (time,)
        The network's output, 2 s and 28 samples or longer.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    ReleasedReadout

    Raises
    ------
    UsageError
        The waveform is shorter or not finite, or the rate is under 8 Hz.

    >>> t = np.arange(900) / 30
    >>> round(released_readout(np.sin(2 * np.pi * 1.25 * t), 30.0).hr_bpm, 1)
    75.0
    """
    if fs < 8:
        raise UsageError(f"the released read-out needs 8 Hz or more, got {fs} Hz")
    values = checked(sig, fs, at_least=least_samples(fs))
    # Transfer function, not second-order sections: the padding at its ends changes the result
    # that is compared.
    b, a = scipy.signal.butter(RELEASED_ORDER, RELEASED_BAND_HZ, btype="bandpass", fs=fs)
    transform = morlet_transform(scipy.signal.filtfilt(b, a, values), fs, FREQUENCIES_HZ)
    centre = int(np.abs(transform).mean(axis=1).argmax())
    count = FREQUENCIES_HZ.size
    mask = np.exp(-(((np.arange(count) - centre) / (MASK_WIDTH * count)) ** 2))
    weighted = np.real(transform) * mask[:, None] / np.sqrt(_scales(FREQUENCIES_HZ))[:, None]
    filtered = D_J / (np.sqrt(fs) * C_DELTA * PSI_0) * weighted.sum(axis=0)
    inner = (filtered[1:-1] >= filtered[:-2]) & (filtered[1:-1] > filtered[2:])
    peaks = np.flatnonzero(inner) + 1
    rate = float(np.mean(60 * fs / np.diff(peaks))) if peaks.size > 1 else float("nan")
    return ReleasedReadout(rate, filtered)
