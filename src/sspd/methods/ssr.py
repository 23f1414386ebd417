"""2SR: rotation of the colour subspace of the skin pixels over time."""

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
#: Length of the sliding window, seconds (20 frames at 20 Hz in the paper).
SSR_WINDOW_S = 1.0
#: Skin is of one colour if a direction has less than this fraction of the largest eigenvalue.
_NO_POWER = 1e-12


def ssr_waveform(correlations: NDArray[np.float64], fs: float) -> NDArray[np.float64]:
    """Compute the 2SR waveform of skin colour correlations; it rises with the blood volume.

    Parameters
    ----------
    correlations : float64 array, shape (time, 3, 3)
        Mean over the skin pixels of the outer product of a pixel's colour with itself.
    fs : float
        Sampling rate, Hz.

    Returns
    -------
    float64 array, shape (time,)
        Zeros if the skin is of one colour, which leaves no subspace to rotate.

    Raises
    ------
    UsageError
        Shorter than the window.

    Notes
    -----
    Wang et al. 2016, Algorithm 1: in each window, the main direction u1 of every frame is
    projected on the other two eigenvectors of the window's first frame, scaled by the square
    root of the ratio of the eigenvalues and mapped back to colours. Red minus green, with
    green scaled to the deviation of red, is overlap-added. The signs of the eigenvectors
    cancel except that of u1, which is made to point to positive colours.

    >>> ssr_waveform(np.tile(np.diag([3.0, 2.0, 1.0]), (60, 1, 1)), 30.0).any()
    np.False_
    """
    width = int(np.ceil(SSR_WINDOW_S * fs))
    n = len(correlations)
    if n < width:
        raise UsageError(f"2SR needs {width} frames ({SSR_WINDOW_S} s), got {n}")
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
    """Compute the 2SR waveform of the middle of the face.

    The paper selects pixels with a skin classifier; here they are the pixels that all colour
    methods of this package average.

    Parameters
    ----------
    faces : iterable of Frames
        Crops of one fixed box, in order.

    Returns
    -------
    Signal or None
        None for less than a window.

    >>> from sspd.methods import get_method
    >>> get_method("2sr").run is run
    True
    """
    found = color_correlations(faces, FS)
    if found is None or len(found.matrices) < np.ceil(SSR_WINDOW_S * FS):
        return None
    return Signal(standardise(ssr_waveform(found.matrices, FS)), FS, found.start_s)


_METHOD = Method("2sr", CITATION, FS, SIZE, run)
ENTRY = MethodEntry("2sr", CITATION, lambda: _METHOD)
