"""The network's input, made of faces on its grid: differences, or frames less their mean."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sspd.models.spec import NetworkSpec
from sspd.network.grid import grid_chunks
from sspd.types import Frames

Rows = Iterator[NDArray[np.float32]]


def input_chunks(chunks: Iterable[Frames], spec: NetworkSpec) -> Rows:
    """Yield the network's input, row by row, of a segment that comes in chunks.

    Parameters
    ----------
    chunks : iterable of Frames
        In order, of one kind; the grid starts at the first frame.
    spec : NetworkSpec
        Its rate, and what it was trained on.

    Yields
    ------
    float32 array, shape (3, height, width)
        One less than there are grid times; see `input_rows`.

    Examples
    --------
    >>> video = Frames(np.zeros((31, 4, 4, 3), np.uint8), np.arange(31) / 30)
    >>> len(list(input_chunks([video], NetworkSpec(fs=30.0))))
    30
    """
    yield from input_rows(grid_chunks(chunks, spec.fs), spec)


def input_rows(frames: Iterable[NDArray[np.float32]], spec: NetworkSpec) -> Rows:
    """Yield the network's input of evenly spaced faces, row by row.

    Parameters
    ----------
    frames : iterable of float32 arrays, shape (height, width, 3)
        Pixel values 0-255.
    spec : NetworkSpec
        ``differences``: each next frame less this one. ``centred``: each frame but the last
        less the mean of a clip about it, `NetworkSpec.centre_s` long and inside of the
        segment; of a segment as long as a clip that is what training sees.

    Yields
    ------
    float32 array, shape (3, height, width)
        Only two frames, or a clip of them, are held.

    Examples
    --------
    >>> ramp = np.arange(4, dtype=np.float32)[:, None, None, None] * np.ones((1, 1, 3), np.float32)
    >>> [row[0, 0, 0].item() for row in input_rows(ramp, NetworkSpec(fs=30.0))]
    [1.0, 1.0, 1.0]
    >>> [row[0, 0, 0].item() for row in input_rows(ramp, NetworkSpec(fs=30.0, input="centred"))]
    [-1.5, -0.5, 0.5]
    """
    if spec.input == "centred":
        yield from _centred(frames, round(spec.centre_s * spec.fs) + 1)
        return
    for before, frame in pairwise(frames):
        yield np.subtract(frame, before).transpose(2, 0, 1)


def _centred(frames: Iterable[NDArray[np.float32]], window: int) -> Rows:
    """Frames less the mean of `window` frames about each, but the last."""
    held: deque[NDArray[np.float32]] = deque()
    total = np.zeros(())
    done = first = 0  # frames given, and the number of the first one that is held
    for frame in frames:
        if len(held) == window:
            # the middle of a full window is settled: no other lies more evenly about it
            while done <= first + window // 2:
                yield _less(held[done - first], total / window)
                done += 1
            total = total - held.popleft()
            first += 1
        held.append(frame)
        total = total + frame.astype(np.float64)
    for k in range(done - first, len(held) - 1):
        yield _less(held[k], total / len(held))


def _less(frame: NDArray[np.float32], mean: NDArray[np.float64]) -> NDArray[np.float32]:
    return (frame - mean).astype(np.float32).transpose(2, 0, 1)
