"""One recording of a camera, as its steps see it: times, the part of the frame, the face."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.person.anatomy import F32
from sspd.types import Box

#: Maps the number of a frame and its pixel values to those after the step; float32, shape
#: (height, width, 3), may be overwritten. Frames come in order: a step may hold state.
Step = Callable[[int, F32], F32]


@dataclass(frozen=True, eq=False)
class Shot:
    """Times and places of a recording.

    Parameters
    ----------
    t : float64 array, shape (time,)
        Seconds.
    window : Box
        Part of the video that is rendered, pixels.
    width, height : int
        Size of the whole video, pixels. What belongs to the sensor is drawn for the whole, so
        that a window shows the same.
    face_at : (x, y)
        Centre of the resting face in the video, pixels.
    face_px : float
        Width of the face, pixels.

    >>> Shot(np.arange(3) / 30, Box(0, 0, 64, 48), 64, 48, (32.0, 24.0), 20.0).fs
    30.0
    """

    t: NDArray[np.float64]
    window: Box
    width: int
    height: int
    face_at: tuple[float, float]
    face_px: float

    @property
    def fs(self) -> float:
        """Mean frame rate, Hz."""
        return float((self.t.size - 1) / (self.t[-1] - self.t[0])) if self.t.size > 1 else 30.0

    @property
    def cut(self) -> tuple[slice, slice]:
        """Rows and columns of the window."""
        box = self.window
        return slice(box.top, box.bottom), slice(box.left, box.right)
