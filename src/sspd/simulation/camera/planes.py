"""Luma and chroma of a frame, as the processors of cameras work on them.

Luma has the size of the frame, chroma half of it: cameras process and store 4:2:0 (ITU-R BT.601,
sampling after ITU-T H.264, Sec. 6.2).
"""

from __future__ import annotations

import cv2
import numpy as np

from sspd.simulation.person.anatomy import F32

#: Weights of R, G and B in luma (ITU-R BT.601).
LUMA = np.array([[0.299, 0.587, 0.114]], np.float32)
#: Chroma here is R - Y and B - Y, without offset and scale.
_CHROMA = np.array([[1, 0, 0], [0, 0, 1]], np.float32) - LUMA
#: R, G and B without luma: G follows, as the luma of chroma is 0.
_COLOUR = np.array(
    [[1, 0], [-LUMA[0, 0] / LUMA[0, 1], -LUMA[0, 2] / LUMA[0, 1]], [0, 1]], np.float32
)


def luma_of(pixels: F32) -> F32:
    """Return the luma of a frame.

    Parameters
    ----------
    pixels : float32 array, shape (height, width, 3)

    Returns
    -------
    float32 array, shape (height, width)

    >>> float(luma_of(np.full((1, 1, 3), 7, np.float32))[0, 0].round(3))
    7.0
    """
    return np.asarray(cv2.transform(pixels, LUMA), dtype=np.float32)


def split_planes(pixels: F32) -> tuple[F32, F32]:
    """Split a frame into luma, and chroma of half the size.

    Parameters
    ----------
    pixels : float32 array, shape (height, width, 3)

    Returns
    -------
    luma : float32 array, shape (height, width)
    chroma : float32 array, shape (height / 2, width / 2, 2)
        R - Y and B - Y, area-averaged; sizes are rounded up.

    >>> luma, chroma = split_planes(np.zeros((4, 7, 3), np.float32))
    >>> luma.shape, chroma.shape
    ((4, 7), (2, 4, 2))
    """
    h, w = pixels.shape[:2]
    half = cv2.resize(pixels, ((w + 1) // 2, (h + 1) // 2), interpolation=cv2.INTER_AREA)
    return luma_of(pixels), np.asarray(cv2.transform(half, _CHROMA), dtype=np.float32)


def join_planes(luma: F32, chroma: F32, out: F32) -> F32:
    """Join luma and chroma to a frame; chroma is enlarged bilinearly.

    Parameters
    ----------
    luma : float32 array, shape (height, width)
    chroma : float32 array, shape (height / 2, width / 2, 2)
    out : float32 array, shape (height, width, 3)
        Overwritten.

    Returns
    -------
    float32 array, shape (height, width, 3)
        `out`.

    >>> grey = np.full((4, 6, 3), 9, np.float32)
    >>> bool(np.allclose(join_planes(*split_planes(grey), grey.copy()), grey))
    True
    """
    h, w = luma.shape
    colour = cv2.transform(chroma, _COLOUR)
    cv2.resize(colour, (w, h), dst=out, interpolation=cv2.INTER_LINEAR)
    return add_luma(out, luma)


def add_luma(pixels: F32, change: F32) -> F32:
    """Add a change of luma to all channels, in place.

    Parameters
    ----------
    pixels : float32 array, shape (height, width, 3)
        Overwritten.
    change : float32 array, shape (height, width)

    Returns
    -------
    float32 array, shape (height, width, 3)
        `pixels`.

    >>> add_luma(np.zeros((1, 1, 3), np.float32), np.ones((1, 1), np.float32)).tolist()
    [[[1.0, 1.0, 1.0]]]
    """
    return np.asarray(cv2.add(pixels, cv2.cvtColor(change, cv2.COLOR_GRAY2RGB), dst=pixels))
