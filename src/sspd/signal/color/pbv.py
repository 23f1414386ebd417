"""PBV: the signature that blood volume leaves in the three colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal.color.overlap_add import overlap_add_windows

#: Length of the windows, seconds.
WINDOW_S = 3.2
#: Channels that change alike to this share of the light are those of a grey video.
GREY = 1e-9
#: How much of the pulse is in red, green and blue under white light, of length 1.
SIGNATURE = (0.33, 0.77, 0.53)


def pbv_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """PBV waveform of a colour trace; it rises with the blood volume.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, linear to the light, any unit, above 0.
    fs : float
        Hz.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        Shorter than a window.

    Notes
    -----
    De Haan and van Leest 2014: of the normalised colours C of a window the weights
    W = k P (C Cᵀ)⁻¹ give the waveform W C whose correlation with the colours is P; k makes
    W a unit vector. A pseudo-inverse stands in where colours go together exactly; a grey
    video, without a signature, gives zeros.

    >>> t = np.arange(300) / 30
    >>> pulse = np.sin(2 * np.pi * 1.2 * t)
    >>> colour = 100 * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53])
    >>> round(float(np.corrcoef(pbv_waveform(colour, 30.0), pulse)[0, 1]), 2)
    1.0
    """

    def part(change: NDArray[np.float64]) -> NDArray[np.float64]:
        if np.ptp(change, axis=1).max() <= GREY:
            return np.zeros(len(change))
        weights = np.linalg.pinv(change.T @ change, rcond=1e-9, hermitian=True) @ SIGNATURE
        length = float(np.linalg.norm(weights))
        # more blood is less light
        return -change @ weights / length if length > 0 else np.zeros(len(change))

    return overlap_add_windows(rgb, fs, WINDOW_S, part, "PBV")
