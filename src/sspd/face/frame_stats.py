"""What stands beside the face in a picture, cheaply: light, exposure, motion."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.face.displacement import displacement
from sspd.face.recurrence import Change, FrameMemory
from sspd.types import FRAME_STATS_SHAPES, Box, FrameStats

#: A pixel with any channel at this level or more is overexposed.
BRIGHT_LEVEL = 250
#: A pixel with all channels at this level or less is dark.
DARK_LEVEL = 30
#: What sways with a head is no background. So it begins this far above the box and below
#: it, in heights of it, and this far from the box's middle, in widths: beside the head, and
#: beside the shoulders. The second holds where the first leaves no room: the head alone.
OUTLINES = ((0.5, 0.0, 0.7, 1.3), (0.15, 0.15, 0.65, 0.0))
#: Less background than this share of the picture is none.
MIN_BACKGROUND = 0.04
#: Rows and columns are skipped in pictures so large that about these many suffice.
_ROWS = 540
_EXPOSURE_SIDE = 128
_MOTION_SIDE = 16


class FrameStatsRow(NamedTuple):
    """One picture's row of a `FrameStats`, and the small grey face that motion is read from."""

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
    """Gather one picture's figures.

    Parameters
    ----------
    rgb : uint8 or uint16 array, shape (height, width, 3)
    box : Box
        Where the face was cut out.
    face : float32 array, shape (size, size, 3)
        The resized crop, levels 0-255.
    before : float32 array or None
        ``grey`` of the picture before; None: no motion is known, 0.
    max_value : int
        The level of full white in ``rgb``.
    memory : FrameMemory, optional
        Of the pictures before; without it nothing is known of changes.
    t : float
        The picture's time, seconds, for that memory.

    Returns
    -------
    FrameStatsRow

    Examples
    --------
    >>> rgb = np.full((48, 64, 3), 255, np.uint8)
    >>> sight = measure_frame(rgb, Box(8, 8, 40, 40), np.full((16, 16, 3), 255, np.float32), None)
    >>> sight.overexposed, sight.dark, sight.motion
    (1.0, 0.0, 0.0)
    """
    scale = max_value / 255
    some = _some(rgb[box.top : box.bottom, box.left : box.right])
    overexposed, dark = _exposure(some, scale)
    change = Change(np.nan, np.nan, np.nan) if memory is None else memory.add(some, t, scale)
    small = cv2.resize(face, (_MOTION_SIDE, _MOTION_SIDE), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    motion = 0.0 if before is None else float(np.abs(grey - before).mean())
    colour = np.array(cv2.mean(face)[:3], np.float32)
    background, quarters = _background(rgb, box, scale), _quarters(face)
    moved = displacement(grey, before)
    return FrameStatsRow(
        colour, background, quarters, overexposed, dark, motion, moved, *change, grey
    )


def stack_rows(t: NDArray[np.float64], sights: list[FrameStatsRow]) -> FrameStats:
    """Join the rows of one stretch to a `FrameStats`.

    >>> stack_rows(np.zeros(0), []).face_rgb.shape
    (0, 3)
    """

    def column(name: str) -> NDArray[np.float32]:
        rows = [getattr(sight, name) for sight in sights]
        return np.array(rows, np.float32).reshape(len(sights), *FRAME_STATS_SHAPES.get(name, ()))

    names = [field.name for field in fields(FrameStats)[1:] if field.name in FrameStatsRow._fields]
    return FrameStats(t, **{name: column(name) for name in names})


def _quarters(face: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean colours of the quarters of the middle, shape (4, 3)."""
    height, width = face.shape[:2]
    rows, columns = (slice(side // 4, max(side - side // 4, 1)) for side in (height, width))
    four = cv2.resize(face[rows, columns], (2, 2), interpolation=cv2.INTER_AREA)
    return np.asarray(four, np.float32).reshape(4, 3)


def _some(crop: NDArray[Any]) -> NDArray[Any]:
    """Every step-th pixel, as crop[::step, ::step] has them, in a quarter of the time."""
    step = max(1, min(crop.shape[:2]) // _EXPOSURE_SIDE)
    height, width = (side // step for side in crop.shape[:2])
    whole = crop[: height * step, : width * step]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_NEAREST))


def _exposure(some: NDArray[Any], scale: float) -> tuple[float, float]:
    n = some.shape[0] * some.shape[1]
    within = cv2.countNonZero(cv2.inRange(some, (0,) * 3, (round(BRIGHT_LEVEL * scale) - 1,) * 3))
    dark = cv2.countNonZero(cv2.inRange(some, (0,) * 3, (round(DARK_LEVEL * scale),) * 3))
    return 1 - within / n, dark / n


def _background(rgb: NDArray[Any], box: Box, scale: float) -> NDArray[np.float32]:
    """Mean colour outside of a person's outline."""
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
    """Rectangles above an outline, left and right of head and of shoulders."""
    edges = box.top - above * box.height, box.bottom + below * box.height
    top, bottom = (-(-max(0, round(y)) // step) for y in edges)
    middle, parts = (box.left + box.right) / 2, [rows[:top]]
    for some, share in ((rows[top:bottom], head), (rows[bottom:], shoulders)):
        left, right = (max(0, round(middle + side * share * box.width)) for side in (-1, 1))
        parts += [some[:, :left], some[:, right:]]
    return parts
