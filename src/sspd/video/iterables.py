"""Frames that come one after the other, from an iterable, as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sspd.errors import SourceError, UsageError
from sspd.types import Frames, VideoInfo
from sspd.video.arrays import WHITE, array_times, checked_pixels
from sspd.video.bounds import bounded

#: One frame, or several with their times.
Item = NDArray[Any] | Frames


class IterableSource:
    """An iterable of frames, read once: `sspd.types.VideoSource`.

    An error that the iterable raises ends the video there: what came before is measured,
    and the error is one of the warnings.

    Parameters
    ----------
    items : iterable of arrays, shape (height, width, 3), or of Frames
        uint8 or uint16, RGB, all of one size and type. `Frames` bring their own times.
    fs, timestamps_s
        See `sspd.video.arrays.array_times`; neither, where the items are `Frames`.
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
        """Yield the frames of a span as they come, only once.

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
        yield rgb, WHITE[rgb.dtype], float(t)

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
