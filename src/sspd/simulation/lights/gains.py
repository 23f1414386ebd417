"""Light that changes its colour, as gains on the pixel values before noise and rounding.

For ``alter`` of `sspd.simulation.simulate`: oscillating white balance, coloured lights, tinted
mains light; on the whole frame or through a mask.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from sspd.simulation.noise import smooth_noise
from sspd.simulation.person.anatomy import F32
from sspd.simulation.spec import VideoSpec, rest_place


def sine_gain(
    rng: np.random.Generator,
    t: NDArray[np.float64],
    hz: float,
    percent: tuple[float, float, float],
    wander: float = 0.0,
) -> NDArray[np.float64]:
    """Return a gain that oscillates at one rate, with its own amplitude and sign per channel.

    Parameters
    ----------
    rng : np.random.Generator
        Source of the phase.
    t : float64 array, shape (time,)
        Seconds.
    hz : float
        Frequency, Hz.
    percent : three floats
        Peak-to-peak change of R, G and B, percent of the pixel value; negative for antiphase.
    wander : float
        Standard deviation of the frequency, as a fraction of it (slower than 0.15 Hz).

    Returns
    -------
    float64 array, shape (time, 3)
        Of mean near 1.

    >>> gain = sine_gain(np.random.default_rng(0), np.arange(0, 9, 0.01), 1.0, (2.0, 0.0, -2.0))
    >>> np.ptp(gain, axis=0).round(3).tolist(), float(np.abs(gain.mean(axis=1) - 1).max()) < 1e-9
    ([0.02, 0.0, 0.02], True)
    """
    phase = 2 * np.pi * hz * t + rng.uniform(0, 2 * np.pi)
    if wander:
        deviation = wander * smooth_noise(rng, t, (0.03, 0.15))
        phase = phase + 2 * np.pi * hz * np.cumsum(deviation) * np.gradient(t)
    return np.asarray(1 + np.sin(phase)[:, None] * np.array(percent) / 200)


def face_mask(spec: VideoSpec) -> NDArray[np.float32]:
    """Return a mask with soft edges: 1 on the resting face, 0 elsewhere.

    Parameters
    ----------
    spec : VideoSpec

    Returns
    -------
    float32 array, shape (height, width)

    >>> mask = face_mask(VideoSpec(face_px=100))
    >>> mask.shape, float(mask.max()), float(mask[0, 0])
    ((480, 640), 1.0, 0.0)
    """
    x, y = rest_place(spec)
    mask = np.zeros((spec.height, spec.width), np.float32)
    axes = (round(0.56 * spec.face_px), round(0.82 * spec.face_px))
    centre = (round(x), round(y - 0.05 * spec.face_px))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.05 * spec.face_px), np.float32)


def apply_gain(
    gain: NDArray[np.float64], mask: NDArray[np.float32] | None = None
) -> Callable[[int, F32], F32]:
    """Return a function that applies a gain to each frame, for ``alter`` of `simulate`.

    Parameters
    ----------
    gain : float64 array, shape (time, 3)
        Gain of each frame.
    mask : float32 array, shape (height, width), or None
        Fraction of the gain at each pixel, 0-1; None means 1.

    Returns
    -------
    callable

    >>> alter = apply_gain(np.array([[1.0, 2.0, 1.0]]))
    >>> alter(0, np.full((1, 1, 3), 50, np.float32)).tolist()
    [[[50.0, 100.0, 50.0]]]
    """
    rows = gain.astype(np.float32)

    def alter(k: int, pixels: F32) -> F32:
        if mask is None:
            pixels *= rows[k]
        else:
            pixels *= 1 + mask[..., None] * (rows[k] - 1)
        return pixels

    return alter
