"""PCA: the most pulsatile principal component of the colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal.color.components import most_pulsatile, normalised, principal, rising_with_blood


def pca_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Compute the PCA waveform of mean skin colours; it rises with the blood volume.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, any unit.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        Less than a second.

    Notes
    -----
    Lewandowska et al. 2011, with three colours. The component with the highest spectral line
    in the pulse band is taken, as in Poh et al. 2011.

    >>> t = np.arange(300) / 30
    >>> pulse = np.sin(2 * np.pi * 1.2 * t)
    >>> colour = 100 * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53])
    >>> round(float(np.corrcoef(pca_waveform(colour, 30.0), pulse)[0, 1]), 1)
    1.0
    """
    colours = normalised(rgb, fs, "PCA")
    components = principal(colours)
    if not len(components):
        return np.zeros(colours.shape[1])
    return rising_with_blood(most_pulsatile(components, fs), colours[1])
