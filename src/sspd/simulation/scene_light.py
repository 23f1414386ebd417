"""Light of a scene that changes: on the face and on the wall behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspd.simulation.anatomy import F32
from sspd.simulation.ranges import check_choice
from sspd.types import Box

KINDS = ("screen",)


@dataclass(frozen=True)
class LightSpec:
    """Options of a changing light.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    """

    kind: str = "screen"

    def __post_init__(self) -> None:
        check_choice("light.kind", self.kind, KINDS)


@dataclass(frozen=True, eq=False)
class SceneLight:
    """A changing light over one window of a video."""

    def apply(self, k: int, pixels: F32) -> F32:
        """Apply the light to a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        pixels : float32 array, shape (height, width, 3)
            Pixel values 0-255 of the window; may be overwritten.

        Returns
        -------
        float32 array, shape (height, width, 3)
        """
        return pixels


def make_scene_light(
    options: LightSpec,
    rng: np.random.Generator,
    t: NDArray[np.float64],
    window: Box,
    face_at: tuple[float, float],
    face_px: float,
) -> SceneLight:
    """Draw the changes of a light.

    Parameters
    ----------
    options : LightSpec
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds.
    window : Box
        Part of the video that is rendered, pixels.
    face_at : (x, y)
        Centre of the resting face in the video, pixels.
    face_px : float
        Width of the face, pixels.

    Returns
    -------
    SceneLight
    """
    return SceneLight()
