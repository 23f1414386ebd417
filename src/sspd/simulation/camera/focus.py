"""Focus that breathes: slow drift of the lens, and hunts that end where they began.

One position of the lens moves both scale and blur, by the geometry of a thin lens that is focused
by moving it (Hecht, Optics, Ch. 5): with the image distance v, the scale changes by dv / v, and a
point becomes a disc of ``|dv| / v`` times the aperture. For a phone (4 mm focal length, f/2) a
refocus from 50 to 30 cm is 0.5 %, from 50 to 10 cm 3 %. Contrast autofocus searches its peak by
passing over it and returning (Subbarao & Tyan, IEEE Trans. Pattern Anal. Mach. Intell. 20, 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.shot import Shot
from sspd.simulation.noise import smooth_noise
from sspd.simulation.person.anatomy import F32
from sspd.types import Box

#: Aperture of the lens in frame widths of the image: the focal length of a phone's camera is 0.78
#: sensor widths (28 mm equivalent), and f/2 has an aperture of half of it.
APERTURE_WIDTHS = 0.39
#: Standard deviation of the slow drift, relative to the excursion of a hunt, and its band, Hz.
DRIFT, DRIFT_BAND_HZ = 0.1, (0.02, 0.15)
#: Length of a hunt, seconds, and how often it passes the focus.
HUNT_S, HUNT_TURNS = (0.6, 1.5), 1.5
#: Standard deviation of a disc along one axis, in diameters.
_DISC_STD = 0.25
#: Blurs below this, pixels, are not seen.
_LEAST_BLUR_PX = 0.15


def lens_position(
    rng: np.random.Generator, t: NDArray[np.float64], hunts_per_min: float
) -> NDArray[np.float64]:
    """Draw the position of a lens: 0 in focus, 1 at the furthest point of a hunt.

    Parameters
    ----------
    rng : np.random.Generator
    t : float64 array, shape (time,)
        Seconds, ascending.
    hunts_per_min : float
        Mean number of hunts per minute, at random times.

    Returns
    -------
    float64 array, shape (time,)

    >>> t = np.arange(600) / 30
    >>> quiet = lens_position(np.random.default_rng(0), t, 0.0)
    >>> bool(abs(quiet).max() < 0.5)
    True
    """
    slow, hunts = rng.spawn(2)
    position = DRIFT * smooth_noise(slow, t, DRIFT_BAND_HZ)
    length_s = float(t[-1] - t[0])
    for _ in range(hunts.poisson(hunts_per_min * length_s / 60)):
        start, takes = t[0] + hunts.uniform(0, length_s), hunts.uniform(*HUNT_S)
        side = hunts.choice([-1.0, 1.0])
        along = np.clip((t - start) / takes, 0, 1)
        position += side * _hunt(along) / _hunt(np.linspace(0, 1, 1001)).max()
    return np.asarray(position)


def _hunt(along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a damped search: there, beyond on the other side, and back; from 0 to 0."""
    return np.asarray(np.sin(2 * np.pi * HUNT_TURNS * along) * (1 - along))


def blur_px(scale_change: float, width: int) -> float:
    """Return the blur that goes with a change of scale.

    Parameters
    ----------
    scale_change : float
        Relative change of the image distance.
    width : int
        Width of the frame, pixels.

    Returns
    -------
    float
        Standard deviation, pixels.

    >>> round(blur_px(0.01, 480), 2)
    0.47
    """
    return _DISC_STD * APERTURE_WIDTHS * width * abs(scale_change)


@dataclass(frozen=True, eq=False)
class Focus:
    """Focus of one video.

    Parameters
    ----------
    changes : float64 array, shape (time,)
        Relative change of scale of each frame.
    frame : (width, height)
        Size of the whole frame, pixels.
    window : Box
        Part of it that is rendered, pixels.
    """

    changes: NDArray[np.float64]
    frame: tuple[int, int]
    window: Box

    def __call__(self, k: int, pixels: F32) -> F32:
        """Scale a frame about the middle of the whole frame, and blur it.

        Parameters
        ----------
        k : int
            Number of the frame.
        pixels : float32 array, shape (height, width, 3)
            Pixel values.

        Returns
        -------
        float32 array, shape (height, width, 3)
        """
        width, height = self.frame
        x, y = (width - 1) / 2 - self.window.left, (height - 1) / 2 - self.window.top
        back = 1 / (1 + float(self.changes[k]))
        # maps pixels of the result to the frame
        matrix = np.array([[back, 0.0, x * (1 - back)], [0.0, back, y * (1 - back)]])
        size = (pixels.shape[1], pixels.shape[0])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        out = cv2.warpAffine(pixels, matrix, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
        sigma = blur_px(float(self.changes[k]), width)
        if sigma >= _LEAST_BLUR_PX:
            side = 2 * int(np.ceil(3 * sigma)) + 1
            cv2.GaussianBlur(out, (side, side), sigma, dst=out)
        return np.asarray(out, dtype=np.float32)


def make_lens(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Focus | None:
    """Draw the focus of a video.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
    shot : Shot

    Returns
    -------
    Focus or None
        None if it is left out.
    """
    if not options.focus_percent:
        return None
    position = lens_position(rng, shot.t, options.focus_hunts_per_min)
    return Focus(options.focus_percent / 100 * position, (shot.width, shot.height), shot.window)
