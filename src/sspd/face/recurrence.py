"""Whether a face's frames change, and whether they recur: what a loop does and no camera.

The noise of a sensor never comes back. The change from one frame to the next, low and
slow parts taken off, is correlated with the changes of the last seconds. In a loop it is,
on the mean over some seconds, more like the one of a period ago than like those just
before and after that. What moves (a nod, a pulse) may be like that of a period ago too,
but then it is nearly as like those beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

#: Loops longer than this are not seen, seconds; nor those of more new frames than this.
LONGEST_LOOP_S = 8.5
MOST_FRAMES = 256
#: Nearer than this nothing is compared, seconds: frames are alike.
SHORTEST_LOOP_S = 0.3
#: The middle of the face, pixels, is reduced to so many numbers a side.
PATCH, SIDE = 80, 20
#: Changes that are equal up to this are the same.
_SAME = 2e-6
#: How much more, in mean correlation over so many frames, a change must be like that of one
#: lag than like those of the lags beside it. True videos, still, nodding and talking, through
#: eight codecs: 0.09 at most. Loops of them: 0.1 to 0.9, less only where a face keeps still
#: and the codec left no noise.
LEAST_NEEDLE, LEAST_MEAN = 0.12, 30


class Change(NamedTuple):
    """One frame against those before.

    ``mean``: mean absolute change against the frame before, 8-bit levels; NaN: there is
    none. ``recurrence``: 1 where this very change was there before, or where the changes
    of the last seconds recur; ``lag_s``: how long ago; NaN where nothing recurs.
    """

    mean: float
    recurrence: float
    lag_s: float


class FrameMemory:
    """The changes of the last seconds of one face; bounded, half a megabyte."""

    def __init__(self) -> None:
        self._rows = np.empty((2 * MOST_FRAMES, SIDE * SIDE), np.float32)
        self._times = np.empty(2 * MOST_FRAMES)
        self._sizes = np.empty(2 * MOST_FRAMES)
        self._from, self._to = 0, 0
        self._likeness = np.zeros(MOST_FRAMES)
        self._counts = np.zeros(MOST_FRAMES)
        self._before: NDArray[Any] | None = None
        self._small: NDArray[np.float32] | None = None

    def add(self, crop: NDArray[Any], t: float, scale: float = 1.0) -> Change:
        """Compare a frame with those before.

        Parameters
        ----------
        crop : uint8 or uint16 array, shape (height, width, 3)
            The face, of one size in all frames; it is kept.
        t : float
            Its time, seconds.
        scale : float
            Levels of ``crop`` in one level of 8 bits.

        Examples
        --------
        >>> noise = np.random.default_rng(0).integers(0, 255, (6, 64, 64, 3), np.uint8)
        >>> memory = FrameMemory()
        >>> round([memory.add(noise[k % 6], k / 6).lag_s for k in range(12)][-1], 6)
        1.0
        """
        before, self._before = self._before, crop
        small, self._small = self._small, _reduced(crop)
        if before is None or small is None:
            return Change(np.nan, np.nan, np.nan)
        mean = cv2.norm(crop, before, cv2.NORM_L1) / (crop.size * scale)
        if mean == 0:
            return Change(0.0, np.nan, np.nan)
        row = self._small - small
        row -= cv2.blur(row, (5, 5))
        size = float(cv2.norm(row))
        found = self._find(row.ravel(), size, t) if size > 0 else (np.nan, np.nan)
        return Change(mean, *found)

    def _find(self, row: NDArray[np.float32], size: float, t: float) -> tuple[float, float]:
        """Where the change was before, and keep it."""
        row = row / size
        a, b = self._from, self._to
        while a < b and (self._times[a] < t - LONGEST_LOOP_S or b - a >= MOST_FRAMES):
            a += 1
        if b == 2 * MOST_FRAMES:
            for rows in (self._rows, self._times, self._sizes):
                rows[: b - a] = rows[a:b]
            a, b = 0, b - a
        like = self._rows[a:b] @ row
        self._rows[b], self._times[b], self._sizes[b] = row, t, size
        self._from, self._to = a, b + 1
        lags_s = t - self._times[a:b]
        like, lags_s = like[::-1], lags_s[::-1]  # the frame before first
        self._likeness[: like.size] += like
        self._counts[: like.size] += 1
        far = int(np.searchsorted(lags_s, SHORTEST_LOOP_S - 1e-9))
        if like.size > far and 1 - float(like[far:].max()) < _SAME:
            sizes = self._sizes[a:b][::-1]
            same = np.flatnonzero((1 - like < _SAME) & (np.abs(sizes / size - 1) < _SAME))
            if same.size and same[-1] >= far:
                return 1.0, float(lags_s[same[same >= far][0]])
        at = self._needle(far, like.size)
        return (np.nan, np.nan) if at is None else (1.0, float(lags_s[at]))

    def _needle(self, far: int, n: int) -> int | None:
        """The lag, frames, at which changes recur."""
        n = min(n, int(np.searchsorted(-self._counts, -LEAST_MEAN, side="right")))
        if n - 1 <= far or far < 1:
            return None
        mean = self._likeness[:n] / self._counts[:n]
        beside = np.maximum(np.maximum(mean[far - 1 : n - 2], mean[far + 1 : n]), 0)
        alone = mean[far : n - 1] - beside
        top = int(alone.argmax())
        return far + top if alone[top] >= LEAST_NEEDLE else None


def _reduced(crop: NDArray[Any]) -> NDArray[np.float32]:
    """Green of the middle, small."""
    height, width = crop.shape[:2]
    top, left = max(0, height - PATCH) // 2, max(0, width - PATCH) // 2
    green = crop[top : top + PATCH, left : left + PATCH, 1].astype(np.float32)
    return np.asarray(cv2.resize(green, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
