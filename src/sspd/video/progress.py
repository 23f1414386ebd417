"""Progress of reading a video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sspd.types import Frames

#: Progress callback: called with the phase (``reading``, ``network``, ``vitals``) and its
#: finished fraction, 0-1; also from another thread.
Progress = Callable[[str, float], object]


def with_progress(
    chunks: Iterable[Frames], progress: Progress, start_s: float, end_s: float | None
) -> Iterator[Frames]:
    """Yield frames, and report the progress of reading from their timestamps.

    Parameters
    ----------
    chunks : iterable of Frames
    progress : callable
        Called with ``reading`` after each chunk, and with ``network`` at the end.
    start_s : float
        First timestamp, seconds.
    end_s : float or None
        Last timestamp, seconds; None if unknown.

    Yields
    ------
    Frames

    >>> import numpy as np
    >>> two = Frames(np.zeros((2, 4, 4, 3), np.uint8), np.array([1.0, 2.0]))
    >>> [len(chunk) for chunk in with_progress([two], print, 0.0, 4.0)]
    reading 0.5
    network 1.0
    [2]
    """
    length_s = (end_s or 0.0) - start_s
    for chunk in chunks:
        yield chunk
        # some containers do not state their duration
        if not len(chunk):  # of a camera that gave none for a moment
            continue
        done = (float(chunk.t[-1]) - start_s) / length_s if length_s > 0 else 0.0
        progress("reading", min(1.0, max(0.0, done)))
    progress("network", 1.0)
