"""Frames that come decoded: an array, or an iterable of frames, as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import SourceError, UsageError
from sspd.types import Frames, VideoInfo
from sspd.types.arguments import check_fps
from sspd.video.bounds import bounded
from sspd.video.picture import checked_size

#: Pixel value of full white, by type.
_WHITE = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}
Item = NDArray[Any] | Frames


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
            f"{name}: frames need a time: give fs= (frames per second) or timestamps_s= (seconds,"
            f" one per frame), {wanted}"
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
        Larger than `sspd.video.picture.MAX_SIDE` or `MAX_PIXELS`.

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
    if rgb.dtype not in _WHITE:
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
        """Give the frames of a span, see `sspd.types.VideoSource.frames`.

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
        white = _WHITE[self._rgb.dtype]
        for first in range(0, len(asked), self._chunk):
            rows, t = zip(*asked[first : first + self._chunk], strict=True)
            whole = rows[-1] - rows[0] == len(rows) - 1
            rgb = self._rgb[rows[0] : rows[-1] + 1] if whole else self._rgb[list(rows)]
            yield Frames(rgb, np.array(t), white)


class IterableSource:
    """An iterable of frames, read once: `sspd.types.VideoSource`.

    An error that the iterable raises ends the video there: what came before is measured,
    and the error is one of the warnings.

    Parameters
    ----------
    items : iterable of arrays, shape (height, width, 3), or of Frames
        uint8 or uint16, RGB, all of one size and type. `Frames` bring their own times.
    fs, timestamps_s
        See `array_times`; neither, where the items are `Frames`.
    name : str
        What messages and results call it.

    >>> frames = (np.full((48, 64, 3), k, np.uint8) for k in range(5))
    >>> [float(chunk.t[0]) for chunk in IterableSource(frames, fs=10.0).frames()]
    [0.0, 0.1, 0.2, 0.3, 0.4]
    """

    def __init__(
        self,
        items: Iterable[Item],
        *,
        fs: float | None = None,
        timestamps_s: ArrayLike | None = None,
        name: str = "frames",
    ) -> None:
        self._name = name
        self.warnings: list[str] = []
        self._ended_s: float | None = None
        self._items = self._caught(iter(items))
        first = next(self._items, None)
        if first is None:
            raise SourceError(self.warnings[0] if self.warnings else f"{name}: holds no frames")
        if isinstance(first, Frames):
            if fs is not None or timestamps_s is not None:
                raise UsageError(f"{name}: its frames have times: give neither fs nor timestamps_s")
            self._times: Iterator[float] | None = None
        else:
            self._times = iter(array_times(None, fs, timestamps_s, name))
        self._first: Item | None = first
        rgb = first.rgb[0] if isinstance(first, Frames) and len(first) else first
        pixels = np.asarray(rgb if not isinstance(rgb, Frames) else rgb.rgb)
        checked_pixels(pixels, name)
        self.info = VideoInfo(
            width=pixels.shape[-2],
            height=pixels.shape[-3],
            fps=fs,
            duration_s=None,
            codec="raw",
            name=name,
        )

    def frames(self, start_s: float = 0.0, end_s: float | None = None) -> Iterator[Frames]:
        """Give the frames of a span, as they come; only once.

        Parameters
        ----------
        start_s, end_s : float
            Seconds; ``end_s`` None: to the end.

        Yields
        ------
        Frames

        Raises
        ------
        UsageError
            A frame of another shape or type than the first, times that do not rise, or a
            second call.
        """
        if self._first is None:
            raise UsageError(f"{self._name}: an iterable of frames can be read only once")
        items = chain([self._first], self._items)
        self._first = None
        timed = (((rgb, white), t) for rgb, white, t in self._single(items))
        for (rgb, white), t in bounded(self._name, timed, self.warnings.append):
            if end_s is not None and t >= end_s:
                return
            if t >= start_s:
                yield Frames(rgb[None], np.array([t]), white)

    def _single(self, items: Iterable[Item]) -> Iterator[tuple[NDArray[Any], int, float]]:
        last_s, shape = -np.inf, None
        for item in items:
            for rgb, white, t in self._of(item):
                kind = (rgb.shape, rgb.dtype)
                if shape is not None and kind != shape:
                    raise UsageError(
                        f"{self._name}: all frames must be alike: after {shape[0]} of"
                        f" {shape[1]} came {kind[0]} of {kind[1]}"
                    )
                if not t > last_s:
                    raise UsageError(
                        f"{self._name}: timestamps must rise, but {t:g} s follows {last_s:g} s"
                    )
                shape, last_s = kind, t
                self._ended_s = t
                yield rgb, white, t

    def _of(self, item: Item) -> Iterator[tuple[NDArray[Any], int, float]]:
        if isinstance(item, Frames):
            checked_pixels(item.rgb, self._name)
            yield from ((rgb, item.max_value, t) for rgb, t in zip(item.rgb, item.t, strict=True))
            return
        rgb = checked_pixels(np.asarray(item), self._name)
        if rgb.ndim != 3:
            raise UsageError(f"{self._name}: each frame is (height, width, 3), got {rgb.shape}")
        if self._times is None:
            raise UsageError(f"{self._name}: a frame without a time came after frames with times")
        t = next(self._times, None)
        if t is None:
            raise UsageError(f"{self._name}: timestamps_s has fewer times than there are frames")
        yield rgb, _WHITE[rgb.dtype], float(t)

    def _caught(self, items: Iterator[Item]) -> Iterator[Item]:
        """Pass items on until the iterable ends or raises."""
        try:
            yield from items
        except Exception as error:  # a stranger's generator may raise anything
            reason = (str(error).splitlines() or [""])[0][:200]
            after = "at its beginning" if self._ended_s is None else f"after {self._ended_s:.1f} s"
            self.warnings.append(
                f"{self._name}: ended {after} with {type(error).__name__}: {reason}"
            )
