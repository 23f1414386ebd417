"""PBV: projection on the signature of the blood volume pulse in the three colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal.color.overlap_add import overlap_add_windows

#: Length of the windows, seconds.
PBV_WINDOW_S = 3.2
#: A video is grey if its channels' relative changes differ by no more than this.
SAME_CHANGE = 1e-9
#: Relative strength of the pulse in red, green and blue under white light; a unit vector.
SIGNATURE = (0.33, 0.77, 0.53)


def pbv_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Compute the PBV waveform of mean skin colours; it rises with the blood volume.

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
    De Haan and van Leest 2014: with the normalised colours C of a window, the weights
    W = k P (C Cᵀ)⁻¹ give the waveform W C that correlates with the colours as the signature
    P; k makes W a unit vector. Linearly dependent colours are handled by a pseudo-inverse; a
    grey video, which has no signature, gives zeros.

    >>> t = np.arange(300) / 30
    >>> pulse = np.sin(2 * np.pi * 1.2 * t)
    >>> colour = 100 * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53])
    >>> round(float(np.corrcoef(pbv_waveform(colour, 30.0), pulse)[0, 1]), 2)
    1.0
    """

    def part(change: NDArray[np.float64]) -> NDArray[np.float64]:
        if np.ptp(change, axis=1).max() <= SAME_CHANGE:
            return np.zeros(len(change))
        weights = np.linalg.pinv(change.T @ change, rcond=1e-9, hermitian=True) @ SIGNATURE
        length = float(np.linalg.norm(weights))
        # more blood is less light
        return -change @ weights / length if length > 0 else np.zeros(len(change))

    return overlap_add_windows(rgb, fs, PBV_WINDOW_S, part, "PBV")
