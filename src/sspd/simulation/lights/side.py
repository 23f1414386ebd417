"""A light from the side: one cheek bright, the other dark."""

from __future__ import annotations

import numpy as np

from sspd.simulation.lights.grid import Grid, Source
from sspd.simulation.lights.options import LightSpec
from sspd.simulation.person.anatomy import F32
from sspd.simulation.person.motion import Poses

#: Place of the cheeks, face widths from the middle: there the gradient has its full size.
_CHEEK = 0.25
#: Width of the gradient on the wall, face widths.
_WALL_WIDTH = 3.0


def side_source(
    options: LightSpec, rng: np.random.Generator, grid: Grid, poses: Poses, face_px: float
) -> Source:
    """Return the gains of a lamp or window at one side.

    The light on a face depends on where its surface looks, so the gradient goes with the head;
    as the head comes closer to the lamp, the lamp's part grows by the inverse square of the
    distance. Head motion thus changes the light on the face and not on the wall.

    Parameters
    ----------
    options : LightSpec
    rng : np.random.Generator
    grid : Grid
    poses : Poses
    face_px : float
        Width of the face, pixels.

    Returns
    -------
    Source
    """
    side = 1.0 if rng.random() < 0.5 else -1.0
    depth = options.side_percent / 100
    warm = options.side_color_percent / 200 * np.array([1.0, 0.0, -1.0], np.float32)
    moved = np.stack([poses.x, poses.y], axis=1) / face_px
    closer = np.clip(side * moved[:, 0], -1.5, 1.5)
    near = (1 / (1 - options.side_near * closer) ** 2).astype(np.float32)
    # the bright cheek is brighter than the mean, as an exposure for the whole face makes it
    bright = 1 / (1 - depth / 4)

    def gains(across: F32, approach: float) -> F32:
        # 1 at the bright cheek, 0 at the dark one
        lit = 0.5 + 0.5 * np.tanh(across) / np.float32(np.tanh(1.0))
        grey = bright * (1 - depth + depth * approach * np.clip(lit, 0, 1.15))
        return np.asarray(grey * (1 + warm * (2 * lit - 1)), np.float32)

    wall = 1 + options.wall_share * (gains(side * grid.u / _WALL_WIDTH, 1.0) - 1)

    # shoulders are wider than a face, and so is the gradient on them
    width = _CHEEK * (1 + 2 * np.clip((grid.v - 0.5) / 0.5, 0, 1))

    def person(k: int) -> F32:
        return gains(side * (grid.u - np.float32(moved[k, 0])) / width, float(near[k]))

    return Source(person, lambda k: wall)
