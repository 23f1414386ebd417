"""The range of pixel values on the way to 8 bits.

Video has brightness at 16-235 and colour differences at 16-240 of 8 bits (limited range, ITU-R
BT.601 and BT.709); JPEG and many webcams use 0-255 (full range, JFIF). What is rounded to 8 bits as
RGB, again as brightness and colour differences, and again as RGB, has lost up to three values; and
where writer and reader differ in the range, pictures are grey ("narrow": limited taken for full)
or too hard and cut off at black and white ("wide": full taken for limited).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.person.anatomy import F32

_LUMA = np.array([0.299, 0.587, 0.114])


def video_matrix(limited: bool) -> NDArray[np.float64]:
    """Return the map of R, G, B to brightness and differences of blue and red, BT.601.

    Parameters
    ----------
    limited : bool
        True for 16-235, False for 0-255.

    Returns
    -------
    float64 array, shape (3, 4)
        The last column is added.

    >>> (video_matrix(True) @ [255, 255, 255, 1]).round(6).tolist()
    [235.0, 128.0, 128.0]
    """
    luma = _LUMA
    blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - luma[2]))
    red = (np.array([1, 0, 0]) - luma) / (2 * (1 - luma[0]))
    scale = np.array([219, 224, 224]) / 255 if limited else np.ones(3)
    offset = np.array([16.0 if limited else 0.0, 128.0, 128.0])
    return np.column_stack([scale[:, None] * np.stack([luma, blue, red]), offset])


def make_levels(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the step that rounds to 8 bits as a camera's own format does.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Step or None
        None if pixel values are rounded once, by the recording alone.
    """
    kind = options.levels
    if kind == "none":
        return None
    there = video_matrix(kind in ("limited", "narrow"))
    back = video_matrix(kind in ("limited", "wide"))
    inverse = np.linalg.inv(back[:, :3])
    back = np.column_stack([inverse, -inverse @ back[:, 3]])

    def step(k: int, pixels: F32) -> F32:
        cv2.threshold(pixels, 0, 0, cv2.THRESH_TOZERO, dst=pixels)
        # each map of 8 bits rounds
        video = cv2.transform(cv2.convertScaleAbs(pixels), there)
        pixels[:] = cv2.transform(video, back)
        return pixels

    return step
