"""Stabilization of the head in face crops of one fixed box.

The face box of a segment is fixed (the paper's choice), so a head moves inside its crops, and
there its edges cause larger changes than the blood. Each crop is registered to a slowly
updated template of the crops before, by least squares on the pixel values from coarse to fine
(Lucas and Kanade, IJCAI 1981), with a free gain and offset of the light, and is shifted back,
to an accuracy of a few hundredths of a pixel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.accel.buffers import recycling_allocator
from sspd.face.crop import resize_area
from sspd.types import Frames

#: Side of the crops in which a head is stabilized, pixels.
STABILIZE_PX = 151
#: Margin around the template on each side, as a fraction of the side; mostly background.
TEMPLATE_MARGIN = 1 / 6
#: Standard deviation of the blur, pixels; finer detail is mostly sensor noise.
BLUR_PX = 1.0
#: Weight of each crop in the template, which adapts to turned heads within a second.
RENEWAL = 0.05
#: Divisors of the image size for the registration, from coarse to fine; the most iterations of
#: each; and the step, pixels, below which the iteration ends.
DIVISORS, ITERATIONS, CLOSE = (4, 1), 4, 0.02
#: Largest shift from one crop to the next and from the first one, as fractions of the side;
#: with a larger one the shift of the crop before is kept.
FURTHEST_STEP, FURTHEST = 0.2, 0.4


def head_shifts(faces: Frames) -> NDArray[np.float64]:
    """Estimate the shift of the head in each crop since the first one.

    Parameters
    ----------
    faces : Frames
        Crops of one fixed box, at least 24 pixels wide.

    Returns
    -------
    float64 array, shape (time, 2)
        Shift to the right and down, pixels of the crops. If a crop cannot be registered, it
        has the shift of the one before.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    >>> one = cv2.GaussianBlur(noise, (0, 0), 2)[..., None].repeat(3, axis=2)
    >>> video = Frames(np.stack([one, np.roll(one, 2, axis=1)]), np.array([0.0, 0.1]))
    >>> abs(head_shifts(video)[1] - (2.0, 0.0)).max() < 0.1
    np.True_
    """
    shifts = np.zeros((len(faces), 2))
    template: NDArray[np.float32] | None = None
    for k, crop in enumerate(faces.rgb):
        before, pixels = shifts[max(k - 1, 0)], crop.astype(np.float32)
        template, shifts[k] = _register(pixels, faces.max_value, template, before)
    return shifts


def stabilize_chunks(chunks: Iterable[Frames], size: int) -> Iterator[Frames]:
    """Stabilize and resize the face crops of a segment, chunk by chunk.

    Parameters
    ----------
    chunks : iterable of Frames
        One segment in order: crops of one fixed box, best of `STABILIZE_PX` pixels.
    size : int
        Side of the result, pixels.

    Yields
    ------
    Frames
        One per chunk, with pixel values of the same range. Pixels beyond an edge repeat the
        edge.

    Examples
    --------
    >>> plain = Frames(np.full((5, 48, 48, 3), 9, np.uint8), np.arange(5) / 30)
    >>> next(stabilize_chunks([plain], 16))
    Frames(5 x 16x16, uint8/255, 0.000-0.133 s)
    """
    template: NDArray[np.float32] | None = None
    shift, allocate = np.zeros(2), recycling_allocator()
    for faces in chunks:
        rgb = allocate((len(faces), size, size, 3), faces.rgb.dtype)
        for k, crop in enumerate(faces.rgb):
            pixels = crop.astype(np.float32)
            template, shift = _register(pixels, faces.max_value, template, shift)
            rgb[k] = np.rint(resize_area(shifted(pixels, shift), size))
        yield Frames(rgb, faces.t, faces.max_value)


def stabilize_frames(faces: Frames, size: int) -> Frames:
    """Stabilize and resize the face crops of a whole segment at once.

    Parameters
    ----------
    faces : Frames
        Crops of one fixed box, best of `STABILIZE_PX` pixels.
    size : int
        Side of the result, pixels.

    Returns
    -------
    Frames
        As from `stabilize_chunks`.

    >>> stabilize_frames(Frames(np.full((5, 48, 48, 3), 9, np.uint8), np.arange(5) / 30), 16)
    Frames(5 x 16x16, uint8/255, 0.000-0.133 s)
    """
    (stable,) = stabilize_chunks([faces], size)
    return stable


def crop_px(size: int, stabilize: bool) -> int:
    """Return the side of the face crops that a network needs, pixels.

    Parameters
    ----------
    size : int
        Side of the network's input, pixels.
    stabilize : bool
        True if the head is stabilized, which needs larger crops.

    Returns
    -------
    int
        Pixels.

    >>> crop_px(32, stabilize=True), crop_px(128, stabilize=False)
    (151, 128)
    """
    return STABILIZE_PX if stabilize else size


def network_chunks(chunks: Iterable[Frames], size: int, stabilize: bool) -> Iterable[Frames]:
    """Prepare face crops of `crop_px` for a network: stabilized and resized, or unchanged.

    Parameters
    ----------
    chunks : iterable of Frames
        One segment in order, crops of one fixed box.
    size : int
        Side of the network's input, pixels.
    stabilize : bool
        False returns the chunks unchanged.

    Returns
    -------
    iterable of Frames

    >>> crops = Frames(np.zeros((3, 151, 151, 3), np.uint8), np.arange(3) / 30)
    >>> list(network_chunks([crops], 32, stabilize=True))
    [Frames(3 x 32x32, uint8/255, 0.000-0.067 s)]
    """
    return stabilize_chunks(chunks, size) if stabilize else chunks


def network_frames(faces: Frames, size: int, stabilize: bool) -> Frames:
    """Prepare the face crops of a whole segment for a network at once.

    Parameters
    ----------
    faces : Frames
        Crops of one fixed box.
    size : int
        Side of the network's input, pixels.
    stabilize : bool
        False returns the crops unchanged.

    Returns
    -------
    Frames
        As from `network_chunks`.

    >>> crops = Frames(np.zeros((3, 151, 151, 3), np.uint8), np.arange(3) / 30)
    >>> network_frames(crops, 32, stabilize=True)
    Frames(3 x 32x32, uint8/255, 0.000-0.067 s)
    """
    return stabilize_frames(faces, size) if stabilize else faces


def shifted(image: NDArray[Any], shift: NDArray[np.float64]) -> NDArray[Any]:
    """Shift an image back by the estimated motion, with bilinear interpolation.

    Parameters
    ----------
    image : array, shape (height, width) or (height, width, channels)
    shift : float64 array, shape (2,)
        Motion to the right and down, pixels.

    Returns
    -------
    array, of the shape of `image`
    """
    height, width = image.shape[:2]
    return _cut(image, shift, (width, height))


def _cut(image: NDArray[Any], start: NDArray[np.float64], size: tuple[int, int]) -> NDArray[Any]:
    """Cut out a region of this width and height at a fractional position (bilinear)."""
    matrix = np.array([[1.0, 0.0, start[0]], [0.0, 1.0, start[1]]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(image, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    )


def _register(
    pixels: NDArray[np.float32],
    max_value: int,
    template: NDArray[np.float32] | None,
    before: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the template, updated in place, and the shift of the next crop."""
    grey = _grey(pixels, max_value)
    if template is None:
        return _middle(grey, np.zeros(2)), before
    shift = _search_shift(grey, template, before)
    cv2.accumulateWeighted(_middle(grey, shift), template, RENEWAL)
    return template, shift


def _search_shift(
    grey: NDArray[np.float32], template: NDArray[np.float32], before: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Search the shift at which an image fits the template best, starting from `before`."""
    here = before
    for divisor in DIVISORS:
        weighted, inverse = _terms(_reduced(template, divisor))
        for _ in range(ITERATIONS):
            image = _reduced(_middle(grey, here), divisor)
            right, down, gain, _ = inverse @ (weighted @ image.ravel())
            # an image shifted to the right is the template minus its slope
            step = -np.array([right, down]) / gain
            here = here + divisor * step
            if not np.abs(step).max() >= CLOSE:
                break
    side = min(grey.shape)
    far = np.abs(here - before).max() > FURTHEST_STEP * side or np.abs(here).max() > FURTHEST * side
    return before if far or not np.isfinite(here).all() else here


def _terms(template: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the normal equations of an image's shift, to first order.

    image = (x, y) . slopes of the template + gain * template + offset, weighted toward the
    middle: the weighted terms, shape (4, pixels), and the inverse of their products, shape
    (4, 4), NaN without slopes.
    """
    slopes = [
        cv2.Sobel(template, cv2.CV_32F, *axis, ksize=1, scale=0.5) for axis in ((1, 0), (0, 1))
    ]
    terms = np.stack([*slopes, template - template.mean(), np.ones_like(template)])
    terms = terms.reshape(4, -1)
    weighted = terms * _window(*template.shape)
    try:
        return weighted, np.linalg.inv((weighted @ terms.T).astype(np.float64))
    except np.linalg.LinAlgError:
        return weighted, np.full((4, 4), np.nan)


@cache
def _window(height: int, width: int) -> NDArray[np.float32]:
    """Return the weight of each pixel, flat."""
    rows, columns = (np.hanning(side + 2)[1:-1].astype(np.float32) for side in (height, width))
    return np.outer(rows, columns).ravel()


def _grey(pixels: NDArray[np.float32], max_value: int) -> NDArray[np.float32]:
    """Return the blurred mean of the channels, 0-255, float32 (height, width)."""
    grey = cv2.transform(pixels, np.full((1, 3), 255 / (3 * max_value), np.float32))
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), BLUR_PX), dtype=np.float32)


def _middle(grey: NDArray[np.float32], shift: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the image without its margin, shifted back by `shift`."""
    height, width = grey.shape
    top, left = round(height * TEMPLATE_MARGIN), round(width * TEMPLATE_MARGIN)
    size = width - 2 * left, height - 2 * top
    return np.asarray(_cut(grey, np.add(shift, (left, top)), size), np.float32)


def _reduced(grey: NDArray[np.float32], divisor: int) -> NDArray[np.float32]:
    if divisor == 1:
        return grey
    size = (grey.shape[1] // divisor, grey.shape[0] // divisor)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
