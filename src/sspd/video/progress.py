"""Frames on their way through, and how far they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sspd.types import Frames

#: Is told what is done (``reading``, ``network``, ``vitals``) and how much of it, 0-1; also
#: by another thread.
Progress = Callable[[str, float], object]


def telling(
    chunks: Iterable[Frames], progress: Progress, start_s: float, end_s: float | None
) -> Iterator[Frames]:
    """Pass frames on, telling how far their timestamps are; then it is the network's turn.

    Parameters
    ----------
    chunks : iterable of Frames
    progress : callable
        Is told ``reading`` after each chunk, and ``network`` at the end.
    start_s, end_s : float
        The first and last timestamp to come, seconds; None: nobody knows the last.

    >>> import numpy as np
    >>> two = Frames(np.zeros((2, 4, 4, 3), np.uint8), np.array([1.0, 2.0]))
    >>> [len(chunk) for chunk in telling([two], print, 0.0, 4.0)]
    reading 0.5
    network 1.0
    [2]
    """
    length_s = (end_s or 0.0) - start_s
    for chunk in chunks:
        yield chunk
        # some containers do not state how long they are
        done = (float(chunk.t[-1]) - start_s) / length_s if length_s > 0 else 0.0
        progress("reading", min(1.0, max(0.0, done)))
    progress("network", 1.0)
