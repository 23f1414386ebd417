"""A long film through the network piece by piece, as if in one piece."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

#: Differences that go through the network at once. Even, as the predictor halves the rate.
CHUNK = 256
#: Differences on each side that are run for their neighbours' sake. Ten kernels three
#: wide, one of them at half the rate, look 12 differences to either side.
MARGIN = 16


def run_in_chunks(
    run: Callable[[NDArray[np.float32]], NDArray[np.float64]],
    differences: NDArray[np.float32],
    chunk: int = CHUNK,
    margin: int = MARGIN,
) -> NDArray[np.float64]:
    """Run a network over differences of any length in pieces of one length.

    Parameters
    ----------
    run : callable
        Maps (t, 3, h, w) with even t to (t,).
    differences : float32 array, shape (t, 3, h, w)
        At least 4.
    chunk, margin : int
        Even. A piece is ``chunk + 2 * margin`` long; only its middle is kept, but at
        the ends of the film.

    Returns
    -------
    float64 array, shape (t,)
        Equal to one run over all of it, to rounding.

    Examples
    --------
    >>> mean = lambda d: d.mean(axis=(1, 2, 3)).astype(float)
    >>> run_in_chunks(mean, np.ones((701, 3, 2, 2), np.float32)).shape
    (701,)
    """
    n = differences.shape[0]
    if n % 2:
        differences = np.concatenate([differences, differences[-1:]])
    total, piece = differences.shape[0], chunk + 2 * margin
    if total <= piece:
        return run(differences)[:n]
    waveform = np.empty(total)
    done = 0
    while done < total:
        # The last pieces start early enough to be as long as the others.
        start = min(max(0, done - margin), total - piece)
        end = total if start + piece == total else start + piece - margin
        waveform[done:end] = run(differences[start : start + piece])[done - start : end - start]
        done = end
    return waveform[:n]
