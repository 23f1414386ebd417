"""Motion of a face from one frame to the next, from two small grey images."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

#: Regularization toward no motion, in units of the summed squared gradients of the image:
#: noise of half a pixel value (0-255) against motions of 1/14 pixel. A face has gradients of a
#: hundred times that; in a smooth image noise alone would look like motion.
RIDGE = 50.0


def displacement(
    grey: NDArray[np.float32], before: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Estimate the motion and growth of a face since the frame before.

    First-order least squares on the pixel values (Lucas and Kanade, IJCAI 1981) for shift and
    scale. Gain and offset of the light are fitted too, so that neither a pulse nor flicker
    counts as motion. Accurate to some thousandths of the box for motions of up to a few
    hundredths per frame; larger ones are underestimated.

    Parameters
    ----------
    grey : float32 array, shape (side, side)
        The face box in grey, pixel values 0-255.
    before : float32 array, shape (side, side), or None
        The same of the frame before; None gives zeros.

    Returns
    -------
    float32 array, shape (3,)
        Motion to the right and down, in widths of the box, and relative growth. Zeros if the
        images have no texture.

    Examples
    --------
    >>> x, y = np.meshgrid(np.arange(16.0), np.arange(16.0))
    >>> def face(right):
    ...     return (90 + 40 * np.sin((x - right) / 3) * np.cos(y / 4)).astype(np.float32)
    >>> found = displacement(face(0.16), face(0.0))
    >>> bool(abs(found[0] - 0.01) < 0.001), bool(abs(found[1]) < 0.001)
    (True, True)
    """
    if before is None:
        return np.zeros(3, np.float32)
    side = grey.shape[0]
    middle = (grey + before) / 2
    down, right = np.zeros_like(middle), np.zeros_like(middle)
    right[:, 1:-1] = (middle[:, 2:] - middle[:, :-2]) / 2
    down[1:-1] = (middle[2:] - middle[:-2]) / 2
    x, y, weight = _grid(side)
    # an image shifted to the right by d is the image minus d times its slope
    terms = np.stack([-right, -down, -(x * right + y * down), middle, np.ones_like(middle)])
    terms = terms.reshape(5, -1)
    weighted = terms * weight
    products = (weighted @ terms.T).astype(np.float64)
    products[range(3), range(3)] += RIDGE * np.array([1.0, 1.0, side**2 / 6])
    try:
        found = np.linalg.solve(products, weighted @ (grey - before).ravel())
    except np.linalg.LinAlgError:
        return np.zeros(3, np.float32)
    moved = found[:3] / (side, side, 1)
    return np.where(np.abs(moved) < 1, moved, 0).astype(np.float32)


@cache
def _grid(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return pixel coordinates from the middle, and flat weights that fade to the edges."""
    along = (np.arange(side) - (side - 1) / 2).astype(np.float32)
    window = np.hanning(side + 2)[1:-1].astype(np.float32)
    y, x = np.meshgrid(along, along, indexing="ij")
    return x, y, np.outer(window, window).ravel()
