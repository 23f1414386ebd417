"""The heart-rate read-out of the released SSPD code, for comparing with its numbers.

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

#: Band of the released filter, Hz, and its order in one pass.
BAND_HZ = (0.5, 3.0)
ORDER = 4
#: The 107 analysed frequencies, Hz: 3.75 down to 0.6445.
FREQUENCIES_HZ: NDArray[np.float64] = np.arange(128, 21, -1) * np.float64(30 / 1024)
#: Width of the mask, as a share of the number of frequencies.
MASK_WIDTH = 0.08
#: Non-dimensional frequency of the Morlet wavelet.
OMEGA0 = 6.0
#: Reconstruction constants of that wavelet (Torrence and Compo, Table 2).
C_DELTA = 0.776
PSI_0 = np.pi**-0.25
#: Scale spacing that the released code passes to the inverse; it only sets the size.
D_J = 1 / 12


@dataclass(frozen=True, eq=False)
class ReleasedReadout:
    """``hr_bpm`` (NaN with fewer than two peaks) and the masked waveform."""

    hr_bpm: float
    filtered: NDArray[np.float64]


def _scales(freqs_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scales, seconds, of Fourier frequencies (Torrence and Compo, Table 1)."""
    scales: NDArray[np.float64] = (OMEGA0 + np.sqrt(2 + OMEGA0**2)) / (4 * np.pi * freqs_hz)
    return scales


def morlet_transform(
    sig: ArrayLike, fs: float, freqs_hz: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Continuous wavelet transform with a Morlet wavelet, by FFT.

    Parameters
    ----------
    sig : array, shape (time,)
    fs : float
        Hz.
    freqs_hz : array, shape (frequencies,)
        Fourier frequencies at which to look, Hz.

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
    """How many samples the released read-out wants: 2 s, and what its filter adds at each end.

    >>> least_samples(30.0), least_samples(8.0)
    (60, 28)
    """
    return max(int(np.ceil(2 * fs)), 3 * (2 * ORDER + 1) + 1)


def released_readout(sig: ArrayLike, fs: float) -> ReleasedReadout:
    """Read the heart rate as the released code does.

    Parameters
    ----------
    sig : array, shape (time,)
        The network's output, 2 s and 28 samples or longer.
    fs : float
        Hz.

    Raises
    ------
    UsageError
        Shorter, not finite, or a rate under 8 Hz.

    >>> t = np.arange(900) / 30
    >>> round(released_readout(np.sin(2 * np.pi * 1.25 * t), 30.0).hr_bpm, 1)
    75.0
    """
    if fs < 8:
        raise UsageError(f"the released read-out needs 8 Hz or more, got {fs} Hz")
    values = checked(sig, fs, at_least=least_samples(fs))
    # One polynomial ratio, not second-order sections: the padding of its ends is part
    # of the number that is compared.
    b, a = scipy.signal.butter(ORDER, BAND_HZ, btype="bandpass", fs=fs)
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
