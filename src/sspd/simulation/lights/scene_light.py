"""Light of a scene that changes: on the person and on the wall behind.

Each kind of light (`sspd.simulation.lights`) gives gains on a coarse grid over the frame, for
the person and for the wall; those of several kinds are multiplied, enlarged and applied to each
layer before it is composed, so that the outline of a moving head stays sharp.

Measured on the four real videos (green, 0.02-0.5 Hz, standard deviations; parts chosen after a
look at the traces: `an1.mp4` 3-24 s, without its start and a cut, `cap12.mp4` 0-24 s, before
camera and head move):

========  =======  =======  ===========  ===================
video     skin, %  wall, %  correlation  parts of the wall
========  =======  =======  ===========  ===================
face      0.26     0.13     0.95         agree (0.99)
mp7       0.26     0.08     0.63         agree (0.45-0.78)
an1       0.83     0.12     0.91         differ (-0.16-0.15)
cap12     1.66     0.06     -0.24        agree (0.40-0.73)
========  =======  =======  ===========  ===================

A light that skin and wall share is thus seen in two of them (skin 1.8-1.9 times the wall). In
`an1` the parts of the wall do not change together, so its correlation is no proof of one; in
`cap12` the skin's changes are the head's. All of `cap12` has 5.1 % on the skin and 1.2 % on the
wall, uncorrelated. With 10-30 s a video, there are few independent values in this band.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.lights.draw import LIGHT_KINDS, draw_light
from sspd.simulation.lights.grid import Field, Grid, Source, make_grid
from sspd.simulation.lights.options import LightSpec
from sspd.simulation.lights.passing import passing_source
from sspd.simulation.lights.screen import screen_source
from sspd.simulation.lights.shadows import shadow_source
from sspd.simulation.lights.side import side_source
from sspd.simulation.lights.steady import cloud_curve, lamp_curve, steady_source
from sspd.simulation.person.anatomy import F32
from sspd.simulation.person.motion import Poses, head_poses
from sspd.simulation.spec import VideoSpec, frame_times, rest_place
from sspd.types import Box

__all__ = ["LIGHT_KINDS", "LightSpec", "SceneLight", "draw_light", "make_scene_light", "true_light"]

#: Standard deviations of the weight of places on the face, across and down, face widths.
_FACE_U, _FACE_V = 0.21, 0.275


@dataclass(frozen=True, eq=False)
class SceneLight:
    """Changing lights over one window of a video."""

    grid: Grid
    window: Box
    sources: tuple[Source, ...]

    def on_person(self, k: int, rgb: F32, part: Box) -> None:
        """Apply the light to the person at a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        rgb : float32 array, shape (height, width, 3)
            Pixel values times coverage; overwritten.
        part : Box
            Their place in the window, pixels.
        """
        self._apply(k, [source.person for source in self.sources], rgb, part)

    def on_wall(self, k: int, rgb: F32) -> None:
        """Apply the light to the background at a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        rgb : float32 array, shape (height, width, 3)
            Pixel values of the window; overwritten.
        """
        whole = Box(0, 0, self.window.width, self.window.height)
        self._apply(k, [source.wall for source in self.sources], rgb, whole)

    def _apply(self, k: int, fields: list[Field], rgb: F32, part: Box) -> None:
        if not fields:
            return
        x, y = self.window.left, self.window.top
        place = Box(part.left + x, part.top + y, part.right + x, part.bottom + y)
        cv2.multiply(rgb, self.grid.enlarge(_product(fields, k), place), dst=rgb)


def _product(fields: list[Field], k: int) -> F32:
    return reduce(lambda gains, field: gains * field(k), fields[1:], fields[0](k))


def make_scene_light(
    spec: VideoSpec, t: NDArray[np.float64], poses: Poses, window: Box
) -> SceneLight:
    """Draw the changing lights of a video.

    Each light has a generator of its own, so that one that is left out changes no other.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,)
        Seconds.
    poses : Poses
        Of the head at these times.
    window : Box
        Part of the video that is rendered, pixels.

    Returns
    -------
    SceneLight
        Without a source if nothing changes.
    """
    options = spec.light or LightSpec()
    screen, shadow, side, passing, lamp, cloud = spec.rng("scene").spawn(6)
    grid = make_grid((spec.width, spec.height), rest_place(spec), spec.face_px)
    sources = []
    if options.screen_percent:
        sources.append(screen_source(options, screen, t, grid))
    if options.shadow_percent:
        sources.append(shadow_source(options, shadow, t, grid))
    if options.side_percent or options.side_color_percent:
        sources.append(side_source(options, side, grid, poses, spec.face_px))
    if options.passing_percent:
        sources.append(passing_source(options, passing, t, grid))
    if options.hue_percent or options.pwm_percent or options.hunting_percent:
        sources.append(steady_source(lamp_curve, options, lamp, t, grid))
    if options.cloud_percent:
        sources.append(steady_source(cloud_curve, options, cloud, t, grid))
    return SceneLight(grid, window, tuple(sources))


def true_light(
    spec: VideoSpec, t: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the true gain of the light, averaged over the face and over the visible wall.

    Parameters
    ----------
    spec : VideoSpec
    t : float64 array, shape (time,), or None
        Seconds from the first frame; None means those of the frames.

    Returns
    -------
    face, wall : float64 arrays, shape (time, 3)
        Gains on R, G and B: on the face where the head is at the time, and on the wall beside
        the resting person (NaN if the person fills the frame).

    >>> spec = VideoSpec(duration_s=2, light=LightSpec(hunting_percent=4.0))
    >>> face, wall = true_light(spec)
    >>> face.shape, bool(np.corrcoef(face[:, 1], wall[:, 1])[0, 1] > 0.99)
    ((60, 3), True)
    """
    t = frame_times(spec) if t is None else np.asarray(t, np.float64)
    poses = head_poses(spec, t)
    light = make_scene_light(spec, t, poses, Box(0, 0, spec.width, spec.height))
    u, v = light.grid.u[..., 0], light.grid.v[..., 0]
    face, wall = (np.ones((t.size, 3)) for _ in range(2))
    behind = _visible_wall(spec, light.grid)
    for k in range(t.size) if light.sources else ():
        du, dv = poses.x[k] / spec.face_px, poses.y[k] / spec.face_px
        on_face = np.exp(-0.5 * (((u - du) / _FACE_U) ** 2 + ((v - dv) / _FACE_V) ** 2))
        for out, weight, fields in (
            (face, on_face, [source.person for source in light.sources]),
            (wall, behind, [source.wall for source in light.sources]),
        ):
            gains = np.broadcast_to(_product(fields, k), (*light.grid.shape, 3))
            total = float(weight.sum())
            out[k] = np.einsum("ij,ijc->c", weight, gains) / total if total else np.nan
    return face, wall


def _visible_wall(spec: VideoSpec, grid: Grid) -> F32:
    """Return the part of each cell in which the wall beside the resting person is seen."""
    x, y = rest_place(spec)
    u = (np.arange(spec.width) - x)[None] / spec.face_px
    v = (np.arange(spec.height) - y)[:, None] / spec.face_px
    # the person as drawn: the head, and the shoulders below
    body = (v > 0.6) & (np.abs(u) < 1.45) | (v > -1.1) & (np.abs(u) < 0.75)
    rows, columns = grid.shape
    cells = np.zeros((rows * grid.cell, columns * grid.cell), np.float32)
    cells[grid.cell :, grid.cell :][: spec.height, : spec.width] = ~body
    return np.asarray(cv2.resize(cells, (columns, rows), interpolation=cv2.INTER_AREA))
