"""Frames that come decoded, in an array, as a source; their times, and what they may be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import SourceError, UsageError
from sspd.types import Frames, VideoInfo
from sspd.types.spans import check_fps
from sspd.video.bounds import bounded
from sspd.video.rgb import checked_size

#: Pixel value of full white, by type.
WHITE = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}


def array_times(
    n: int | None, fs: float | None, timestamps_s: ArrayLike | None, name: str
) -> Iterator[float] | NDArray[np.float64]:
    """Return the times of frames that come without any.

    Parameters
    ----------
    n : int or None
        How many frames there are; None: not known.
    fs : float or None
        Frames per second.
    timestamps_s : array-like, shape (n,), or None
        Seconds, strictly rising; counted from the first.
    name : str
        Of the source, for messages.

    Returns
    -------
    float64 array, shape (n,), or an endless iterator

    Raises
    ------
    UsageError
        Neither or both are given, not as many timestamps as frames, or timestamps that are not
        finite or do not rise.

    >>> array_times(3, 10.0, None, "array").tolist()
    [0.0, 0.1, 0.2]
    >>> array_times(3, None, [5.0, 5.2, 5.1], "array")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: array: timestamps must rise, but timestamp 2 (5.1 s) follows 5.2 s
    """
    if (fs is None) == (timestamps_s is None):
        wanted = "not both" if fs is not None else "got neither"
        raise UsageError(
            f"{name}: frames need a time: give fs= (frames per second; --fps) or timestamps_s="
            f" (seconds, one per frame), {wanted}"
        )
    if timestamps_s is None:
        check_fps(fs)
        assert fs is not None
        return (k / fs for k in count()) if n is None else np.arange(n) / fs
    try:
        t = np.asarray(timestamps_s, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"{name}: timestamps_s must be numbers, in seconds") from None
    if t.ndim != 1 or (n is not None and t.size != n):
        frames = "one number per frame" if n is None else f"shape ({n},), one per frame"
        raise UsageError(f"{name}: timestamps_s must have {frames}, got shape {t.shape}")
    if not np.isfinite(t).all():
        raise UsageError(f"{name}: timestamps_s must be finite")
    if t.size > 1 and (np.diff(t) <= 0).any():
        k = int(np.argmax(np.diff(t) <= 0)) + 1
        raise UsageError(
            f"{name}: timestamps must rise, but timestamp {k} ({t[k]:g} s) follows {t[k - 1]:g} s"
        )
    return t - t[0] if t.size else t


def checked_pixels(rgb: NDArray[Any], name: str) -> NDArray[Any]:
    """Return pixels that can be measured, or say what is wrong with them.

    Parameters
    ----------
    rgb : array, shape (..., height, width, 3)
    name : str
        Of the source, for messages.

    Returns
    -------
    uint8 or uint16 array

    Raises
    ------
    UsageError
        Another shape or type.
    SourceError
        Larger than `sspd.video.rgb.MAX_SIDE` or `MAX_PIXELS`.

    >>> checked_pixels(np.zeros((2, 4, 4, 3)), "array")
    Traceback (most recent call last):
        ...
    sspd.errors.UsageError: array: pixels must be uint8 (0-255) or uint16 (0-65535), got float64
    """
    if rgb.ndim < 3 or rgb.shape[-1] != 3 or 0 in rgb.shape[-3:]:
        raise UsageError(
            f"{name}: frames must be RGB, (time, height, width, 3) or (height, width, 3) each,"
            f" got shape {rgb.shape}"
        )
    if rgb.dtype not in WHITE:
        raise UsageError(
            f"{name}: pixels must be uint8 (0-255) or uint16 (0-65535), got {rgb.dtype}"
        )
    checked_size(name, rgb.shape[-2], rgb.shape[-3])
    return rgb


class ArraySource:
    """An array of frames: `sspd.types.VideoSource`.

    Parameters
    ----------
    rgb : uint8 or uint16 array, shape (time, height, width, 3)
        RGB; full white is 255 or 65535.
    fs, timestamps_s
        See `array_times`.
    name : str
        What messages and results call it.
    chunk : int
        Frames that `frames` gives at a time.

    >>> video = ArraySource(np.zeros((20, 48, 64, 3), np.uint8), fs=10.0)
    >>> video.info.duration_s, len(list(video.frames()))
    (2.0, 1)
    """

    def __init__(
        self,
        rgb: NDArray[Any],
        *,
        fs: float | None = None,
        timestamps_s: ArrayLike | None = None,
        name: str = "array",
        chunk: int = 32,
    ) -> None:
        if rgb.ndim != 4:
            raise UsageError(
                f"{name}: an array of frames is (time, height, width, 3), got shape {rgb.shape}"
            )
        if not len(rgb):
            raise SourceError(f"{name}: holds no frames")
        self._rgb, self._chunk = checked_pixels(rgb, name), chunk
        self._t = np.asarray(array_times(len(rgb), fs, timestamps_s, name))
        self.warnings: list[str] = []
        n = len(rgb)
        rate = fs if fs is not None else (n - 1) / self._t[-1] if n > 1 else None
        self.info = VideoInfo(
            width=rgb.shape[2],
            height=rgb.shape[1],
            fps=None if rate is None else float(rate),
            duration_s=float(self._t[-1] + 1 / rate) if rate else None,
            codec="raw",
            name=name,
        )

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Yield the frames of a span, see `sspd.types.VideoSource.frames`.

        Parameters
        ----------
        start_s, end_s : float
            Seconds; ``end_s`` None: to the end.

        Yields
        ------
        Frames
        """
        timed = enumerate(self._t.tolist())
        kept = [(k, t) for k, t in bounded(self.info.name, timed, self.warnings.append)]
        asked = [(k, t) for k, t in kept if t >= start_s and (end_s is None or t < end_s)]
        white = WHITE[self._rgb.dtype]
        for first in range(0, len(asked), self._chunk):
            rows, t = zip(*asked[first : first + self._chunk], strict=True)
            whole = rows[-1] - rows[0] == len(rows) - 1
            rgb = self._rgb[rows[0] : rows[-1] + 1] if whole else self._rgb[list(rows)]
            yield Frames(rgb, np.array(t), white)
