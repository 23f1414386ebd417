"""Sharpening by an unsharp mask whose halos are limited, as image processors of cameras do.

``y + amount (y - blur(y))`` on luma (Gonzalez & Woods, Digital Image Processing, Sec. 3.6.3): it
multiplies a pattern of f cycles per pixel by ``1 + amount (1 - exp(-2 (pi f sigma)^2))``. Beyond
the brightest and the darkest pixel nearby, it may go by a limited number of pixel values. It does
not change even regions, so a pulse passes unchanged, but texture that moves counts for more.
"""

from __future__ import annotations

import cv2
import numpy as np

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.planes import add_luma, luma_of
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.person.anatomy import F32

#: Standard deviation of the blur, pixels.
SIGMA_PX = 1.0
_KERNEL = (5, 5)
_NEARBY = np.ones((3, 3), np.uint8)


def sharpen(pixels: F32, amount: float, halo: float) -> F32:
    """Enlarge the detail of a frame, in place.

    Parameters
    ----------
    pixels : float32 array, shape (height, width, 3)
        Pixel values; overwritten.
    amount : float
        Factor on the detail that is added.
    halo : float
        Overshoot beyond the pixels nearby (3x3), at most, pixel values.

    Returns
    -------
    float32 array, shape (height, width, 3)

    >>> edge = np.full((5, 8, 3), 50, np.float32)
    >>> edge[:, 4:] = 150
    >>> float(sharpen(edge, 1.0, 5.0).max().round(1))
    155.0
    """
    luma = luma_of(pixels)
    detail = cv2.subtract(luma, cv2.GaussianBlur(luma, _KERNEL, SIGMA_PX))
    sharp = cv2.scaleAdd(detail, amount, luma)
    limit = np.float32(halo)
    cv2.min(sharp, cv2.dilate(luma, _NEARBY) + limit, dst=sharp)
    cv2.max(sharp, cv2.erode(luma, _NEARBY) - limit, dst=sharp)
    return add_luma(pixels, np.asarray(cv2.subtract(sharp, luma, dst=sharp)))


def make_sharpen(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Step | None:
    """Make the sharpening of a video.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
        Not used: sharpening draws nothing.
    shot : Shot

    Returns
    -------
    Step or None
        None if it is left out.
    """
    if not options.sharpen:
        return None
    return lambda k, pixels: sharpen(pixels, options.sharpen, options.sharpen_halo)
