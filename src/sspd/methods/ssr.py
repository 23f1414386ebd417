"""2SR: how the space of the skin's pixels turns."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.methods.method import Method, MethodEntry
from sspd.methods.skin_color import FS, SIZE, color_correlations
from sspd.signal import standardise
from sspd.types import Frames, Signal

CITATION = (
    "W. Wang, S. Stuijk, G. de Haan, A novel algorithm for remote photoplethysmography: spatial "
    "subspace rotation, IEEE Transactions on Biomedical Engineering 63(9), 2016"
)
#: Length of the sliding window, seconds (20 pictures of 20 a second).
WINDOW_S = 1.0
#: A direction with less than this share of the pixels' power is none.
_NO_POWER = 1e-12


def ssr_waveform(correlations: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """2SR waveform of the skin pixels' correlation matrices; it rises with the blood volume.

    Parameters
    ----------
    correlations : float64 array, shape (time, 3, 3)
        Mean over the skin's pixels of colour times colour.
    fs : float
        Hz.

    Returns
    -------
    float64 array, shape (time,)
        Zeros where the skin is of one colour, without a plane to turn in.

    Raises
    ------
    UsageError
        Shorter than the window.

    Notes
    -----
    Wang et al. 2016, Algorithm 1: over a window, the main direction u1 of each picture is
    seen from the other two directions of the window's first, scaled by the root of the
    eigenvalues' ratio and put back into colours; of these red less green, green scaled to
    red's deviation, is overlap-added. An eigenvector's sign cancels but for u1's: it points
    to where colours are.

    >>> ssr_waveform(np.tile(np.diag([3.0, 2.0, 1.0]), (60, 1, 1)), 30.0).any()
    np.False_
    """
    width = int(np.ceil(WINDOW_S * fs))
    n = len(correlations)
    if n < width:
        raise UsageError(f"2SR needs {width} frames ({WINDOW_S} s), got {n}")
    values, vectors = np.linalg.eigh(correlations)
    values, vectors = values[:, ::-1], vectors[:, :, ::-1]
    main = vectors[:, :, 0] * np.where(vectors[:, :, 0].sum(axis=1) < 0, -1.0, 1.0)[:, None]
    out = np.zeros(n)
    if bool((values[:, 2] <= _NO_POWER * values[:, 0]).any()):
        return out
    for first in range(n - width + 1):
        here = slice(first, first + width)
        turned = np.zeros((width, 3))
        for k in (1, 2):
            other = vectors[first, :, k]
            size = np.sqrt(values[here, 0] / values[first, k]) * (main[here] @ other)
            turned += size[:, None] * other
        spread = float(turned[:, 1].std())
        scale = float(turned[:, 0].std()) / spread if spread > 0 else 0.0
        pulse = turned[:, 0] - scale * turned[:, 1]
        out[here] += pulse - pulse.mean()
    return out


def run(faces: Iterable[Frames]) -> Signal | None:
    """2SR on the pixels of the middle of the face; None for less than a window.

    The paper takes pixels that a classifier calls skin; here they are those that all colour
    methods of this package average.

    >>> from sspd.methods import get_method
    >>> get_method("2sr").run is run
    True
    """
    found = color_correlations(faces, FS)
    if found is None or len(found.matrices) < np.ceil(WINDOW_S * FS):
        return None
    return Signal(standardise(ssr_waveform(found.matrices, FS)), FS, found.start_s)


_METHOD = Method("2sr", CITATION, FS, SIZE, run)
ENTRY = MethodEntry("2sr", CITATION, lambda: _METHOD)
