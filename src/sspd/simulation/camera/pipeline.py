"""The steps of a camera, in the order in which light becomes a file.

1. ``lens``, ``mains``: focus, and mains light through the rolling shutter.
2. ``denoise``, ``sharpen``, ``beauty``: what phones and calls do to the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.anatomy import F32
from sspd.simulation.camera.beauty import make_beauty
from sspd.simulation.camera.denoise import make_denoise
from sspd.simulation.camera.focus import make_lens
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.rolling import make_mains
from sspd.simulation.camera.sharpen import make_sharpen
from sspd.simulation.camera.shot import Shot, Step

#: Makes a step of its own generator; None leaves it out.
Maker = Callable[[CameraSpec, np.random.Generator, Shot], Step | None]
#: Steps in their order.
STEPS: Mapping[str, Maker] = MappingProxyType(
    {
        "lens": make_lens,
        "mains": make_mains,
        "denoise": make_denoise,
        "sharpen": make_sharpen,
        "beauty": make_beauty,
    }
)


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera that records one video; its frames are recorded in order, once each."""

    steps: tuple[Step, ...]

    def record(self, k: int, pixels: F32) -> NDArray[np.uint8]:
        """Record a frame.

        Parameters
        ----------
        k : int
            Number of the frame.
        pixels : float32 array, shape (height, width, 3)
            Pixel values 0-255 under the light of the scene; overwritten.

        Returns
        -------
        uint8 array, shape (height, width, 3)
        """
        for step in self.steps:
            pixels = step(k, pixels)
        np.maximum(pixels, 0, out=pixels)
        return np.asarray(cv2.convertScaleAbs(pixels), dtype=np.uint8)


def make_camera(options: CameraSpec, rng: np.random.Generator, shot: Shot) -> Camera:
    """Make a camera for one video.

    Parameters
    ----------
    options : CameraSpec
    rng : np.random.Generator
        Each step has a generator of its own, by its name, so that one that is left out changes
        no other.
    shot : Shot

    Returns
    -------
    Camera
    """
    seed = rng.integers(2**63)
    steps = (
        maker(options, np.random.default_rng([seed, *name.encode()]), shot)
        for name, maker in STEPS.items()
    )
    return Camera(tuple(step for step in steps if step is not None))
