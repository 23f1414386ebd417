"""Detection of recurring frames, as in a looped video, from the noise of the face's frames.

The noise of a sensor never repeats. The change from one frame to the next, high-pass filtered
in space, is correlated with the changes of the last seconds. In a loop the correlation,
averaged over some seconds, is higher with the change of one period ago than with those just
before and after that. Motion (a nod, a pulse) may also correlate with that of a period ago,
but nearly as much with its neighbours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

#: Longest loop that is detected, seconds, and its largest number of new frames.
LONGEST_RECURRENCE_S = 8.5
MOST_FRAMES = 256
#: Shortest lag that is compared, seconds: frames that are closer are similar anyway.
SHORTEST_RECURRENCE_S = 0.3
#: Side of the middle of the face that is used, pixels, and the side to which it is reduced.
FACE_PATCH_PX, REDUCED_PX = 80, 20
#: Largest relative difference of changes that count as identical.
_SAME = 2e-6
#: Least excess of the mean correlation at one lag over that at the lags beside it, and the
#: number of frames of the mean. True videos (still, nodding and talking, through eight codecs)
#: reach 0.09. Loops of them reach 0.1 to 0.9, and less only if the face is still and the codec
#: has removed the noise.
LEAST_NEEDLE, LEAST_MEAN = 0.12, 30


class Change(NamedTuple):
    """Change of a frame from the one before, and its recurrence."""

    mean: float
    """Mean absolute change from the frame before, pixel values 0-255; NaN if there is none."""
    recurrence: float
    """1 if this change occurred before, or the last changes recur; else NaN."""
    lag_s: float
    """Time since that, seconds; NaN without recurrence."""


class FrameMemory:
    """Memory of the changes of one face in the last seconds; at most half a megabyte."""

    def __init__(self) -> None:
        self._rows = np.empty((2 * MOST_FRAMES, REDUCED_PX * REDUCED_PX), np.float32)
        self._times = np.empty(2 * MOST_FRAMES)
        self._sizes = np.empty(2 * MOST_FRAMES)
        self._from, self._to = 0, 0
        self._correlation = np.zeros(MOST_FRAMES)
        self._counts = np.zeros(MOST_FRAMES)
        self._before: NDArray[Any] | None = None
        self._small: NDArray[np.float32] | None = None

    def add(self, crop: NDArray[Any], t: float, scale: float = 1.0) -> Change:
        """Compare a frame with those before, and remember it.

        Parameters
        ----------
        crop : uint8 or uint16 array, shape (height, width, 3)
            The face, of the same size in all frames; the array is kept, not copied.
        t : float
            Timestamp, seconds.
        scale : float
            Pixel value of white in ``crop``, divided by 255.

        Returns
        -------
        Change

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
        """Search the change among those before, and store it."""
        row = row / size
        a, b = self._from, self._to
        while a < b and (self._times[a] < t - LONGEST_RECURRENCE_S or b - a >= MOST_FRAMES):
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
        self._correlation[: like.size] += like
        self._counts[: like.size] += 1
        far = int(np.searchsorted(lags_s, SHORTEST_RECURRENCE_S - 1e-9))
        if like.size > far and 1 - float(like[far:].max()) < _SAME:
            sizes = self._sizes[a:b][::-1]
            same = np.flatnonzero((1 - like < _SAME) & (np.abs(sizes / size - 1) < _SAME))
            if same.size and same[-1] >= far:
                return 1.0, float(lags_s[same[same >= far][0]])
        at = self._needle(far, like.size)
        return (np.nan, np.nan) if at is None else (1.0, float(lags_s[at]))

    def _needle(self, far: int, n: int) -> int | None:
        """Return the lag, frames, at which the changes recur; None if there is none."""
        n = min(n, int(np.searchsorted(-self._counts, -LEAST_MEAN, side="right")))
        if n - 1 <= far or far < 1:
            return None
        mean = self._correlation[:n] / self._counts[:n]
        beside = np.maximum(np.maximum(mean[far - 1 : n - 2], mean[far + 1 : n]), 0)
        alone = mean[far : n - 1] - beside
        top = int(alone.argmax())
        return far + top if alone[top] >= LEAST_NEEDLE else None


def _reduced(crop: NDArray[Any]) -> NDArray[np.float32]:
    """Return the green channel of the middle of the face, reduced to `REDUCED_PX`."""
    height, width = crop.shape[:2]
    top, left = max(0, height - FACE_PATCH_PX) // 2, max(0, width - FACE_PATCH_PX) // 2
    green = crop[top : top + FACE_PATCH_PX, left : left + FACE_PATCH_PX, 1].astype(np.float32)
    return np.asarray(
        cv2.resize(green, (REDUCED_PX, REDUCED_PX), interpolation=cv2.INTER_AREA), np.float32
    )
