"""OMIT: what is left of the colours across the first one, by a QR decomposition."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.containers import Frames, Signal
from sspd.errors import UsageError
from sspd.methods.base import Method
from sspd.methods.components import TREND_HZ
from sspd.methods.traces import FS, SIZE, trace_method
from sspd.signal import detrend

CITATION = (
    "C. Alvarez Casado, M. Bordallo Lopez, Face2PPG: an unsupervised pipeline for blood volume "
    "pulse extraction from faces, IEEE Journal of Biomedical and Health Informatics 27(11), 2023"
)
#: The shortest stretch, seconds.
SHORTEST_S = 2.0


def omit_waveform(rgb: ArrayLike, fs: float) -> NDArray[np.float64]:
    """OMIT waveform of a colour trace; it rises with the blood volume.

    Parameters
    ----------
    rgb : array, shape (time, 3)
        Mean skin colour, linear to the light, any unit.
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
    Alvarez Casado and Bordallo Lopez 2023: Q R = colours (3 x time) by Householder
    reflections; the colours are projected across the first column of Q, and green is what is
    read of the rest. Slow changes of what is left are taken out.

    >>> t = np.arange(300) / 30
    >>> pulse, light = np.sin(2 * np.pi * 1.2 * t), 0.05 * np.sin(2 * np.pi * 0.9 * t)
    >>> skin = np.array([170.0, 120.0, 100.0]) * (1 + light[:, None])
    >>> colour = skin * (1 - 0.01 * pulse[:, None] * [0.33, 0.77, 0.53])
    >>> round(float(np.corrcoef(omit_waveform(colour, 30.0), pulse)[0, 1]), 1)
    1.0
    """
    colours = np.asarray(rgb, dtype=np.float64)
    if colours.ndim != 2 or colours.shape[0] < max(fs, 5):
        raise UsageError(f"OMIT needs a second of frames, got shape {colours.shape}")
    main = np.linalg.qr(colours.T)[0][:, 0]
    green = (colours - np.outer(colours @ main, main))[:, 1]
    return -detrend(green, fs, TREND_HZ)


def run(faces: Iterable[Frames]) -> Signal | None:
    """OMIT on the mean colour of the middle of the face; None for less than two seconds.

    >>> from sspd.methods.base import get_method
    >>> get_method("omit").run is run
    True
    """
    return trace_method(faces, omit_waveform, SHORTEST_S)


def build() -> Method:
    """The method, ready to run.

    >>> build().name
    'omit'
    """
    return Method("omit", CITATION, FS, SIZE, run)
