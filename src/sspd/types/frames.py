"""Frames with their timestamps, and the face boxes in them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: White of face crops: 8 bits of pixel value and 8 bits of fraction (255 * 256).
FIXED_POINT_MAX = 65280


class Box(NamedTuple):
    """Rectangle in pixels; ``right`` and ``bottom`` are exclusive.

    >>> Box(10, 20, 110, 140).width
    100
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top


def _check_times(t: NDArray[np.float64], n: int, what: str) -> None:
    if t.shape != (n,):
        raise ValueError(f"{what}: {n} items need {n} timestamps, got shape {t.shape}")
    if n > 1 and not bool(np.all(np.diff(t) > 0)):
        raise ValueError(f"{what}: timestamps must rise strictly")


@dataclass(frozen=True, eq=False)
class Frames:
    """RGB frames with a timestamp each.

    Parameters
    ----------
    rgb : uint8 or uint16 array, shape (time, height, width, 3)
    t : float64 array, shape (time,)
        Seconds, strictly ascending.
    max_value : int
        Pixel value of white: 255 for uint8. Face crops are stored as uint16 with
        `FIXED_POINT_MAX`, 256 times their 8-bit pixel value.

    >>> frames = Frames(np.zeros((2, 4, 4, 3), np.uint8), np.array([0.0, 0.04]))
    >>> frames
    Frames(2 x 4x4, uint8/255, 0.000-0.040 s)
    """

    rgb: NDArray[Any]
    t: NDArray[np.float64]
    max_value: int = 255

    def __post_init__(self) -> None:
        if self.rgb.ndim != 4 or self.rgb.shape[3] != 3:
            raise ValueError(f"Frames: rgb must be (time, height, width, 3), got {self.rgb.shape}")
        if self.rgb.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
            raise ValueError(f"Frames: rgb must be uint8 or uint16, got {self.rgb.dtype}")
        _check_times(self.t, self.rgb.shape[0], "Frames")

    def __len__(self) -> int:
        return int(self.rgb.shape[0])

    def __repr__(self) -> str:
        n, h, w, _ = self.rgb.shape
        span = f"{self.t[0]:.3f}-{self.t[-1]:.3f} s" if n else "empty"
        return f"Frames({n} x {w}x{h}, {self.rgb.dtype}/{self.max_value}, {span})"


#: Shapes of the rows of `FrameStats` that are not a single number.
FRAME_STATS_SHAPES = {
    "face_rgb": (3,),
    "background_rgb": (3,),
    "quarters_rgb": (4, 3),
    "moved": (3,),
}


def _not_given() -> NDArray[np.float32]:
    return np.empty(0, np.float32)


@dataclass(frozen=True, eq=False)
class FrameStats:
    """Statistics of each frame on colour, exposure and motion, in pixel values of 0-255.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Seconds.
    face_rgb, background_rgb : float32 arrays, shape (time, 3)
        Mean colour inside the face box, and outside of head, hair and shoulders. The
        background is NaN if these fill the frame.
    quarters_rgb : float32 array, shape (time, 4, 3)
        Mean colours of the quarters of the middle of the face: upper left, upper right,
        lower left and lower right in the frame.
    overexposed, dark : float32 arrays, shape (time,)
        Fraction of the pixels in the face box with any channel at 250 or more, and with all
        channels at 30 or less.
    motion : float32 array, shape (time,)
        Mean absolute change of the face from the frame before, on a grey 16x16 image; 0 for
        the first frame.
    moved : float32 array, shape (time, 3)
        Motion of the face from the frame before: to the right and down in widths of the
        box, and relative growth; 0 for the first frame.
    change, recurrence, lag_s : float32 arrays, shape (time,)
        Change of the face from the frame before, and its recurrence; see
        `sspd.face.recurrence.Change`. NaN (the default) if unknown.
    new : float32 array, shape (time,)
        1 for a new frame (the default), 0 for one that repeats another.
    """

    t: NDArray[np.float64]
    face_rgb: NDArray[np.float32]
    background_rgb: NDArray[np.float32]
    quarters_rgb: NDArray[np.float32]
    overexposed: NDArray[np.float32]
    dark: NDArray[np.float32]
    motion: NDArray[np.float32]
    moved: NDArray[np.float32]
    change: NDArray[np.float32] = field(default_factory=_not_given)
    recurrence: NDArray[np.float32] = field(default_factory=_not_given)
    lag_s: NDArray[np.float32] = field(default_factory=_not_given)
    new: NDArray[np.float32] = field(default_factory=_not_given)

    def __post_init__(self) -> None:
        n = self.t.shape[0]
        _check_times(self.t, n, "FrameStats")
        for name, value in (("change", np.nan), ("recurrence", np.nan), ("lag_s", np.nan)):
            self._default(name, value)
        self._default("new", 1.0)
        for name, rows in vars(self).items():
            shape = (n, *FRAME_STATS_SHAPES.get(name, ()))
            if rows.shape != shape:
                raise ValueError(f"FrameStats: {name} must be {shape}, got {rows.shape}")

    def _default(self, name: str, value: float) -> None:
        if getattr(self, name).size == 0:
            object.__setattr__(self, name, np.full(self.t.shape[0], value, np.float32))

    def between(self, start_s: float, end_s: float) -> FrameStats:
        """Return the rows with ``start_s <= t < end_s``.

        Parameters
        ----------
        start_s, end_s : float
            Seconds.

        Returns
        -------
        FrameStats
            Views, not copies.
        """
        first, end = np.searchsorted(self.t, [start_s, end_s])
        return FrameStats(
            **{each.name: getattr(self, each.name)[first:end] for each in fields(self)}
        )

    def followed_by(self, later: FrameStats) -> FrameStats:
        """Return these rows and later ones.

        Parameters
        ----------
        later : FrameStats
            The first of its times is after the last one here.

        Returns
        -------
        FrameStats
        """
        names = [each.name for each in fields(self)]
        rows = {name: [getattr(self, name), getattr(later, name)] for name in names}
        return FrameStats(**{name: np.concatenate(both) for name, both in rows.items()})

    def __repr__(self) -> str:
        n = self.t.shape[0]
        return (
            f"FrameStats({n} frames, {self.t[0]:.3f}-{self.t[-1]:.3f} s)"
            if n
            else "FrameStats(0 frames)"
        )


@dataclass(frozen=True, eq=False)
class FaceSegment:
    """Segment of a video with one fixed face box, or a chunk of such a segment.

    Parameters
    ----------
    start_s, end_s : float
        Time span, seconds; ``end_s`` is the time of the last frame plus one frame.
    box : Box or None
        Face box in pixels of the upright video; None if no face was found.
    faces : Frames
        Face crops, uint16 with `FIXED_POINT_MAX`, shape (time, size, size, 3); empty without
        a face.
    frame_stats : FrameStats
        One row per crop.
    face_id : int
        Number of the tracked face.
    segment_index : int
        Number of the segment in the video; all chunks of a segment have the same.
    """

    start_s: float
    end_s: float
    box: Box | None
    faces: Frames
    frame_stats: FrameStats
    face_id: int = 0
    segment_index: int = 0


class FaceSpan(NamedTuple):
    """Face box during a time span.

    ``box`` is in pixels of the upright video; None if no face was found. ``end_s`` is
    exclusive.

    >>> FaceSpan(0.0, 30.0, Box(10, 20, 110, 140)).box.height
    120
    """

    start_s: float
    end_s: float
    box: Box | None
