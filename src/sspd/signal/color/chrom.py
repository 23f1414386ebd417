"""CHROM: two chrominance signals, combined so that motion cancels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal import bandpass
from sspd.signal.color.overlap_add import overlap_add_windows

#: Length of the windows, seconds (32 frames at 20 Hz in the paper).
CHROM_WINDOW_S = 1.6
#: Band of the filter, Hz: 40 to 240 beats per minute.
CHROM_BAND_HZ = (40 / 60, 4.0)


def chrom_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Compute the CHROM waveform of mean skin colours; it rises with the blood volume.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, linear to the light, any unit, above 0.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        Shorter than a window.

    Notes
    -----
    De Haan and Jeanne 2013: X = 3R - 2G and Y = 1.5R + G - 1.5B of the normalised colours
    are band-passed, and S = X - (std X / std Y) Y, in Hann windows that overlap by half.

    >>> t = np.arange(300) / 30
    >>> pulse = np.sin(2 * np.pi * 1.2 * t)
    >>> colour = 100 * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53])
    >>> round(float(np.corrcoef(chrom_waveform(colour, 30.0), pulse)[0, 1]), 1)
    1.0
    """

    def part(change: NDArray[np.float64]) -> NDArray[np.float64]:
        red, green, blue = change.T
        x = bandpass(3 * red - 2 * green, fs, CHROM_BAND_HZ)
        y = bandpass(1.5 * red + green - 1.5 * blue, fs, CHROM_BAND_HZ)
        spread = float(y.std())
        return x - (float(x.std()) / spread if spread > 0 else 0.0) * y

    return overlap_add_windows(rgb, fs, CHROM_WINDOW_S, part, "CHROM")
