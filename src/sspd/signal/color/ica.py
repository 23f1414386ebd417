"""ICA: the most pulsatile independent component of the colours."""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.signal.color.components import most_pulsatile, normalised, principal, rising_with_blood

#: Smaller rotations, radians, are skipped; without a larger one the iteration ends.
_STILL = 1e-9
_MOST_SWEEPS = 100


def jade(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Separate white signals into independent components by fourth-order cumulants (JADE).

    Nothing is random: the same signals give the same components.

    Parameters
    ----------
    white : float64 array, shape (channels, time)
        Of mean 0, variance 1, uncorrelated.

    Returns
    -------
    float64 array, shape (channels, time)

    Notes
    -----
    J.-F. Cardoso, "High-order contrasts for independent component analysis", Neural
    Computation 11(1), 1999: joint approximate diagonalization of the cumulant matrices, by
    Jacobi rotations of two channels at a time.

    >>> t = np.arange(600) / 30
    >>> sources = np.stack([np.sin(7 * t), np.sign(np.sin(3 * t))])
    >>> found = jade(principal(np.array([[1.0, 0.4], [0.3, 1.0]]) @ sources))
    >>> round(float(np.abs(np.corrcoef(found, sources)[:2, 2:]).max(axis=0).min()), 2)
    1.0
    """
    cumulants = _cumulants(white)
    rotation = np.eye(len(white))
    for _ in range(_MOST_SWEEPS):
        moved = False
        for p, q in combinations(range(len(white)), 2):
            angle = _angle(cumulants, p, q)
            if abs(angle) <= _STILL:
                continue
            moved = True
            turn = np.eye(len(white))
            turn[p, p] = turn[q, q] = np.cos(angle)
            turn[q, p], turn[p, q] = np.sin(angle), -np.sin(angle)
            cumulants = turn.T @ cumulants @ turn
            rotation = rotation @ turn
        if not moved:
            break
    return np.asarray(rotation.T @ white, np.float64)


def _cumulants(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cumulant matrices of all pairs, shape (pairs, channels, channels)."""
    n, samples = white.shape
    found = []
    for p, q in combinations_with_replacement(range(n), 2):
        moment = (white[p] * white[q] * white) @ white.T / samples
        one, other = np.eye(n)[p], np.eye(n)[q]
        gauss = np.outer(one, other) + np.outer(other, one) + (p == q) * np.eye(n)
        found.append((moment - gauss) * (1.0 if p == q else np.sqrt(2.0)))
    return np.array(found)


def _angle(cumulants: NDArray[np.float64], p: int, q: int) -> float:
    """Return the rotation of channels p and q that makes their cumulants most diagonal."""
    g = np.stack([cumulants[:, p, p] - cumulants[:, q, q], cumulants[:, p, q] + cumulants[:, q, p]])
    gg = g @ g.T
    on, off = gg[0, 0] - gg[1, 1], gg[0, 1] + gg[1, 0]
    return float(0.5 * np.arctan2(off, on + np.hypot(on, off)))


def ica_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """Compute the ICA waveform of mean skin colours; it rises with the blood volume.

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
    Poh et al. 2011: trends are removed by a smoothness prior, channels are normalised, JADE
    separates them, and the component with the highest line in its normalised spectrum is
    taken.

    >>> t = np.arange(300) / 30
    >>> pulse, sway = np.sin(2 * np.pi * 1.2 * t), np.sin(2 * np.pi * 0.9 * t) ** 3
    >>> colour = 100 * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53] - 0.03 * sway[:, None])
    >>> round(float(np.corrcoef(ica_waveform(colour, 30.0), pulse)[0, 1]), 1)
    1.0
    """
    colours = normalised(rgb, fs, "ICA")
    white = principal(colours)
    if not len(white):
        return np.zeros(colours.shape[1])
    return rising_with_blood(most_pulsatile(jade(white), fs), colours[1])
