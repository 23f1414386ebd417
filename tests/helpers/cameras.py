"""Cameras that record plain surfaces, and spectra of what they record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import welch

from sspd.simulation.camera.options import CameraSpec
from sspd.simulation.camera.pipeline import make_camera
from sspd.simulation.camera.shot import Shot
from sspd.types import Box

FS = 30.0
WIDTH, HEIGHT = 64, 48


def shot(n: int, window: Box | None = None, width: int = WIDTH, height: int = HEIGHT) -> Shot:
    """A recording of ``n`` frames with a face in the middle."""
    whole = Box(0, 0, width, height)
    place = (width / 2, height / 2)
    return Shot(np.arange(n) / FS, window or whole, width, height, place, 0.4 * width)


def record(
    options: CameraSpec,
    frames: NDArray[np.float32],
    window: Box | None = None,
    seed: int = 0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> NDArray[np.uint8]:
    """The recorded frames of given pixel values, (time, height, width, 3)."""
    made = shot(len(frames), window, *size)
    camera = make_camera(options, np.random.default_rng(seed), made)
    return np.stack([camera.record(k, pixels.copy()) for k, pixels in enumerate(frames)])


def plain(
    n: int, value: float | tuple[float, ...], size: tuple[int, int] = (WIDTH, HEIGHT)
) -> NDArray[np.float32]:
    """Frames of one colour."""
    frames = np.empty((n, size[1], size[0], 3), np.float32)
    frames[:] = value
    return frames


def power_law(
    x: NDArray[np.float64], fs: float, low_hz: float = 0.3, high_hz: float = 4.0
) -> tuple[float, float]:
    """Level of a series' noise at 1 Hz, per sqrt(Hz), and the slope of its power."""
    f, power = welch(x, fs, nperseg=int(10 * fs), detrend="linear", axis=0)
    power = power.reshape(f.size, -1).mean(axis=1)
    use = (f >= low_hz) & (f <= high_hz)
    slope, level = np.polyfit(np.log(f[use]), np.log(power[use]), 1)
    return float(np.exp(level / 2)), float(-slope)
