"""A video of any length through a stateful network, block by block.

The plain twin is `sspd.network.chunks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from sspd.accel.buffers import recycling_allocator
from sspd.network.chunks import RunNetwork

#: Maps the next (3, CONTEXT + BLOCK_FRAMES, h, w) of a video, of which the first CONTEXT are
#: the last ones again (zeros at its beginning), to BLOCK_FRAMES values; the first LATENCY values
#: of a video are of no use.
Step = Callable[[NDArray[np.float32]], NDArray[np.float64]]
#: Begins a video.
Begin = Callable[[], Step]

#: Differences that go through the network at once. Even, as the predictor halves the rate.
BLOCK_FRAMES = 60
#: Differences of earlier blocks that a block needs: two kernels look back by two each.
CONTEXT = 4
#: Latency of a value, differences: ten kernels three wide look one ahead each, one of them
#: two, at half the rate.
LATENCY = 11
#: Reach of a video's ends, differences; even.
EDGE = 12


def run_in_stream(
    begin: Begin,
    run: RunNetwork,
    differences: Iterable[NDArray[np.float32]],
    on_output: Callable[[NDArray[np.float64]], object] | None = None,
) -> NDArray[np.float64]:
    """Run a network over any number of differences, each through each layer once.

    A stateful network knows nothing before a video and nothing after it, where the plain one
    sees zeros in every layer: the few values that this touches are taken from runs of the
    plain one over both ends.

    Parameters
    ----------
    begin : callable
        Gives a function for one video, see `Step`.
    run : callable
        Maps (3, t, h, w) with even t to (t,): the same network without a state.
    differences : iterable of float32 arrays, shape (3, h, w)
        In order, or an array (t, 3, h, w). Little more than a block is held at a time.
    on_output : callable, optional
        Is given the values so far, after each block.

    Returns
    -------
    float64 array, shape (t,)
        Equal to one run over all of it, to rounding.

    Examples
    --------
    >>> mean = lambda d: d.mean(axis=(0, 2, 3)).astype(float)
    >>> late = lambda: lambda d: mean(d[:, CONTEXT:])
    >>> run_in_stream(late, mean, np.ones((701, 3, 2, 2), np.float32)).shape
    (701,)
    """
    blocks = _blocks(differences)
    block, n = next(blocks, (np.empty((3, 0, 0, 0), np.float32), 0))
    if not n:
        return np.zeros(0)
    new = block[:, CONTEXT : CONTEXT + n]
    if n < BLOCK_FRAMES:
        return run(block[:, CONTEXT : CONTEXT + n + n % 2])[:n]
    first = run(new[:, : 2 * EDGE])[:EDGE]
    step = begin()
    late, end = [step(block)], new[:, -2 * EDGE :].copy()
    for block, more in blocks:
        late.append(step(block))
        if on_output is not None:
            on_output(np.concatenate([first, np.concatenate(late)[LATENCY:][EDGE:]]))
        new = block[:, CONTEXT : CONTEXT + more + more % 2][:, -2 * EDGE :]
        rest = 2 * EDGE - new.shape[1]
        end[:, :rest], end[:, rest:] = end[:, 2 * EDGE - rest :], new
        n += more
    del block, new  # or they would be held while the next segment fills a block of its own
    ending = run(end)[EDGE:]
    middle = np.concatenate(late)[LATENCY:][EDGE : n + n % 2 - EDGE]
    return np.concatenate([first, middle, ending])[:n]


def _blocks(
    differences: Iterable[NDArray[np.float32]],
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield blocks as a `Step` takes them, and how many new differences are in each.

    A block stays as it is until the next is asked for. Where the differences are odd in
    number, the very last one is there twice.
    """
    now = np.empty((0, 0, 0, 0), np.float32)
    filled = 0
    for difference in differences:
        if not now.size:
            shape = (difference.shape[0], CONTEXT + BLOCK_FRAMES, *difference.shape[1:])
            now = recycling_allocator()(shape, np.float32)  # outside of the heap
            now[:, :CONTEXT] = 0
        if filled == BLOCK_FRAMES:
            yield now, filled
            now[:, :CONTEXT] = now[:, BLOCK_FRAMES:]
            filled = 0
        now[:, CONTEXT + filled] = difference
        filled += 1
    if filled % 2:
        now[:, CONTEXT + filled] = difference
    if filled:
        yield now, filled
