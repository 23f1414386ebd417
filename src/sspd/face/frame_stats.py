"""Statistics of a frame on light, exposure and motion, at low cost."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.face.displacement import displacement
from sspd.face.recurrence import Change, FrameMemory
from sspd.types import FRAME_STATS_SHAPES, Box, FrameStats

#: A pixel with any channel at this value or more is overexposed.
BRIGHT_VALUE = 250
#: A pixel with all channels at this value or less is dark.
DARK_VALUE = 30
#: Outlines of a person, which moves and is not background: distance of the background above
#: and below the face box, in its heights, and to the left and right of the box's middle, in
#: its widths, beside the head and beside the shoulders. The second outline, of the head only,
#: is used if the first one leaves too little background.
OUTLINES = ((0.5, 0.0, 0.7, 1.3), (0.15, 0.15, 0.65, 0.0))
#: Least background, as a fraction of the frame.
MIN_BACKGROUND = 0.10
#: In larger frames, rows and columns are skipped down to about these numbers.
_ROWS = 540
_EXPOSURE_SIDE = 128
_MOTION_SIDE = 16


class FrameStatsRow(NamedTuple):
    """One row of `FrameStats`, and the small grey face image for the motion to the next frame."""

    face_rgb: NDArray[np.float32]
    background_rgb: NDArray[np.float32]
    quarters_rgb: NDArray[np.float32]
    overexposed: float
    dark: float
    motion: float
    moved: NDArray[np.float32]
    change: float
    recurrence: float
    lag_s: float
    grey: NDArray[np.float32]


def measure_frame(
    rgb: NDArray[Any],
    box: Box,
    face: NDArray[np.float32],
    before: NDArray[np.float32] | None,
    max_value: int = 255,
    memory: FrameMemory | None = None,
    t: float = 0.0,
) -> FrameStatsRow:
    """Compute the statistics of one frame.

    Parameters
    ----------
    rgb : uint8 or uint16 array, shape (height, width, 3)
    box : Box
        Face box, pixels.
    face : float32 array, shape (size, size, 3)
        The resized crop, pixel values 0-255.
    before : float32 array or None
        ``grey`` of the frame before; None gives a motion of 0.
    max_value : int
        Pixel value of white in ``rgb``.
    memory : FrameMemory or None
        Memory of the frames before; without it changes are unknown (NaN).
    t : float
        Timestamp of the frame, seconds, for that memory.

    Returns
    -------
    FrameStatsRow

    Examples
    --------
    >>> rgb = np.full((48, 64, 3), 255, np.uint8)
    >>> row = measure_frame(rgb, Box(8, 8, 40, 40), np.full((16, 16, 3), 255, np.float32), None)
    >>> row.overexposed, row.dark, row.motion
    (1.0, 0.0, 0.0)
    """
    scale = max_value / 255
    sampled = _subsample(rgb[box.top : box.bottom, box.left : box.right])
    overexposed, dark = _exposure(sampled, scale)
    change = Change(np.nan, np.nan, np.nan) if memory is None else memory.add(sampled, t, scale)
    small = cv2.resize(face, (_MOTION_SIDE, _MOTION_SIDE), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    motion = 0.0 if before is None else float(np.abs(grey - before).mean())
    colour = np.array(cv2.mean(face)[:3], np.float32)
    background, quarters = _background(rgb, box, scale), _quarters(face)
    moved = displacement(grey, before)
    return FrameStatsRow(
        colour, background, quarters, overexposed, dark, motion, moved, *change, grey
    )


def stack_rows(t: NDArray[np.float64], rows: list[FrameStatsRow]) -> FrameStats:
    """Stack the rows of a segment to a `FrameStats`.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Timestamps of the frames, seconds.
    rows : list of FrameStatsRow
        One per frame.

    Returns
    -------
    FrameStats

    >>> stack_rows(np.zeros(0), []).face_rgb.shape
    (0, 3)
    """

    def column(name: str) -> NDArray[np.float32]:
        values = [getattr(row, name) for row in rows]
        return np.array(values, np.float32).reshape(len(rows), *FRAME_STATS_SHAPES.get(name, ()))

    names = [field.name for field in fields(FrameStats)[1:] if field.name in FrameStatsRow._fields]
    return FrameStats(t, **{name: column(name) for name in names})


def _quarters(face: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean colours of the quarters of the middle of the face, shape (4, 3)."""
    height, width = face.shape[:2]
    rows, columns = (slice(side // 4, max(side - side // 4, 1)) for side in (height, width))
    four = cv2.resize(face[rows, columns], (2, 2), interpolation=cv2.INTER_AREA)
    return np.asarray(four, np.float32).reshape(4, 3)


def _subsample(crop: NDArray[Any]) -> NDArray[Any]:
    """Return every step-th pixel, as crop[::step, ::step], in a quarter of the time."""
    step = max(1, min(crop.shape[:2]) // _EXPOSURE_SIDE)
    height, width = (side // step for side in crop.shape[:2])
    whole = crop[: height * step, : width * step]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_NEAREST))


def _exposure(sampled: NDArray[Any], scale: float) -> tuple[float, float]:
    n = sampled.shape[0] * sampled.shape[1]
    within = cv2.countNonZero(
        cv2.inRange(sampled, (0,) * 3, (round(BRIGHT_VALUE * scale) - 1,) * 3)
    )
    dark = cv2.countNonZero(cv2.inRange(sampled, (0,) * 3, (round(DARK_VALUE * scale),) * 3))
    return 1 - within / n, dark / n


def _background(rgb: NDArray[Any], box: Box, scale: float) -> NDArray[np.float32]:
    """Return the mean colour outside of a person's outline."""
    step = max(1, rgb.shape[0] // _ROWS)
    rows = rgb[::step]
    for outline in OUTLINES:
        parts = [part for part in _outside(rows, box, step, *outline) if part.size]
        n = sum(part.shape[0] * part.shape[1] for part in parts)
        if n >= MIN_BACKGROUND * rows.shape[0] * rows.shape[1]:
            total = np.sum([cv2.sumElems(part)[:3] for part in parts], axis=0)
            return np.asarray(total / n / scale, dtype=np.float32)
    return np.full(3, np.nan, np.float32)


def _outside(
    rows: NDArray[Any],
    box: Box,
    step: int,
    above: float,
    below: float,
    head: float,
    shoulders: float,
) -> list[NDArray[Any]]:
    """Return the rectangles above an outline, and left and right of head and shoulders."""
    edges = box.top - above * box.height, box.bottom + below * box.height
    top, bottom = (-(-max(0, round(y)) // step) for y in edges)
    middle, parts = (box.left + box.right) / 2, [rows[:top]]
    for strip, share in ((rows[top:bottom], head), (rows[bottom:], shoulders)):
        left, right = (max(0, round(middle + side * share * box.width)) for side in (-1, 1))
        parts += [strip[:, :left], strip[:, right:]]
    return parts
