"""Beauty filter: skin is smoothed and brightened, through a mask whose edge is not still.

As in the filters of video apps: a rule of colour finds skin (Kovac et al., EUROCON 2003: R, G and
B above 95, 40 and 20, R at least 15 above G, and above B), a smooth copy of it is mixed in, and
``log(1 + b x) / log(1 + b)`` brightens it. The guided filter (He et al., IEEE Trans. Pattern Anal.
Mach. Intell. 35, 2013) spares edges. The mask is found anew in each frame, from noisy colours and
by a threshold that is not still either, so that its edge wanders over the skin. Where the rule
does not hold (dark skin in dim light) there is no filter.

The smoothing keeps the mean of a region, and the brightening multiplies the pulse by the slope of
its curve: at strength 1, the relative amplitude by 0.95 at a pixel value of 128 and by 0.93 at 200.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from sspd.simulation.camera.denoise import guided_smooth
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot
from sspd.simulation.person.anatomy import F32

#: Constant of the brightening curve at strength 1.
BRIGHTEN = 0.2
#: Least R, G, B, and least R - G and R - B, pixel values.
_LEAST = np.array([95.0, 40.0, 20.0], np.float32)
_REDDER = np.array([15.0, 0.0], np.float32)
#: Change of colour over which the mask goes from 0 to 1, pixel values.
_SOFT = 10.0
#: Detail that is smoothed away, pixel values, and radius, at half size.
_DETAIL, _RADIUS = 8.0, 4
#: Cells of the unrest of the threshold, its memory per frame, and the size of the mask.
_CELLS, _MEMORY, _COARSE = (6, 8), 0.6, 4


def brightened(values: F32, amount: float) -> F32:
    """Transform pixel values by a curve that brightens; 0 and 255 stay.

    Parameters
    ----------
    values : float32 array
        Pixel values 0-255.
    amount : float
        Constant of the curve, above 0.

    Returns
    -------
    float32 array, of the shape of `values`

    >>> brightened(np.float32([0, 128, 255]), 0.2).astype(float).round(1).tolist()
    [0.0, 133.8, 255.0]
    """
    curve = np.maximum(values, 0) * np.float32(amount / 255)
    curve += 1
    logarithm = cv2.log(curve).reshape(values.shape)
    return np.asarray(logarithm * np.float32(255 / np.log1p(amount)), dtype=np.float32)


def skin_likeness(pixels: F32, shift: F32 | float = 0.0) -> F32:
    """Return how surely pixels have the colour of skin.

    Parameters
    ----------
    pixels : float32 array, shape (height, width, 3)
        Pixel values 0-255.
    shift : float32 array, shape (height, width), or float
        Shift of all thresholds, pixel values.

    Returns
    -------
    float32 array, shape (height, width)
        0-1; 0.5 at the threshold.

    >>> skin_likeness(np.float32([[[190, 140, 110], [90, 90, 90]]])).tolist()
    [[1.0, 0.0]]
    """
    r, g, b = cv2.split(pixels)
    margin = cv2.min(r - _LEAST[0], g - _LEAST[1])
    cv2.min(margin, b - _LEAST[2], dst=margin)
    cv2.min(margin, r - g - _REDDER[0], dst=margin)
    cv2.min(margin, r - b - _REDDER[1], dst=margin)
    sure = (margin - shift) / np.float32(_SOFT) + np.float32(0.5)
    return np.asarray(np.clip(sure, 0, 1), dtype=np.float32)


@dataclass(eq=False)
class BeautyFilter:
    """A beauty filter that is given the frames of one video in order.

    Parameters
    ----------
    strength : float
        0-1: fraction of the smooth copy, and of the brightening.
    unrest : float
        Standard deviation of the threshold of skin, over the frame and from frame to frame,
        pixel values.
    rng : np.random.Generator
    """

    strength: float
    unrest: float
    rng: np.random.Generator
    _shift: F32 = field(default_factory=lambda: np.zeros(_CELLS, np.float32), init=False)
    _begun: bool = field(default=False, init=False)

    def __call__(self, k: int, pixels: F32) -> F32:
        """Filter a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        pixels : float32 array, shape (height, width, 3)
            Pixel values; overwritten.

        Returns
        -------
        float32 array, shape (height, width, 3)
        """
        h, w = pixels.shape[:2]
        small = cv2.resize(pixels, ((w + 1) // 2, (h + 1) // 2), interpolation=cv2.INTER_AREA)
        mask = self._mask(pixels)
        smooth = guided_smooth(small, _RADIUS, _DETAIL)
        # only the change is enlarged, so that the sharpness of the rest is kept
        change = cv2.subtract(smooth, small)
        brighter = cv2.subtract(brightened(smooth, BRIGHTEN), smooth)
        cv2.add(change, brighter, dst=change)
        weight = cv2.resize(mask, (change.shape[1], change.shape[0]))
        cv2.multiply(change, cv2.merge([weight] * 3), dst=change, scale=self.strength)
        return np.asarray(cv2.add(pixels, cv2.resize(change, (w, h)), dst=pixels))

    def _mask(self, pixels: F32) -> F32:
        """Return the mask of a frame at a quarter of its size."""
        h, w = pixels.shape[:2]
        size = (max(w // _COARSE, 1), max(h // _COARSE, 1))
        coarse = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        new = self.rng.standard_normal(_CELLS).astype(np.float32) * np.float32(self.unrest)
        keep = np.float32(_MEMORY if self._begun else 0)
        self._shift = keep * self._shift + np.sqrt(1 - keep**2) * new
        self._begun = True
        shift = cv2.resize(self._shift, size, interpolation=cv2.INTER_CUBIC)
        return np.asarray(cv2.blur(skin_likeness(coarse, shift), (3, 3)), dtype=np.float32)


def make_beauty(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> BeautyFilter | None:
    """Make the beauty filter of a video.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    BeautyFilter or None
        None if it is left out.
    """
    if not options.beauty:
        return None
    return BeautyFilter(options.beauty, options.beauty_unrest, rng)
