"""PCA: the principal component of the colours that looks most like a pulse."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.containers import Frames, Signal
from sspd.methods.base import ANY_LIGHT, Method
from sspd.methods.components import most_pulsatile, normalised, principal, rising_with_blood
from sspd.methods.traces import FS, SIZE, trace_method

CITATION = (
    "M. Lewandowska, J. Ruminski, T. Kocejko, J. Nowak, Measuring pulse rate with a webcam: a "
    "non-contact method for evaluating cardiac activity, FedCSIS 2011"
)
NEEDS = ANY_LIGHT
#: The shortest stretch, seconds.
SHORTEST_S = 2.0


def pca_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """PCA waveform of a colour trace; it rises with the blood volume.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, any unit.
    fs : float
        Hz.

    Returns
    -------
    float64 array, shape (time,)

    Raises
    ------
    UsageError
        Less than a second.

    Notes
    -----
    Lewandowska et al. 2011, with three colours; of the components the one with the highest
    spectral line in the pulse band is taken, as Poh et al. 2011 choose theirs.

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


def run(faces: Iterable[Frames]) -> Signal | None:
    """PCA on the mean colour of the middle of the face; None for less than two seconds.

    >>> from sspd.methods.base import get_method
    >>> get_method("pca").run is run
    True
    """
    return trace_method(faces, pca_waveform, SHORTEST_S)


def build() -> Method:
    """The method, ready to run.

    >>> build().name
    'pca'
    """
    return Method("pca", CITATION, FS, SIZE, run, needs=NEEDS)
