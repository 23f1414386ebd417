"""The steps of a camera, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.anatomy import F32
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.processing import optics_steps, processing_steps
from sspd.types import Box

#: Maps the number of a frame and its pixel values to those after the step; float32, shape
#: (height, width, 3), may be overwritten. Frames come in order: a step may hold state.
Step = Callable[[int, F32], F32]


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera that records one video; its frames are recorded in order, once each."""

    steps: tuple[Step, ...]

    def record(self, k: int, pixels: F32) -> NDArray[np.uint8]:
        """Record a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        pixels : float32 array, shape (height, width, 3)
            Pixel values 0-255 under the light of the scene; overwritten.

        Returns
        -------
        uint8 array, shape (height, width, 3)
        """
        for step in self.steps:
            pixels = step(k, pixels)
        np.maximum(pixels, 0, out=pixels)
        return np.asarray(cv2.convertScaleAbs(pixels), dtype=np.uint8)


def make_camera(
    options: CameraSpec,
    rng: np.random.Generator,
    t: NDArray[np.float64],
    window: Box,
    frame: tuple[int, int],
) -> Camera:
    """Make a camera for one video.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
        Each step takes a generator of its own, spawned in a fixed order, so that one that is
        left out changes no other.
    t : float64 array, shape (time,)
        Seconds.
    window : Box
        Part of the video that is rendered, pixels.
    frame : (width, height)
        Size of the whole frame, pixels.

    Returns
    -------
    Camera
    """
    optics, processing = rng.spawn(2)
    return Camera(
        (
            *optics_steps(options, optics, t, window, frame),
            *processing_steps(options, processing),
        )
    )
