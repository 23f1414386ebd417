"""How far a face moves from one frame to the next, from two tiny grey images."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

#: Slopes of the image, squared and summed, that are worth as much as the guess that nothing
#: moves: noise of half an 8-bit level against motions of a fourteenth of a pixel. A face has
#: a hundred times that; on a smooth patch noise alone would look like motion.
RIDGE = 50.0


def displacement(
    grey: NDArray[np.float32], before: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Return how far a face moved and grew since the frame before.

    Least squares on the pixel values to first order (Lucas and Kanade, IJCAI 1981), with
    scale, and with gain and offset of the light let free, so that neither a pulse nor
    flicker counts as motion. Good to some thousandths of the box for motions of up to a
    few hundredths a frame; larger ones are underestimated.

    Parameters
    ----------
    grey, before : float32 arrays, shape (side, side)
        The face box in grey, this frame and the one before; None: unknown, no motion.

    Returns
    -------
    float32 array, shape (3,)
        Right and down, in widths of the box, and the relative growth. Zeros where the
        images have no texture to tell.

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
    # what lies further right by d is the image less d times its slope
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
    """Pixel places from the middle, and weights that leave the edges out, flat."""
    along = (np.arange(side) - (side - 1) / 2).astype(np.float32)
    window = np.hanning(side + 2)[1:-1].astype(np.float32)
    y, x = np.meshgrid(along, along, indexing="ij")
    return x, y, np.outer(window, window).ravel()
