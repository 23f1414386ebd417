"""A head held still: faces cut out with one fixed box, shifted by what the head moved.

The box of a segment is fixed (the paper's choice), so a head that moves does so inside
its face pictures, and there its edges change by far more than blood ever does. Each
picture is laid over a slowly renewed template of the ones before by least squares on the
levels, from coarse to fine (Lucas and Kanade, IJCAI 1981), gain and offset of the light
let free, and is shifted back: to a few hundredths of a pixel.
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

#: Side of the face pictures that a head is followed in, pixels.
STABILIZE_PX = 151
#: The margin that the template leaves on each side, in sides: background, mostly.
MARGIN = 1 / 6
#: Fine detail is mostly the sensor's noise.
BLUR_PX = 1.0
#: Each picture's share in the template: turned heads and changed faces are learned in a second.
RENEWAL = 0.05
#: The picture is laid over at these parts of its size, one after the other, with so many
#: looks each, and each starts where the one before ended.
PARTS, LOOKS, CLOSE = (4, 1), 4, 0.02
#: Further in one picture, or further from the start, no head moves: the way is kept instead.
FURTHEST_STEP, FURTHEST = 0.2, 0.4


def head_shifts(faces: Frames) -> NDArray[np.float64]:
    """How far the head has moved since the first picture.

    Parameters
    ----------
    faces : Frames
        Crops of one fixed box, at least 24 pixels wide.

    Returns
    -------
    float64 array, shape (time, 2)
        Pixels of the crops to the right and down. Where a picture fits nowhere, the
        shift of the one before.

    Examples
    --------
    >>> levels = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    >>> one = cv2.GaussianBlur(levels, (0, 0), 2)[..., None].repeat(3, axis=2)
    >>> video = Frames(np.stack([one, np.roll(one, 2, axis=1)]), np.array([0.0, 0.1]))
    >>> abs(head_shifts(video)[1] - (2.0, 0.0)).max() < 0.1
    np.True_
    """
    shifts = np.zeros((len(faces), 2))
    template: NDArray[np.float32] | None = None
    for k, picture in enumerate(faces.rgb):
        before, levels = shifts[max(k - 1, 0)], picture.astype(np.float32)
        template, shifts[k] = _follow(levels, faces.max_value, template, before)
    return shifts


def stabilize_chunks(pieces: Iterable[Frames], size: int) -> Iterator[Frames]:
    """Hold the head still, and resize, piece by piece.

    Parameters
    ----------
    pieces : iterable of Frames
        One stretch in order: crops of one fixed box, best of `STABILIZE_PX` pixels.
    size : int
        Side of the result, pixels.

    Yields
    ------
    Frames
        One a piece, of the same kind of levels. What a shift brings in from beyond an
        edge is that edge's pixel, repeated.

    Examples
    --------
    >>> wall = Frames(np.full((5, 48, 48, 3), 9, np.uint8), np.arange(5) / 30)
    >>> next(stabilize_chunks([wall], 16))
    Frames(5 x 16x16, uint8/255, 0.000-0.133 s)
    """
    template: NDArray[np.float32] | None = None
    shift, take = np.zeros(2), recycling_allocator()
    for faces in pieces:
        rgb = take((len(faces), size, size, 3), faces.rgb.dtype)
        for k, picture in enumerate(faces.rgb):
            levels = picture.astype(np.float32)
            template, shift = _follow(levels, faces.max_value, template, shift)
            rgb[k] = np.rint(resize_area(shifted(levels, shift), size))
        yield Frames(rgb, faces.t, faces.max_value)


def stabilize_frames(faces: Frames, size: int) -> Frames:
    """What `stabilize_chunks` makes of a stretch in one piece.

    >>> stabilize_frames(Frames(np.full((5, 48, 48, 3), 9, np.uint8), np.arange(5) / 30), 16)
    Frames(5 x 16x16, uint8/255, 0.000-0.133 s)
    """
    (still,) = stabilize_chunks([faces], size)
    return still


def crop_px(size: int, follow: bool) -> int:
    """Side of the crops that a network of `size` wants: fine ones where the head is followed.

    >>> crop_px(32, follow=True), crop_px(128, follow=False)
    (151, 128)
    """
    return STABILIZE_PX if follow else size


def network_chunks(pieces: Iterable[Frames], size: int, follow: bool) -> Iterable[Frames]:
    """What a network of `size` sees of crops of `crop_px`: held still, or as they are.

    >>> crops = Frames(np.zeros((3, 151, 151, 3), np.uint8), np.arange(3) / 30)
    >>> list(network_chunks([crops], 32, follow=True))
    [Frames(3 x 32x32, uint8/255, 0.000-0.067 s)]
    """
    return stabilize_chunks(pieces, size) if follow else pieces


def network_frames(faces: Frames, size: int, follow: bool) -> Frames:
    """What `network_chunks` makes of a stretch in one piece.

    >>> crops = Frames(np.zeros((3, 151, 151, 3), np.uint8), np.arange(3) / 30)
    >>> network_frames(crops, 32, follow=True)
    Frames(3 x 32x32, uint8/255, 0.000-0.067 s)
    """
    return stabilize_frames(faces, size) if follow else faces


def shifted(picture: NDArray[Any], shift: NDArray[np.float64]) -> NDArray[Any]:
    """What lies `shift` pixels to the right and down, moved back (bilinear)."""
    height, width = picture.shape[:2]
    return _cut(picture, shift, (width, height))


def _cut(picture: NDArray[Any], start: NDArray[np.float64], size: tuple[int, int]) -> NDArray[Any]:
    """The part of this width and height that starts so far to the right and down (bilinear)."""
    matrix = np.array([[1.0, 0.0, start[0]], [0.0, 1.0, start[1]]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    )


def _follow(
    levels: NDArray[np.float32],
    max_value: int,
    template: NDArray[np.float32] | None,
    before: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The next picture's shift, and the template with its share in it (in place)."""
    grey = _grey(levels, max_value)
    if template is None:
        return _middle(grey, np.zeros(2)), before
    shift = _look(grey, template, before)
    cv2.accumulateWeighted(_middle(grey, shift), template, RENEWAL)
    return template, shift


def _look(
    grey: NDArray[np.float32], template: NDArray[np.float32], before: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The shift at which a picture fits the template best, looked for from `before` on."""
    here = before
    for part in PARTS:
        weighted, inverse = _terms(_smaller(template, part))
        for _ in range(LOOKS):
            picture = _smaller(_middle(grey, here), part)
            right, down, gain, _ = inverse @ (weighted @ picture.ravel())
            # a picture that lies further right is the template less its slope
            step = -np.array([right, down]) / gain
            here = here + part * step
            if not np.abs(step).max() >= CLOSE:
                break
    side = min(grey.shape)
    far = np.abs(here - before).max() > FURTHEST_STEP * side or np.abs(here).max() > FURTHEST * side
    return before if far or not np.isfinite(here).all() else here


def _terms(template: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """The normal equations of a picture's shift, to first order.

    picture = (x, y) . slopes of the template + gain * template + offset, what lies in the
    middle counting most: the terms, shape (4, pixels), and the inverse of their products,
    shape (4, 4), NaN where there is no slope.
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
    """How much each pixel counts, flat."""
    rows, columns = (np.hanning(side + 2)[1:-1].astype(np.float32) for side in (height, width))
    return np.outer(rows, columns).ravel()


def _grey(levels: NDArray[np.float32], max_value: int) -> NDArray[np.float32]:
    """Mean of the channels, 0-255, blurred, float32 (height, width)."""
    grey = cv2.transform(levels, np.full((1, 3), 255 / (3 * max_value), np.float32))
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), BLUR_PX), dtype=np.float32)


def _middle(grey: NDArray[np.float32], shift: NDArray[np.float64]) -> NDArray[np.float32]:
    """The part without the margin, of a picture moved back by `shift`."""
    height, width = grey.shape
    top, left = round(height * MARGIN), round(width * MARGIN)
    size = width - 2 * left, height - 2 * top
    return np.asarray(_cut(grey, np.add(shift, (left, top)), size), np.float32)


def _smaller(grey: NDArray[np.float32], part: int) -> NDArray[np.float32]:
    if part == 1:
        return grey
    size = (grey.shape[1] // part, grey.shape[0] // part)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
