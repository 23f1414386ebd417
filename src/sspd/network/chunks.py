"""A video of any length through the network in chunks that overlap, as if in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

#: Maps (3, t, h, w) with even t to (t,).
RunNetwork = Callable[[NDArray[np.float32]], NDArray[np.float64]]

#: Differences that go through the network at once. Even, as the predictor halves the rate.
CLIP_FRAMES = 120
#: Differences on each side that are run for their neighbours' sake. Ten kernels three
#: wide, one of them at half the rate, look 12 differences to either side.
MARGIN = 12


def run_in_chunks(
    run: RunNetwork,
    differences: Iterable[NDArray[np.float32]],
    chunk: int = CLIP_FRAMES,
    margin: int = MARGIN,
    on_output: Callable[[NDArray[np.float64]], object] | None = None,
) -> NDArray[np.float64]:
    """Run a network over any number of differences in chunks of one length.

    Parameters
    ----------
    run : callable
        Maps (3, t, h, w) with even t to (t,).
    differences : iterable of float32 arrays, shape (3, h, w)
        In order, or an array (t, 3, h, w). Two chunks of them are held at a time.
    chunk, margin : int
        Even. A network is run on ``chunk + 2 * margin``; only the middle is kept, but at the
        ends of the video.
    on_output : callable, optional
        Is given the values so far, after each chunk.

    Returns
    -------
    float64 array, shape (t,)
        Equal to one run over all of it, to rounding.

    Examples
    --------
    >>> mean = lambda d: d.mean(axis=(0, 2, 3)).astype(float)
    >>> run_in_chunks(mean, np.ones((701, 3, 2, 2), np.float32)).shape
    (701,)
    """
    length, overlap = chunk + 2 * margin, 2 * margin
    empty = np.empty((0, 0, 0, 0), np.float32)
    now = before = empty
    waveform: list[NDArray[np.float64]] = []
    n = filled = done = 0
    for difference in differences:
        if now is empty:
            now = np.empty((difference.shape[0], length, *difference.shape[1:]), np.float32)
        if filled == length:
            waveform.append(run(now)[done - n :][: n - margin - done])
            done = n - margin
            if on_output is not None:
                on_output(np.concatenate(waveform))
            now, before = np.empty_like(now) if before is empty else before, now
            now[:, :overlap] = before[:, chunk:]
            filled = overlap
        now[:, filled] = difference
        n, filled = n + 1, filled + 1
    if not n:
        return np.zeros(0)
    if n % 2:
        now[:, filled] = now[:, filled - 1]
        filled += 1
    if before is empty:
        last = np.ascontiguousarray(now[:, :filled])
    else:  # starts early enough to be as long as the others
        last = np.concatenate([before[:, filled - overlap :], now[:, overlap:filled]], axis=1)
    waveform.append(run(last)[done - n - n % 2 :][: n - done])
    return np.concatenate(waveform)
