"""Face frames resampled to the network's rate, and their differences.

A video has its own timestamps; the network has one rate. Each grid time takes the
weighted line through the video's frames around it (local linear regression, Cleveland,
JASA 74, 1979) with a tent one grid step wide on each side: between two frames that is
linear interpolation, among more of them an average, and what changes evenly in time
comes out exactly, however uneven the timestamps are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sspd.errors import UsageError
from sspd.types import Frames

#: A frame this near to a grid time, seconds, is at it.
SAME_TIME_S = 1e-6
#: A tent's weight below this is none, so that equal clocks give the frames as they are.
MIN_WEIGHT = 1e-4
#: The grid reaches this share of a step beyond the last frame: timestamps are rounded.
REACH = 0.05


def to_grid(
    faces: Frames, fs: float, start_s: float | None = None, n: int | None = None
) -> NDArray[np.float32]:
    """Resample frames to the grid ``start_s + k / fs``.

    Parameters
    ----------
    faces : Frames
        At least one frame, at any timestamps.
    fs : float
        The grid's rate, Hz.
    start_s : float, optional
        Its first time, seconds; the first frame's if left out.
    n : int, optional
        How many grid times; as many as the video reaches if left out. Outside of the
        video the times of its first and last frame stand in.

    Returns
    -------
    float32 array, shape (n, height, width, 3)
        Pixel values 0-255. Where every timestamp lies on the grid, within `SAME_TIME_S`, these
        are the frames themselves; a video of twice the grid's rate is weighted 1/4, 1/2, 1/4.

    Raises
    ------
    UsageError
        No frames, a rate that is not positive, or no grid time.

    Examples
    --------
    >>> rgb = np.arange(0, 40, 4, dtype=np.uint8)[:, None, None, None]
    >>> video = Frames(rgb.repeat(3, axis=3), np.arange(10) / 15)
    >>> to_grid(video, fs=30.0)[:5, 0, 0, 0]
    array([0., 2., 4., 6., 8.], dtype=float32)
    """
    times = _grid_times(faces, fs, start_s, n)
    out = np.empty((len(times), *faces.rgb.shape[1:]), np.float32)
    for k, frame in enumerate(_resample(faces, times, fs)):
        out[k] = frame
    return out


def grid_weights(
    faces: Frames, fs: float, start_s: float | None = None, n: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the weights by which `to_grid` makes each grid time of frames.

    Parameters
    ----------
    faces, fs, start_s, n
        As `to_grid`.

    Returns
    -------
    int64 array, shape (n, k)
        Which frames count.
    float32 array, shape (n, k)
        How much; 0 where fewer than k do.

    Examples
    --------
    >>> video = Frames(np.zeros((2, 1, 1, 3), np.uint8), np.array([0.0, 0.1]))
    >>> which, weights = grid_weights(video, fs=40.0, n=3)
    >>> which.tolist(), weights.round(2).tolist()
    ([[0, 1], [0, 1], [0, 1]], [[1.0, 0.0], [0.75, 0.25], [0.5, 0.5]])
    """
    times = np.clip(_grid_times(faces, fs, start_s, n), faces.t[0], faces.t[-1])
    which, weights = _weights(faces.t, times, 1 / fs)
    return which, weights.astype(np.float32)


def differences(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract each frame from the next, channels first.

    Parameters
    ----------
    grid : float32 array, shape (t + 1, height, width, 3)
        RGB frames, as `to_grid` gives them.

    Returns
    -------
    float32 array, shape (t, 3, height, width)
        RGB, in the grid's pixel values.

    Examples
    --------
    >>> differences(np.arange(6, dtype=np.float32).reshape(2, 1, 1, 3)).ravel()
    array([3., 3., 3.], dtype=float32)
    """
    first = grid.transpose(0, 3, 1, 2)
    out = np.empty((max(len(grid) - 1, 0), *first.shape[1:]), np.float32)
    return np.subtract(first[1:], first[:-1], out=out)


def network_input(
    faces: Frames, fs: float, start_s: float | None = None, n: int | None = None
) -> NDArray[np.float32]:
    """Return ``differences(to_grid(...))`` in one pass, without holding the grid.

    Difference k lies between the grid times k and k + 1.

    Parameters
    ----------
    faces, fs, start_s, n
        As `to_grid`; `n` counts grid times, one more than differences.

    Returns
    -------
    float32 array, shape (n - 1, 3, height, width)

    Examples
    --------
    >>> video = Frames(np.zeros((31, 4, 4, 3), np.uint8), np.arange(31) / 30)
    >>> network_input(video, fs=30.0).shape
    (30, 3, 4, 4)
    """
    times = _grid_times(faces, fs, start_s, n)
    height, width = faces.rgb.shape[1:3]
    out = np.empty((len(times) - 1, 3, height, width), np.float32)
    for k, difference in enumerate(_differences(_resample(faces, times, fs))):
        out[k] = difference
    return out


def _differences(grid: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Yield each frame (height, width, 3) less the one before it, channels first."""
    for before, frame in pairwise(grid):
        yield np.subtract(frame, before).transpose(2, 0, 1)


def grid_chunks(chunks: Iterable[Frames], fs: float) -> Iterator[NDArray[np.float32]]:
    """Yield the frames at ``first frame + k / fs``, as soon as the video is far enough.

    Parameters
    ----------
    chunks : iterable of Frames
        In order, of one kind.
    fs : float
        The grid's rate, Hz; it starts at the first frame.

    Yields
    ------
    float32 array, shape (height, width, 3)
        As `to_grid` gives them of all chunks joined.
    """
    if not fs > 0:
        raise UsageError(f"a grid needs a positive rate, got {fs} Hz")
    held: Frames | None = None
    start_s, done = 0.0, 0
    for chunk in chunks:
        if not len(chunk):
            continue
        if held is None:
            held, start_s = chunk, float(chunk.t[0])
        else:
            held = _joined(held, chunk)
        del chunk  # with its frames, while their times are settled
        # A grid time is settled when a frame lies a step beyond it, which no other passes.
        settled = max(done, int(np.floor((held.t[-1] - start_s) * fs - 1.0)))
        yield from _resample(held, start_s + np.arange(done, settled) / fs, fs)
        done = settled
        # Of the frames before the next time's step the last may still be its neighbour.
        needless = int(np.searchsorted(held.t, start_s + (done - 1) / fs - SAME_TIME_S)) - 1
        held = _from(held, max(needless, 0))
    if held is not None:
        n = int(np.floor((held.t[-1] - start_s) * fs + REACH)) + 1
        yield from _resample(held, start_s + np.arange(done, n) / fs, fs)


def _joined(first: Frames, then: Frames) -> Frames:
    rgb = np.concatenate([first.rgb, then.rgb])
    return Frames(rgb, np.concatenate([first.t, then.t]), first.max_value)


def _from(frames: Frames, k: int) -> Frames:
    """Return those from frame k on, without keeping the others."""
    return Frames(frames.rgb[k:].copy(), frames.t[k:], frames.max_value)


def _grid_times(
    faces: Frames, fs: float, start_s: float | None, n: int | None
) -> NDArray[np.float64]:
    if not fs > 0 or not len(faces):
        raise UsageError(f"a grid needs frames and a positive rate, got {len(faces)}, {fs} Hz")
    start = float(faces.t[0]) if start_s is None else start_s
    if n is None:
        n = int(np.floor((faces.t[-1] - start) * fs + REACH)) + 1
    if n < 1:
        raise UsageError(
            f"no grid time: the video ends at {faces.t[-1]:.3f} s, before {start:.3f} s"
        )
    return start + np.arange(n) / fs


def _resample(
    faces: Frames, times: NDArray[np.float64], fs: float
) -> Iterator[NDArray[np.float32]]:
    if not len(times):
        return
    inside = np.clip(times, faces.t[0], faces.t[-1])
    for which, weights in zip(*_weights(faces.t, inside, 1 / fs), strict=True):
        counts = np.flatnonzero(weights)
        scaled = weights[counts] * (255 / faces.max_value)
        frame = np.multiply(faces.rgb[which[counts[0]]], scaled[0], dtype=np.float32)
        for k, weight in zip(which[counts[1:]], scaled[1:], strict=True):
            frame += np.multiply(faces.rgb[k], weight, dtype=np.float32)
        yield frame


def _weights(
    t: NDArray[np.float64], at_s: NDArray[np.float64], half_s: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return frames and weights, summing to 1, of each time within the video; both (times, k).

    Sums go column by column, so that they are the same bits whatever stands beside a time.
    """
    after = np.searchsorted(t, at_s - SAME_TIME_S)  # the first at or after this time
    right = np.minimum(after, len(t) - 1)
    left = np.maximum(np.where(t[right] - at_s <= SAME_TIME_S, right, after - 1), 0)
    lo = np.minimum(left, np.searchsorted(t, at_s - half_s))
    hi = np.maximum(right + 1, np.searchsorted(t, at_s + half_s))
    cells = lo[:, None] + np.arange((hi - lo).max())
    which = np.minimum(cells, len(t) - 1)
    d = (t[which] - at_s[:, None]) / half_s
    w = np.where(cells < hi[:, None], np.maximum(1 - np.abs(d), 0.0), 0.0)
    w[w < MIN_WEIGHT] = 0.0
    rows = np.arange(len(at_s))
    slow = (w[rows, left - lo] == 0) | (w[rows, right - lo] == 0)  # a video slower than the grid
    between = (cells >= left[:, None]) & (cells <= right[:, None])
    w[slow] = between[slow]
    s0, s1, s2 = (sum((w * d**k).T, np.zeros(len(at_s))) for k in range(3))
    alone = np.count_nonzero(w, axis=1) == 1
    s0, s1, s2 = (np.where(alone, value, s) for value, s in ((1.0, s0), (0.0, s1), (1.0, s2)))
    line = w * (s2[:, None] - s1[:, None] * d) / (s0 * s2 - s1**2)[:, None]
    return which, np.where(alone[:, None], w > 0, line)
