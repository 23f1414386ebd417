"""Padding of face boxes, and the resizing of crops that training and measuring share."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.types import Box

#: Side of the padded square, in sides of the detector's rectangle: with 1.5 it contains the
#: whole face from hairline to chin, with a little room for motion.
PAD_SCALE = 1.5
#: Distance of the square's centre above the rectangle's, in sides of the rectangle: dlib's
#: rectangle begins at the brows, and the forehead has the best pulse.
PAD_UP = 0.1


def pad_box(box: Box, height: int, width: int) -> Box:
    """Enlarge a detector's rectangle to a square around the whole face.

    Parameters
    ----------
    box : Box
        The detector's rectangle, brows to chin.
    height, width : int
        Size of the frame, pixels.

    Returns
    -------
    Box
        A square inside the frame: moved inwards at an edge, and smaller only if the frame is.

    Examples
    --------
    >>> pad_box(Box(100, 100, 200, 200), 480, 640)
    Box(left=75, top=65, right=225, bottom=215)
    >>> pad_box(Box(0, 100, 100, 200), 480, 640)
    Box(left=0, top=65, right=150, bottom=215)
    """
    face = max(box.width, box.height)
    side = max(1, min(round(PAD_SCALE * face), height, width))
    centre_x = (box.left + box.right) / 2
    centre_y = (box.top + box.bottom) / 2 - PAD_UP * face
    left = min(max(round(centre_x - side / 2), 0), width - side)
    top = min(max(round(centre_y - side / 2), 0), height - side)
    return Box(left, top, left + side, top + side)


def resize_area(image: NDArray[Any], size: int) -> NDArray[np.float32]:
    """Resize an image to a square, keeping fractions of pixel values.

    Reduction averages areas: every pixel counts once, which reduces the sensor's noise.
    Enlargement is bilinear: OpenCV's area mode would repeat pixels there, and the steps
    between them would jump as the face moves.

    Parameters
    ----------
    image : array, shape (height, width, channels)
        Pixel values of any scale.
    size : int
        Side of the result, pixels.

    Returns
    -------
    float32 array, shape (size, size, channels)
        Pixel values of the same scale.

    Examples
    --------
    >>> resize_area(np.array([[[0, 0, 4], [1, 0, 4]], [[1, 0, 4], [1, 0, 4]]], np.uint8), 1)
    array([[[0.75, 0.  , 4.  ]]], dtype=float32)
    """
    how = cv2.INTER_AREA if min(image.shape[:2]) >= size else cv2.INTER_LINEAR
    pixels = np.ascontiguousarray(image, dtype=np.float32)
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=how), dtype=np.float32)


def crop_resize(
    rgb: NDArray[Any], box: Box, size: int, max_value: int = 255
) -> NDArray[np.float32]:
    """Cut a box out of a frame and resize it with `resize_area`.

    Parameters
    ----------
    rgb : uint8 or uint16 array, shape (height, width, 3)
    box : Box
        Face box inside the frame, pixels.
    size : int
        Side of the result, pixels.
    max_value : int
        Pixel value of white.

    Returns
    -------
    float32 array, shape (size, size, 3)
        Pixel values 0-255, with fractions.

    Examples
    --------
    >>> crop_resize(np.full((48, 64, 3), 7, np.uint8), Box(10, 10, 40, 40), 4)[0, 0].round(3)
    array([7., 7., 7.], dtype=float32)
    """
    face = resize_area(rgb[box.top : box.bottom, box.left : box.right], size)
    if max_value == 255:
        return face
    # values above the stated white are clipped to the range of the crops
    return np.asarray(np.minimum(face * (255 / max_value), 255), dtype=np.float32)


def eight_bits(rgb: NDArray[Any], max_value: int) -> NDArray[np.uint8]:
    """Convert a frame of any bit depth to 8 bits.

    Parameters
    ----------
    rgb : uint8 or uint16 array, shape (height, width, 3)
    max_value : int
        Pixel value of white.

    Returns
    -------
    uint8 array, shape (height, width, 3)
        The same array if it is of 8 bits already.

    Examples
    --------
    >>> eight_bits(np.full((1, 1, 3), 1023, np.uint16), 1023)
    array([[[255, 255, 255]]], dtype=uint8)
    """
    if rgb.dtype == np.uint8 and max_value == 255:
        return rgb
    return np.asarray(cv2.convertScaleAbs(rgb, alpha=255 / max_value), dtype=np.uint8)
