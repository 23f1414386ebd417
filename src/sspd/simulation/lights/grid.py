"""A coarse grid over the frame, on which the gains of lights are computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from sspd.simulation.person.anatomy import F32
from sspd.types import Box

#: Number of cells along the shorter side of the frame.
_CELLS = 24
#: No gain falls below this: light is never negative, and never quite absent.
_DARKEST = np.float32(0.02)

#: Maps the number of a frame to its gains on the grid, of a shape that broadcasts to
#: (rows, columns, 3).
Field = Callable[[int], F32]


@dataclass(frozen=True, eq=False)
class Grid:
    """Places of the nodes in face widths from the resting face: right and down.

    The nodes are the centres of square cells of ``cell`` pixels that begin one cell outside of
    the frame, so that a part of the frame has the gains of the whole.

    Parameters
    ----------
    cell : int
        Side of a cell, pixels.
    u : float32 array, shape (1, columns, 1)
    v : float32 array, shape (rows, 1, 1)
    """

    cell: int
    u: F32
    v: F32

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.v.shape[0], self.u.shape[1]

    def enlarge(self, gains: F32, part: Box) -> F32:
        """Interpolate gains at every pixel of a part of the frame.

        Parameters
        ----------
        gains : float32 array
            Broadcasts to (rows, columns, 3).
        part : Box
            Inside the frame, pixels.

        Returns
        -------
        float32 array, shape (height, width, 3)
            Positive.

        >>> grid = make_grid((96, 96), (48.0, 48.0), 60.0)
        >>> bool(np.all(grid.enlarge(np.ones((1, 1, 1), np.float32), Box(3, 4, 9, 8)) == 1))
        True
        """
        cell = self.cell
        # one cell more on each side, as the outermost half cell of an enlargement is constant
        first = (part.top // cell, part.left // cell)
        last = ((part.bottom - 1) // cell + 3, (part.right - 1) // cell + 3)
        whole = np.broadcast_to(gains, (*self.shape, 3))
        cut = np.maximum(whole[first[0] : last[0], first[1] : last[1]], _DARKEST, dtype=np.float32)
        size = (cut.shape[1] * cell, cut.shape[0] * cell)
        large = cv2.resize(cut, size, interpolation=cv2.INTER_LINEAR)
        top, left = part.top - (first[0] - 1) * cell, part.left - (first[1] - 1) * cell
        return np.asarray(large[top : top + part.height, left : left + part.width])


def make_grid(frame: tuple[int, int], face_at: tuple[float, float], face_px: float) -> Grid:
    """Make the grid of a video.

    Parameters
    ----------
    frame : (width, height)
        Size of the whole frame, pixels.
    face_at : (x, y)
        Centre of the resting face, pixels.
    face_px : float
        Width of the face, pixels.

    Returns
    -------
    Grid

    >>> make_grid((480, 360), (240.0, 170.0), 120.0).shape
    (26, 34)
    """
    cell = max(4, round(min(frame) / _CELLS))
    axes = []
    for side, place in zip(frame, face_at, strict=True):
        pixel = cell * (np.arange(-(-side // cell) + 2) - 1) + (cell - 1) / 2
        axes.append(((pixel - place) / face_px).astype(np.float32))
    return Grid(cell, axes[0][None, :, None], axes[1][:, None, None])


@dataclass(frozen=True, eq=False)
class Source:
    """Gains of one light: on the person, and on the wall behind."""

    person: Field
    wall: Field
