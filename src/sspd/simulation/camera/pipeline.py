"""The steps of a camera, in the order in which light becomes a file.

1. ``drift``: light and gain drift (`drift`).
2. ``lens``, ``mains``: focus, and mains light through the rolling shutter.
3. ``exposure``: automatic exposure and white balance (`exposure`). White balance is applied before
   the noise; ``red_gain`` and ``blue_gain`` say how much it amplifies it.
4. ``pattern``: fixed pattern and bands (`fixed_pattern`).
5. ``sensor``: shot and read noise, mosaic, the end of the scale (`sensor`).
6. ``color``, ``tone``, ``local_tone``: colour matrix, tone curve, local tone mapping (`tone`).
7. ``denoise``, ``sharpen``, ``beauty``: what phones and calls do to the picture.
8. ``levels``: limited or full range (`levels`), and 8 bits at the end.

Milliseconds a frame of 480x360 pixels on one core (``benchmarks/camera_speed.py``): drift 0.22,
lens 0.60, mains 0.41, exposure 0.20, pattern 0.31, sensor 0.94, colour 0.10, tone 0.44, local tone
0.53, denoise 2.2, sharpen 0.5, beauty 1.4, levels 0.18.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.camera.beauty import make_beauty
from sspd.simulation.camera.denoise import make_denoise
from sspd.simulation.camera.drift import make_drift
from sspd.simulation.camera.exposure import make_exposure
from sspd.simulation.camera.fixed_pattern import make_fixed_pattern
from sspd.simulation.camera.focus import make_lens
from sspd.simulation.camera.levels import make_levels
from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.rolling import make_mains
from sspd.simulation.camera.sensor import make_sensor
from sspd.simulation.camera.sharpen import make_sharpen
from sspd.simulation.camera.shot import Shot, Step
from sspd.simulation.camera.tone import make_color, make_local_tone, make_tone
from sspd.simulation.person.anatomy import F32

#: Makes a step of its own generator; None leaves it out.
Maker = Callable[[CameraSpec, np.random.Generator, Shot], Step | None]
#: Steps in their order.
STEPS: Mapping[str, Maker] = MappingProxyType(
    {
        "drift": make_drift,
        "lens": make_lens,
        "mains": make_mains,
        "exposure": make_exposure,
        "pattern": make_fixed_pattern,
        "sensor": make_sensor,
        "color": make_color,
        "tone": make_tone,
        "local_tone": make_local_tone,
        "denoise": make_denoise,
        "sharpen": make_sharpen,
        "beauty": make_beauty,
        "levels": make_levels,
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
        cv2.threshold(pixels, 0, 0, cv2.THRESH_TOZERO, dst=pixels)
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

    >>> from sspd.types import Box
    >>> shot = Shot(np.arange(2) / 30, Box(0, 0, 64, 48), 64, 48, (32.0, 24.0), 20.0)
    >>> camera = make_camera(CameraSpec(contrast=0.2), np.random.default_rng(0), shot)
    >>> camera.record(0, np.full((48, 64, 3), 64, np.float32))[0, 0].tolist()
    [59, 59, 59]
    """
    seed = rng.integers(2**63)
    steps = (
        maker(options, np.random.default_rng([seed, *name.encode()]), shot)
        for name, maker in STEPS.items()
    )
    return Camera(tuple(step for step in steps if step is not None))
